"""The governor: the one who writes.

Theory of operation. Commands wait in a queue. The governor takes all that wait, up to a bound, and opens one
transaction, which locks the head of the ledger. It reads what others appended meanwhile, decides the commands in order
at one moment, each on the state that the ones before it led to, appends the entries and commits once. Only then does
anybody hear of it: its memory takes over the new states, the tails tell the sessions, the receipts go out. While one
batch commits, the next one gathers.

If the store fails, nothing was told and nothing changed in memory; whether the last batch is on disk, only a restart
can tell. So the governor ends with the fault, everyone who waits is told UNAVAILABLE, and the server stops. A head that
another process holds is no failure: nothing was written, and the governor waits for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import structlog

from governance import v1
from governance_server.domain.command import Command, House, State, Tick
from governance_server.domain.decide import decide
from governance_server.domain.digest import NO_HASH, content_digest
from governance_server.domain.lifecycle import is_open
from governance_server.engine.batch import Batch
from governance_server.engine.frames import change_item
from governance_server.engine.ports import DecisionRow, Head, KnownRequest, StoreBusyError, StoreError
from governance_server.engine.requests import is_proposal, recall, request_id_of, request_key, subject
from governance_server.engine.tail import Item, Tails
from governance_server.engine.timekeeper import Timekeeper
from governance_server.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from governance_server.domain.policy import Policy
    from governance_server.engine.ports import Clock, Entropy, Store, Transaction

log = structlog.get_logger(__name__)

MAX_BATCH: Final = 1024
"""Most commands a transaction. SQLite's cost per row is flat from about 64 rows a commit (DESIGN section 7)."""
MAX_WAITING: Final = 8192
"""Most commands that wait; who brings more waits with them, and stops reading from its stream."""

TIMEKEEPER: Final = v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER)

Reply: TypeAlias = "Callable[[Sequence[v1.Receipt] | Unavailable], None]"


class _Submission(NamedTuple):
    commands: Sequence[Command]
    sequence: int
    reply: Reply


class Governor:
    """One writer, its memory of what is open, and everyone who waits for it.

    Attributes:
        tails: What was committed, for those who follow.
        timekeeper: Brings what is due.
    """

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, policy: Policy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._policy = policy
        self._head = Head(0, NO_HASH, 0)
        self._open: dict[str, v1.Decision] = {}
        self._waiting: deque[_Submission] = deque()
        self._waiting_commands = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended: Unavailable | None = None
        self.tails = Tails(0)
        self.timekeeper = Timekeeper(clock, self._bring_ticks)

    @property
    def head(self) -> Head:
        """The end of the ledger as far as the governor has taken it over."""
        return self._head

    @property
    def open_decisions(self) -> Mapping[str, v1.Decision]:
        """The open decisions as committed, by id."""
        return self._open

    async def recover(self) -> None:
        """Read what is open. Called once, before anything else."""
        self._head = await self._store.head()
        async for decision in self._store.open_decisions():
            self._open[decision.decision_id] = decision
            self.timekeeper.watch(decision)
        self.tails = Tails(self._head.offset)

    async def submit(self, commands: Sequence[Command], reply: Reply, *, sequence: int = 0) -> None:
        """Bring commands before the governor; return when they have their place in the queue.

        Args:
            commands: Decided in this order, and together as far as a transaction reaches.
            reply: Called once, with one receipt a command in the same order when they are durable, or with a fault
                when nothing can be said about them.
            sequence: Copied into the receipts.

        Raises:
            Unavailable: The governor has ended.
        """
        await self._room.wait()
        if self._ended is not None:
            raise self._ended
        self._waiting.append(_Submission(commands, sequence, reply))
        self._waiting_commands += len(commands)
        if self._waiting_commands >= MAX_WAITING:
            self._room.clear()
        self._arrived.set()

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

        await self.submit([command], reply)
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
            await self._arrived.wait()
            self._arrived.clear()
            await self.drain()

    async def drain(self) -> None:
        """Decide what waits now.

        Raises:
            StoreError: As `run`.
        """
        while self._waiting:
            submissions = self._take()
            try:
                receipts = await self._commit_once_free(
                    [command for taken in submissions for command in taken.commands]
                )
            except StoreError as error:
                self._end(submissions, error)
                raise
            except BaseException:
                # Cancelled, or a bug: nobody may wait for an answer that never comes.
                self._refuse_all(submissions, _stopping())
                raise
            _answer(submissions, receipts)

    def close(self) -> None:
        """Take nothing more, and tell those who still wait. Idempotent."""
        self._refuse_all([], _stopping())

    def _take(self) -> list[_Submission]:
        """Take from the queue what fits a transaction, at least one submission."""
        taken = [self._waiting.popleft()]
        count = len(taken[0].commands)
        while self._waiting and count + len(self._waiting[0].commands) <= MAX_BATCH:
            taken.append(self._waiting.popleft())
            count += len(taken[-1].commands)
        self._waiting_commands -= count
        if self._waiting_commands < MAX_WAITING:
            self._room.set()
        return taken

    async def _commit_once_free(self, commands: Sequence[Command]) -> list[v1.Receipt]:
        """Commit, however long another process holds the ledger: nothing is lost by waiting, and nobody is told yet."""
        while True:
            try:
                return await self._commit(commands)
            except StoreBusyError as error:
                log.warning("ledger busy", reason=str(error))

    async def _commit(self, commands: Sequence[Command]) -> list[v1.Receipt]:
        async with self._store.transaction() as transaction:
            others = await self._catch_up(transaction)
            batch = Batch(transaction.head, self._clock.now_us(), self._entropy)
            requests, closed = await self._look_up(transaction, commands, others)
            elsewhere = closed | others
            receipts = [self._rule(batch, command, requests, elsewhere) for command in commands]
            appendage = batch.appendage()
            if appendage is not None:
                await transaction.append(appendage)
        self._adopt(batch, others)
        return receipts

    async def _catch_up(self, transaction: Transaction) -> dict[str, DecisionRow]:
        """Return the newest states of the decisions that other writers changed since the last transaction."""
        if transaction.head.offset == self._head.offset:
            return {}
        records = await transaction.records_after(self._head.offset)
        return dict(await transaction.decisions({record.decision_id for record in records if record.decision_id}))

    async def _look_up(
        self, transaction: Transaction, commands: Sequence[Command], others: Mapping[str, DecisionRow]
    ) -> tuple[dict[str, KnownRequest], dict[str, DecisionRow]]:
        """Read what the commands need to be decided on and memory does not hold."""
        keys = {key for command in commands if (key := request_key(command))}
        requests = dict(await transaction.requests(keys)) if keys else {}
        absent = {
            named
            for command in commands
            if (named := subject(command))
            and named not in self._open
            and named not in others
            # A decision exists exactly when its proposal was accepted.
            and (request_key(command) in requests or not is_proposal(command))
        }
        closed = dict(await transaction.decisions(absent)) if absent else {}
        return requests, closed

    def _rule(
        self,
        batch: Batch,
        command: Command,
        requests: Mapping[str, KnownRequest],
        elsewhere: Mapping[str, DecisionRow],
    ) -> v1.Receipt:
        """Decide one command on the state that the batch has led to so far; return its receipt."""
        decision_id, key = subject(command), request_key(command)
        decision = batch.decision(decision_id)
        if decision is None:
            row = elsewhere.get(decision_id)
            decision = self._open.get(decision_id) if row is None else row.decision
        digest = content_digest(command.body) if not isinstance(command.body, Tick) else b""
        known = batch.known(key) or requests.get(key) if key else None
        if known is not None:
            return recall(command, known, digest, decision)
        ruling = decide(State(decision, House(self._policy, self._count_open(batch))), command, batch.now_us)
        if isinstance(ruling, v1.Refusal):
            return v1.Receipt(request_id=request_id_of(command), refused=ruling)
        if ruling.events:
            entry = batch.append(command.actor, request_id_of(command), decision_id, ruling)
            batch.advance(decision, entry, ruling.personal)
            if key:
                batch.remember(key, KnownRequest(digest, entry.offset))
        return v1.Receipt(request_id=request_id_of(command), accepted=v1.Accepted(offset=batch.head.offset))

    def _count_open(self, batch: Batch) -> int:
        return len(self._open) + batch.opened

    def _adopt(self, batch: Batch, others: Mapping[str, DecisionRow]) -> None:
        """Take over what was committed, and tell those who follow."""
        self._head = batch.head
        items: list[Item] = []
        rows = sorted(others.values(), key=lambda row: row.decision.offset)
        changes = [(row, None) for row in rows if batch.decision(row.decision.decision_id) is None]
        for row, entry in [*changes, *((changed.row, changed.entry) for changed in batch.changed())]:
            decision = row.decision
            if is_open(decision.state):
                self._open[decision.decision_id] = decision
            else:
                self._open.pop(decision.decision_id, None)
            self.timekeeper.watch(decision)
            items.append(Item(decision.offset, decision.decision_id, decision.core, change_item(row, entry)))
        self.tails.publish(items, self._head.offset)

    def _end(self, submissions: Sequence[_Submission], error: StoreError) -> None:
        self._refuse_all(
            submissions,
            Unavailable(
                v1.ERROR_REASON_LEDGER_UNAVAILABLE,
                f"The ledger cannot be written ({error}); nothing was acknowledged. Ask again when the server is back.",
            ),
        )

    def _refuse_all(self, submissions: Sequence[_Submission], fault: Unavailable) -> None:
        self._ended = self._ended or fault
        waiting = [*submissions, *self._waiting]
        self._waiting.clear()
        self._waiting_commands = 0
        self._room.set()
        for submission in waiting:
            submission.reply(fault)


def _stopping() -> Unavailable:
    return Unavailable(v1.ERROR_REASON_SERVER_STOPPING, "The server is stopping; ask again shortly.")


def _answer(submissions: Sequence[_Submission], receipts: Sequence[v1.Receipt]) -> None:
    """Hand every submission its receipts, with the sequence of the frame that carried its commands."""
    start = 0
    for submission in submissions:
        end = start + len(submission.commands)
        answers = receipts[start:end]
        for receipt in answers:
            receipt.sequence = submission.sequence
        submission.reply(answers)
        start = end
