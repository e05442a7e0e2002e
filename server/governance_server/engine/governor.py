"""The governor: the one who writes.

Theory of operation. Commands wait in a queue. The governor takes all that wait, up to a bound, and opens one
transaction, which locks the head of the ledger and reads along with it what the commands are decided on and memory does
not hold. The governor reads what others appended meanwhile, decides the commands in order at one moment, each on the
state that the ones before it led to, appends the entries and commits once. Only then does anybody hear of it: its
memory takes over the new states, the tails tell the sessions, the receipts go out. While one batch commits, the next
one gathers.

If the store fails, nothing was told and nothing changed in memory; whether the last batch is on disk, only a restart
can tell. So the governor ends with the fault, everyone who waits is told UNAVAILABLE, and the server stops. A head that
another process holds is no failure: nothing was written, and the governor waits for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import structlog
from google.protobuf.message import Message

from governance import v1
from governance_server.domain.command import Command, Tick
from governance_server.domain.house import House, concerns_house, house_of
from governance_server.domain.moment import SECOND_US
from governance_server.domain.pressure import hold_back_below, pressure
from governance_server.engine.batch import Batch
from governance_server.engine.deliberation import TIMEKEEPER, Deliberation, Known
from governance_server.engine.frames import encoded_change
from governance_server.engine.memory import Memory
from governance_server.engine.ports import DecisionRow, Head, StoreBusyError, StoreError, Wanted
from governance_server.engine.rates import Rates
from governance_server.engine.requests import request_of
from governance_server.engine.tail import Item, Tails
from governance_server.engine.timekeeper import Timekeeper
from governance_server.engine.waiting import Submission, WaitingRoom, answer
from governance_server.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Mapping, Sequence

    from governance_server.engine.ports import Clock, Entropy, Store, Transaction
    from governance_server.engine.requests import Request
    from governance_server.engine.waiting import Reply

log = structlog.get_logger(__name__)

PART: Final = 64
"""Entries of a transaction that the store is given at a time: it writes them while those after them are decided."""

Connected: TypeAlias = "Callable[[], Mapping[str, v1.Role.ValueType]]"


class _Change(NamedTuple):
    row: DecisionRow
    offset: int
    encoded: bytes


class Governor:
    """One writer, its memory of what is open, and everyone who waits for it.

    Attributes:
        tails: What was committed, for those who follow.
        timekeeper: Brings what is due.
    """

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, connected: Connected = dict) -> None:
        """Prepare; `recover` has to come first.

        Args:
            store: The ledger.
            clock: The time.
            entropy: Chance.
            connected: Returns the operators that have a stream open, by name.
        """
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._connected = connected
        self._memory = Memory()
        self._rates = Rates()
        self._waiting = WaitingRoom()
        self.tails = Tails(0)
        self.timekeeper = Timekeeper(clock, self._bring_ticks)

    @property
    def head(self) -> Head:
        """The end of the ledger as far as the governor has taken it over."""
        return self._memory.head

    @property
    def house(self) -> House:
        """What holds for every decision, as committed."""
        return self._memory.house

    @property
    def open_decisions(self) -> Mapping[str, v1.Decision]:
        """The open decisions as committed, by id."""
        return self._memory.open

    @property
    def alarms(self) -> int:
        """How many open decisions have an alarm, as committed."""
        return self._memory.alarms

    @property
    def pressure(self) -> v1.Pressure:
        """How much waits, as committed."""
        return pressure(self._memory.house.policy, len(self._memory.open))

    async def recover(self, pages: AsyncIterable[Sequence[bytes]] | None = None) -> None:
        """Read what is open. Called once, before anything else.

        Args:
            pages: Every open decision as the store's `open_decisions` has them; None to have the store asked.
        """
        memory = self._memory
        memory.head = await self._store.head()
        self._keep_up_with(memory.head)
        memory.house = house_of(await self._store.house())
        self.timekeeper.watch_house(memory.house)
        async for page in self._store.open_decisions() if pages is None else pages:
            for decision_id, glanced in memory.take_up(page):
                self.timekeeper.watch(decision_id, glanced)
        self.tails = Tails(memory.head.offset)

    async def submit(self, commands: Sequence[Command], reply: Reply, *, sequence: int = 0, size: int = 0) -> None:
        """Bring commands before the governor; return when they have their place in the queue.

        Args:
            commands: Decided in this order, and together as far as a transaction reaches.
            reply: Called once, with one receipt a command in the same order when they are durable, or with a fault
                when nothing can be said about them.
            sequence: Copied into the receipts.
            size: The bytes they came in.

        Raises:
            Unavailable: The governor has ended.
        """
        waiting = self._waiting
        if waiting.shut:
            await waiting.until_open()
        # What they are known by is computed here and not when their turn comes: it costs nothing while a batch commits.
        requests = [request_of(command) for command in commands]
        waiting.enter(Submission(requests, sequence, reply, size))

    async def ask(self, command: Command) -> v1.Receipt:
        """Bring one command before the governor; return its receipt when it is durable.

        Raises:
            Unavailable: Nothing can be said about it; ask again with the same request id.
        """
        answered: asyncio.Future[v1.Receipt] = asyncio.get_running_loop().create_future()

        def reply(receipts: Sequence[v1.Receipt] | Unavailable) -> None:
            if answered.done():
                return
            if isinstance(receipts, Unavailable):
                answered.set_exception(receipts)
            else:
                answered.set_result(receipts[0])

        await self.submit([command], reply, size=_size(command))
        return await answered

    async def _bring_ticks(self, ticks: Sequence[Tick]) -> None:
        answered = asyncio.Event()
        await self.submit([Command(TIMEKEEPER, tick) for tick in ticks], lambda _: answered.set())
        await answered.wait()

    async def run(self) -> None:
        """Decide what comes, until cancelled; what waits by then is decided by `drain`.

        Raises:
            StoreError: The store failed. Everyone who waits was told; the governor has ended.
        """
        while True:
            await self._waiting.until_somebody_came()
            await self.drain()

    async def drain(self) -> None:
        """Decide what waits now.

        Raises:
            StoreError: As `run`.
        """
        waiting = self._waiting
        while waiting.submissions:
            submissions = waiting.take()
            try:
                receipts = await self._commit_once_free(
                    [request for taken in submissions for request in taken.requests]
                )
            except StoreError as error:
                waiting.close(_unwritable(error), submissions)
                raise
            except BaseException:
                # Cancelled, or a bug: nobody may wait for an answer that never comes.
                waiting.close(_stopping(), submissions)
                raise
            answer(submissions, receipts)

    def close(self) -> None:
        """Take nothing more, and tell those who still wait. Idempotent."""
        self._waiting.close(_stopping())

    async def _commit_once_free(self, requests: Sequence[Request]) -> list[v1.Receipt]:
        """Commit, however long another process holds the ledger: nothing is lost by waiting, and nobody is told yet."""
        while True:
            try:
                return await self._commit(requests)
            except StoreBusyError as error:
                log.warning("ledger busy", reason=str(error))

    async def _commit(self, requests: Sequence[Request]) -> list[v1.Receipt]:
        async with self._store.transaction(self._wanted(requests)) as transaction:
            house, others = await self._catch_up(transaction)
            known = await self._known(transaction, requests, others)
            batch = Batch(transaction.head, self._clock.now_us(), self._entropy, house)
            deliberation = Deliberation(batch, self._memory, known, self._rates, self._connected())
            receipts = []
            for request in requests:
                receipts.append(deliberation.rule(request))
                if batch.untaken >= PART:
                    await _append(transaction, batch)
            await _append(transaction, batch)
            changes = _changes(batch, others)  # made while the last part is written, and told once it is durable
        self._adopt(batch, changes)
        return receipts

    async def _catch_up(self, transaction: Transaction) -> tuple[House, dict[str, DecisionRow]]:
        """Return the house and the decisions as other writers have left them since the last transaction."""
        memory = self._memory
        if transaction.head.offset == memory.head.offset:
            return memory.house, {}
        self._keep_up_with(transaction.head)
        records = await transaction.records_after(memory.head.offset)
        appended = [v1.Entry.FromString(record.entry) for record in records]
        for entry in appended:
            self.tails.forget(entry)
        house = house_of(await transaction.house()) if any(map(concerns_house, appended)) else memory.house
        named = {record.decision_id for record in records if record.decision_id}
        others = dict(await transaction.decisions(named))
        memory.doubt(others.values())  # nobody has verified what other processes left
        return house, others

    def _keep_up_with(self, head: Head) -> None:
        """Have time go on from where the ledger is."""
        ahead_us = head.recorded_at_us - self._clock.now_us()
        if ahead_us > SECOND_US:
            log.warning("another process recorded an entry ahead of time; time goes on from there", ahead_us=ahead_us)
        self._clock.not_before(head.recorded_at_us)

    def _wanted(self, requests: Sequence[Request]) -> Wanted:
        """Return what the commands need to be decided on and memory does not hold."""
        opened = self._memory.open
        keys, absent, digests = [], set(), set()
        for request in requests:
            if request.key:
                keys.append(request.key)
            if request.kind == "proposal":
                digests.add(request.action_digest)
                # A decision exists exactly when its proposal was accepted, so that a new one need not be looked for.
                named = request.reverses
            else:
                named = request.subject
            if named and named not in opened:
                absent.add(named)
        return Wanted(keys, absent, digests)

    async def _known(
        self, transaction: Transaction, requests: Sequence[Request], others: Mapping[str, DecisionRow]
    ) -> Known:
        """Return what was found, along with the decisions of the proposals that turn out to have been accepted."""
        known, decisions, rejections = transaction.found
        if known:
            opened = self._memory.open
            repeated = {one.subject for one in requests if one.kind == "proposal" and one.key in known}
            absent = {name for name in repeated if name not in opened and name not in others}
            if absent:
                decisions = {**decisions, **await transaction.decisions(absent)}
        return Known(known, {**decisions, **others} if others else decisions, rejections)

    def _adopt(self, batch: Batch, changes: Sequence[_Change]) -> None:
        """Take over what was committed, and tell those who follow."""
        memory, before = self._memory, self._hold_back_below
        memory.head = head = batch.head
        items: list[Item] = []
        take_over, watch = memory.take_over, self.timekeeper.watch
        for row, offset, change in changes:
            decision = row.decision
            decision_id = take_over(row)
            watch(decision_id, decision)
            items.append(Item(offset, decision_id, decision.core, change))
        if batch.house is not memory.house:
            memory.house = batch.house
            self.timekeeper.watch_house(batch.house)
            self.tails.wake()
        if self._hold_back_below != before:
            self.tails.wake()
        self.tails.publish(items, head.offset)

    @property
    def _hold_back_below(self) -> v1.RiskLevel.ValueType:
        return hold_back_below(self._memory.house.policy, len(self._memory.open))


def _changes(batch: Batch, others: Mapping[str, DecisionRow]) -> list[_Change]:
    """Return what is told of a batch, and before that of what other writers have left it."""
    rows = sorted(others.values(), key=lambda row: row.decision.offset)
    theirs = [(row, row.decision.offset, b"") for row in rows if batch.decision(row.decision.decision_id) is None]
    return [
        _Change(row, offset, encoded_change(offset, row.serialized, cause))
        for row, offset, cause in ([*theirs, *batch.changed()] if theirs else batch.changed())
    ]


async def _append(transaction: Transaction, batch: Batch) -> None:
    appendage = batch.appendage()
    if appendage is not None:
        await transaction.append(appendage)


def _size(command: Command) -> int:
    return command.body.ByteSize() if isinstance(command.body, Message) else 0


def _unwritable(error: StoreError) -> Unavailable:
    return Unavailable(
        v1.ERROR_REASON_LEDGER_UNAVAILABLE,
        f"The ledger cannot be written ({error}); nothing was acknowledged. Ask again when the server is back.",
    )


def _stopping() -> Unavailable:
    return Unavailable(v1.ERROR_REASON_SERVER_STOPPING, "The server is stopping; ask again shortly.")
