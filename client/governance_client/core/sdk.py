"""The SDK for MAXIMUS core: propose, be given leave, act once, report."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from typing import TYPE_CHECKING, Final

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.core.appeals import Appeals
from governance_client.core.asking import Asking, Proposed
from governance_client.core.connection import DEFAULT_BACKOFF, Connection
from governance_client.core.decisions import OPEN_STATES, Decisions
from governance_client.core.executors import Executor, action_type
from governance_client.core.orders import Orders
from governance_client.core.outbox import Outbox
from governance_client.core.pen import Pen
from governance_client.core.reading import Reader
from governance_client.core.restraint import Restraint
from governance_client.core.session import Session
from governance_client.core.waiting import Waiting
from governance_client.errors import ClientError, ProtocolError, UnreachableError
from governance_client.journal import Journal
from governance_client.language import _
from governance_client.resume import ResumePoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from governance_client.core.appeals import Answer, Reverse
    from governance_client.core.connection import Backoff
    from governance_client.core.executors import Execute
    from governance_client.credentials import Credentials


CLIENT: Final = "governance-client/0.1.0"
DRAIN_S: Final = 10.0
"""How long leaving the block waits for executions and their reports. What is cut off is unknown at the next start."""
_INSTANCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_log = logging.getLogger(__name__)


def _request_id() -> str:
    return secrets.token_hex(16)


class Core:
    """One instance of core, connected.

    ```python
    async with Core(credentials, instance="soc-core-1", journal="soc-core-1.journal") as core:

        @core.executor("block_ip")
        async def block(order: Order) -> str:
            return await firewall.block(order.action.targets[0].value)

        await core.propose(proposal)
        decision = await core.closed(proposal.decision_id)
    ```

    It connects, and connects anew, by itself. It stops for good when the server no longer lets it in, when it cannot
    read what the server says, or when its journal cannot be written: then nothing more is executed, and everything that
    waits, or is asked later, raises that ClientError.

    Attributes:
        stopped: Why it stopped; None while it runs.
        began_at: The ledger's last offset when it was first greeted. What was recorded up to there came before it.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        instance: str,
        journal: Path | str | None = None,
        patience_s: float | None = None,
        backoff: Backoff = DEFAULT_BACKOFF,
        new_id: Callable[[], str] = _request_id,
    ) -> None:
        """Prepare; nothing happens before the block is entered.

        Args:
            credentials: Where the server is and who we are.
            instance: This instance's name, the same across restarts: at most 64 of A-Z a-z 0-9 . _ : -
            journal: The execution journal's file; needed to execute anything.
            patience_s: How long to go without a server before stopping; None for ever.
            backoff: How to wait between attempts to connect.
            new_id: Makes request ids; each must be new for as long as the ledger exists.

        Raises:
            ValueError: The instance's name is not one.
        """
        if _INSTANCE.fullmatch(instance) is None:
            raise ValueError(
                _("{instance!r} cannot name an instance: 1 to 64 of A-Z a-z 0-9 . _ : -").format(instance=instance)
            )
        self.stopped: ClientError | None = None
        self.began_at = 0
        self._credentials = credentials
        self._instance = instance
        self._journal_path = journal
        self._new_id = new_id
        self._executors: dict[int, Executor] = {}
        self._outbox = Outbox()
        self._over = asyncio.Event()
        self._asking = Asking(self._outbox, patience_s, self._over)
        self._restraint = Restraint()
        self._backoff = backoff
        self._decisions = Decisions()
        self._resume = ResumePoint()
        self._whole_at: int | None = None
        self._greeted = asyncio.Event()
        self._connection = Connection(self._hold_session, self._forgive, backoff=backoff, patience_s=patience_s)
        self._tasks = asyncio.TaskGroup()
        self._standing: list[asyncio.Task[None]] = []
        self._passing: set[asyncio.Task[None]] = set()
        self._appeals = Appeals(self._asking, self._start_passing, new_id)
        self._journal: Journal | None = None
        self._orders: Orders | None = None

    async def __aenter__(self) -> Self:
        """Take hold of the journal and begin to connect. Raises JournalError."""
        if self._journal_path is not None:
            self._journal = Journal(self._journal_path, self._instance)
        self._channel = connect(self._credentials)
        self._waiting = Waiting(self._decisions, Reader(DecisionServiceStub(self._channel), self._backoff))
        await self._tasks.__aenter__()
        if self._journal is not None:
            self._begin_orders(self._journal)
        self._standing.append(self._tasks.create_task(self._keep_connected()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let executions end, then close. What they could not report is reported at the next start."""
        if self._orders is not None:
            self._orders.close()
            await self._orders.drain(DRAIN_S if error is None and self.stopped is None else 0)
        self._end(UnreachableError(_("Core was closed before the answer came. Ask again with the same id.")))
        for task in (*self._standing, *self._passing):
            task.cancel()
        try:
            cancelled = isinstance(error, asyncio.CancelledError)
            await (
                self._tasks.__aexit__(kind, error, traceback) if cancelled else self._tasks.__aexit__(None, None, None)
            )
        finally:
            await self._channel.close(None)
            if self._journal is not None:
                self._journal.close()

    def executor(
        self, kind: v1.ActionType.ValueType | str, *, idempotent: bool = False
    ) -> Callable[[Execute], Execute]:
        """Register what to do for a type of action, best before the block is entered.

        Args:
            kind: The type, such as "block_ip" or v1.ACTION_TYPE_BLOCK_IP.
            idempotent: Doing it twice is as good as once: after a crash in the middle it is done again. Otherwise its
                outcome is then reported as unknown, for a person to find out.

        Returns:
            A decorator for `async def execute(order: Order) -> str`. What it returns is reported as the detail; an
            exception makes the outcome FAILED, OutcomeUnknownError makes it unknown.

        Raises:
            ValueError: There is no such type, it has an executor already, or Core has no journal.
        """
        number = action_type(kind)
        if self._journal_path is None:
            raise ValueError(_("Core executes nothing without a journal; give it one"))
        if number in self._executors:
            raise ValueError(_("{kind} has an executor already").format(kind=kind))

        def register(execute: Execute) -> Execute:
            self._executors[number] = Executor(execute, idempotent=idempotent)
            self._reconsider()
            return execute

        return register

    async def connected(self, within_s: float | None = None) -> None:
        """Return once the server has greeted us. Raises ClientError if it has not in time, or never will."""
        try:
            async with asyncio.timeout(within_s):
                await self._greeted.wait()
        except TimeoutError:
            raise self._connection.trouble or UnreachableError(
                _("The server did not answer within {seconds:g} s. Check that it runs, and the address.").format(
                    seconds=within_s
                )
            ) from None
        if self.stopped is not None:
            raise self.stopped

    def answering(self, answer: Answer) -> Answer:
        """Register who answers operators' questions: `async def answer(decision, question) -> str | v1.Evidence`.

        Without one, and where it raises, a question stays unanswered. The decision's clock keeps running meanwhile.
        """
        self._appeals.answer = answer
        self._reconsider()
        return answer

    def undoing(self, reverse: Reverse) -> Reverse:
        """Register who undoes what was executed: `async def reverse(decision) -> v1.Action | v1.Proposal | None`.

        What it returns is proposed, and decided like any other proposal; None leaves it to people. Register it before
        the block is entered: the wishes that came while core was away come with the snapshot.
        """
        self._appeals.reverse = reverse
        return reverse

    @property
    def halts(self) -> Mapping[str, v1.Halt]:
        """The halts in force, by name. No order that one of them covers is accepted, or its execution begun."""
        return self._restraint.halts

    @property
    def pressure(self) -> v1.Pressure:
        """How much waits, and below which risk the server asks to hold back; empty before it first said."""
        return self._restraint.pressure

    async def propose(self, proposal: v1.Proposal) -> Proposed:
        """Ask leave. Returns when the server has the proposal durably; the same proposal again is the same decision.

        Many at once travel in few frames: gather them. One that is refused because too many came lately is proposed
        again when the server says so, for as long as there is patience.

        Returns:
            The ledger's offset that recorded it, and the decision to follow: where the same is open already, that one.
            `decided` and `closed` follow it under either id.

        Raises:
            RefusedError: The server refused it; nothing happened.
            InvalidRequestError: A field is out of the contract's bounds; nothing happened.
            ClientError: Core has stopped. Whether the server has the proposal is not known; propose it again.
        """
        accepted = await self._asking.accepted(v1.CoreCommand(proposal=proposal))
        return Proposed(accepted.offset, accepted.joined or proposal.decision_id)

    async def cancel(self, decision_id: str, reason: str = "") -> int:
        """Withdraw a proposal that was not executed. Returns the offset; raises as `propose` does."""
        cancel = v1.Cancel(decision_id=self._decisions.followed(decision_id), reason=reason)
        return (await self._asking.accepted(v1.CoreCommand(request_id=self._new_id(), cancel=cancel))).offset

    async def decided(self, decision_id: str) -> v1.Decision:
        """Return the decision as soon as nobody has to decide it any more. Raises NotFoundError, or as `propose`."""
        return await self._waiting.until(decision_id, lambda decision: decision.state != v1.DECISION_STATE_PENDING)

    async def closed(self, decision_id: str) -> v1.Decision:
        """Return the decision as soon as it has ended. Raises NotFoundError, or as `propose`."""
        return await self._waiting.until(decision_id, lambda decision: decision.state not in OPEN_STATES)

    def changes(self) -> AsyncIterator[v1.Change]:
        """Follow the changes of this core's decisions from here on; where many come at once, the newest of each."""
        return self._decisions.changes()

    async def serve(self) -> None:
        """Go on until Core stops; raises why it did."""
        await self._over.wait()
        assert self.stopped is not None
        raise self.stopped

    # What the session tells (see session.Listener).

    def greeted(self, hello: v1.ServerHello) -> None:
        """Begin a stream: from our resume point, or with a snapshot that makes what we held void."""
        if self._resume.offset and hello.ledger_id != self._resume.ledger_id:
            raise ProtocolError(_("The server has another ledger than before. Find out why before starting anew."))
        if hello.snapshot:
            self._decisions.void()
            self._resume = ResumePoint()
        self._resume = self._resume._replace(ledger_id=hello.ledger_id)
        self._whole_at = hello.head_offset
        self._restraint.greeted(hello)
        self._connection.up()
        if not self._greeted.is_set():
            self.began_at = hello.head_offset
            self._greeted.set()
        for decision_id in self._decisions.waited_for_unseen():
            self._start_passing(self._waiting.read_quietly(decision_id))
        self._reconsider()  # halts may have ended while we were away

    def told(self, news: v1.CoreNews, offset: int) -> None:
        """Take halts in, and joins and changes; take orders on."""
        freed = self._restraint.take(news.halts)  # first: what they cover is not taken on
        for receipt in news.receipts:
            if receipt.accepted.joined:
                self._join(receipt.request_id, receipt.accepted.joined)
        for change in news.changes:
            if self._decisions.apply(change):
                self._appeals.consider(change.decision)
                if self._orders is not None:
                    self._orders.consider(change.decision)
        if freed:
            self._reconsider()
        self.progressed(offset, news.pressure if news.HasField("pressure") else None)

    def progressed(self, offset: int, pressure: v1.Pressure | None = None) -> None:
        """Note the resume point. Once it is where the ledger ended when the stream began, what we hold is whole."""
        if pressure is not None:
            self._restraint.pressure = pressure
        self._resume = self._resume.reached(offset)
        if self._whole_at is not None and offset >= self._whole_at:
            self._whole_at = None
            if self._orders is not None:
                self._orders.missing(self._decisions.open)

    def _join(self, proposed_as: str, joined: str) -> None:
        self._decisions.join(proposed_as, joined)
        if joined in self._decisions.waited_for_unseen():
            self._start_passing(self._waiting.read_quietly(joined))

    # Keeping connected.

    async def _keep_connected(self) -> None:
        try:
            await self._connection.keep()
        except ClientError as error:
            self._stop(error)

    async def _hold_session(self) -> None:
        hello = v1.ClientHello(
            client=CLIENT, instance=self._instance, offset=self._resume.offset, ledger_id=self._resume.ledger_id
        )
        if not hello.offset:
            hello.ClearField("ledger_id")
        await Session(self._channel, self._outbox, self, self._backoff.silence_s).run(hello)

    def _forgive(self, error: ClientError) -> bool:
        request_id = getattr(error, "request_id", "")
        return bool(request_id) and self._outbox.fail(request_id, error)

    def _stop(self, error: ClientError) -> None:
        if self.stopped is None:
            _log.info("core has stopped: %s", error)  # whoever waits for anything is raised it
            self.stopped = error
            if self._orders is not None:
                self._orders.close()
            for task in self._standing:
                if task is not asyncio.current_task() and task.get_name() != "journal":
                    task.cancel()
            self._end(error)

    def _end(self, error: ClientError) -> None:
        self._outbox.end(error)
        self._decisions.end(error)
        self._greeted.set()
        self._over.set()

    # Orders.

    def _begin_orders(self, journal: Journal) -> None:
        pen = Pen(journal)
        self._orders = Orders(
            instance=self._instance,
            in_flight=journal.in_flight,
            pen=pen,
            ask=self._asking.receipt,
            holds=self._restraint.holds,
            current=lambda decision_id, offset: self._waiting.until(decision_id, lambda found: found.offset >= offset),
            start=self._start,
            new_id=self._new_id,
            fatal=self._stop,
        )
        self._standing.append(self._tasks.create_task(pen.write(), name="journal"))
        self._reconsider()

    def _start_passing(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start what nothing is lost by if Core is closed before it ends."""
        task = self._tasks.create_task(work)
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        return task

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        return self._tasks.create_task(work)

    def _reconsider(self) -> None:
        if self._orders is not None:
            self._orders.executors = self._executors
            self._orders.recover()
        for decision in list(self._decisions.open.values()):
            self._appeals.consider(decision)
            if self._orders is not None:
                self._orders.consider(decision)
