"""A line to the server: one of the two channels, kept up through restarts, with everything unanswered sent again.

The generated stubs are used as another team would use them. What the protocol promises is checked on the way: offsets
that ascend, resume points that do not go back, versions that grow, one receipt for a request.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_client.errors import error_reason
from soaking.journal import Sight, see
from soaking.proposals import number_of

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from soaking.hub import Hub

_A_FRAME: Final = 500
"""Most commands in a frame of ours; the server takes 1024."""
_FIRST_WAIT_S: Final = 0.1
_MOST_WAIT_S: Final = 1.0


class Sent(NamedTuple):
    """A command that has no answer yet.

    Attributes:
        command: The command.
        at: When it was meant to be sent, by the monotonic clock; 0 where it was sent again and is no longer timed.
    """

    command: Any
    at: float


class EndedError(Exception):
    """The server ended the stream."""


class Line:
    """One caller's channel.

    Attributes:
        name: The caller.
        instance: Which instance of a core; empty for operators.
        offset: The resume point.
        versions: The newest version seen of every decision, by core and number.
        unanswered: What was sent and has no receipt.
        connected: The channel is open.
        greeted_at: When it was opened last, by the monotonic clock.
        followed_from_start: It has followed since before the first proposal.
        on_change: Called with every change.
        on_receipt: Called with every receipt, and what it answers.
        on_halts: Called with the halts that began or ended.
        pause: Called between two frames, by who reads slowly.
    """

    def __init__(self, hub: Hub, credentials: Path, *, instance: str = "") -> None:
        self._hub = hub
        self._credentials = Credentials.load(credentials)
        self._outbox: deque[Any] = deque()
        self._wake = asyncio.Event()
        self._keys = 0
        self._ledger_id = ""
        self._snapshot_end = 0
        self._left_at = 0
        self.name = self._credentials.name
        self.instance = instance
        self.offset = 0
        self.versions: dict[str, array[int]] = {}
        self.unanswered: dict[str, Sent] = {}
        self.connected = False
        self.greeted_at = 0.0
        self.followed_from_start = True
        self.on_change: Callable[[v1.Change], None] = lambda _: None
        self.on_receipt: Callable[[v1.Receipt, Sent], None] = lambda _receipt, _sent: None
        self.on_halts: Callable[[Any], None] = lambda _: None
        self.pause: Callable[[], Coroutine[Any, Any, None]] | None = None

    @property
    def title(self) -> str:
        """The caller, and which instance."""
        return self.instance or self.name

    def key(self) -> str:
        """Return a request id that was not used before."""
        self._keys += 1
        return f"{self.title}:{self._keys}"

    def send(self, command: Any, at: float = 0.0) -> None:
        """Send a command, now or when the channel is open again. Its receipt comes to `on_receipt`, once."""
        key = command.request_id or command.proposal.decision_id
        self.unanswered[key] = Sent(command, at or time.monotonic())
        self._outbox.append(command)
        self._wake.set()

    async def run(self) -> None:
        """Keep the channel up until cancelled; then leave what was seen."""
        wait_s = _FIRST_WAIT_S
        try:
            while True:
                before = self.offset
                try:
                    await self._converse()
                except (grpc.aio.AioRpcError, grpc.aio.UsageError, EndedError, asyncio.InvalidStateError) as error:
                    self._ended(error)
                wait_s = _FIRST_WAIT_S if self.offset > before else min(wait_s * 2, _MOST_WAIT_S)
                # a client comes back with jitter; there is nothing to wait for but the time
                await asyncio.sleep(wait_s * (0.5 + self._hub.chance.random()))
        finally:
            self.leave_sight()

    def leave_sight(self) -> None:
        """Keep what was seen so far, for the reckoning."""
        if self.offset != self._left_at and self.offset >= self._snapshot_end:
            self._left_at = self.offset
            self._hub.journal.sight(self.title, Sight(self.offset, self.followed_from_start, self.versions))

    def _ended(self, error: BaseException) -> None:
        self.connected = False
        self._hub.tally.counts[f"streams ended: {_why(error)}"] += 1
        self.leave_sight()

    async def _converse(self) -> None:
        async with connect(self._credentials) as channel:
            call: Any = (
                DecisionServiceStub(channel).Propose() if self.instance else ConsoleServiceStub(channel).Operate()
            )
            hello = v1.ClientHello(client="soak", instance=self.instance, offset=self.offset, ledger_id=self._ledger_id)
            request = v1.ProposeRequest if self.instance else v1.OperateRequest
            await call.write(request(sequence=1, hello=hello))
            self._greeted(await _read(call))
            writing = asyncio.create_task(self._write(call))
            try:
                await self._take_all(call)
            finally:
                self.connected = False
                writing.cancel()
                await asyncio.wait([writing])
                call.cancel()

    def _greeted(self, frame: Any) -> None:
        hello = frame.hello
        if self.offset and (hello.snapshot or hello.offset != self.offset or hello.ledger_id != self._ledger_id):
            self._hub.journal.wrong(f"{self.title} resumed from {self.offset} and was started from {hello.offset}")
        self._ledger_id, self.offset = hello.ledger_id, frame.envelope.offset
        self._snapshot_end = hello.head_offset if hello.snapshot else 0
        self._outbox.clear()
        for key, sent in self.unanswered.items():
            self.unanswered[key] = Sent(sent.command, 0.0)
            self._outbox.append(sent.command)
        self._wake.set()
        self.connected, self.greeted_at = True, time.monotonic()
        if hello.halts:
            self.on_halts(hello.halts)

    async def _write(self, call: Any) -> None:
        sequence = 1
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                commands = [self._outbox.popleft() for _ in range(min(len(self._outbox), _A_FRAME))]
                sequence += 1
                await call.write(self._frame(sequence, commands))

    def _frame(self, sequence: int, commands: list[Any]) -> v1.ProposeRequest | v1.OperateRequest:
        if self.instance:
            return v1.ProposeRequest(sequence=sequence, commands=v1.CoreCommands(commands=commands))
        return v1.OperateRequest(sequence=sequence, commands=v1.OperatorCommands(commands=commands))

    async def _take_all(self, call: Any) -> None:
        while True:
            frame = await _read(call)
            self._take(frame)
            if frame.HasField("goodbye"):
                raise EndedError
            if self.pause is not None:
                await self.pause()

    def _take(self, frame: Any) -> None:
        news = frame.news
        last = self.offset
        for change in news.changes:
            decision = change.decision
            core, number = number_of(decision.decision_id)
            before = see(self.versions, core, number, decision.version)
            if change.offset <= last or change.offset != decision.offset or decision.version <= before:
                self._hub.journal.wrong(
                    f"{self.title} was told {decision.decision_id} v{decision.version} out of order"
                )
            last = change.offset
        if frame.envelope.offset < last:
            self._hub.journal.wrong(f"the resume point of {self.title} went back to {frame.envelope.offset}")
        self.offset = frame.envelope.offset
        for change in news.changes:
            self.on_change(change)
        for receipt in news.receipts:
            self._answered(receipt)
        if news.halts:
            self.on_halts(news.halts)

    def _answered(self, receipt: v1.Receipt) -> None:
        sent = self.unanswered.pop(receipt.request_id, None)
        if receipt.HasField("accepted"):
            self._hub.journal.acknowledged(receipt.accepted.offset, self.name, receipt.request_id)
        else:
            self._hub.refused(self.title, receipt)
        if sent is not None:
            self.on_receipt(receipt, sent)


def _why(error: BaseException) -> str:
    """Return the contract's reason for an end, or else the status."""
    if not isinstance(error, grpc.aio.AioRpcError):
        return "goodbye" if isinstance(error, EndedError) else type(error).__name__
    reason = error_reason(error)
    return v1.ErrorReason.Name(reason).removeprefix("ERROR_REASON_") if reason else error.code().name


async def _read(call: Any) -> Any:
    frame = await call.read()
    if frame is grpc.aio.EOF:
        raise EndedError
    return frame
