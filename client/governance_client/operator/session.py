"""The operator's session: one `Operate` stream kept up, a replica kept fresh by it, commands answered through it.

Theory of operation. `__aenter__` makes the first connection and raises what is wrong with it. From then on one task
keeps the stream: a reader feeds the replica and settles receipts, a writer sends the commands that have gathered. When
the stream is cut, the task comes back with jittered backoff, says hello with the offset it has, and sends again, under
the same request ids, what had no receipt; the server answers a command it knows with the receipt it gave. While the
stream is down no command is taken: a verdict given blind would be decided on a picture that may be old.

What cannot get better by itself ends the session: a credential that is not let in, an offset the ledger does not know,
a server that speaks another protocol.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import grpc
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_client.errors import (
    ClientError,
    InvalidRequestError,
    LimitError,
    ProtocolError,
    ServerError,
    UnreachableError,
    seconds,
)
from governance_client.language import _
from governance_client.operator import commands
from governance_client.operator.clock import ServerClock
from governance_client.operator.freshness import Freshness, Link, News
from governance_client.operator.inflight import DisconnectedError, InFlight, OutcomeUnknownError
from governance_client.operator.outbox import Outbox
from governance_client.operator.parting import fault, parting
from governance_client.operator.questions import Questions
from governance_client.operator.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from governance_client.credentials import Credentials

    Call = grpc.aio.StreamStreamCall[v1.OperateRequest, v1.OperateResponse]

_LOG: Final = logging.getLogger(__name__)
SILENCE_FACTOR: Final = 3
"""A server that misses this many of its own progress intervals is taken for dead."""
_PASSING: Final = (UnreachableError, LimitError, ServerError, InvalidRequestError)
"""What may be better after a while; an invalid request was taken out of what is sent again."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How long a session waits.

    Attributes:
        client: What the server's log calls this program.
        hello_s: For the server's hello, until the attempt counts as failed.
        receipt_s: For a command's receipt, cuts and reconnections included, until it counts as unknown.
        backoff_first_s: At most this long before the first attempt to reconnect; then twice that, and so on.
        backoff_most_s: At most this long before any attempt; as core's SDK, and for its reasons.
        silence_s: For anything from the server, until it is taken for dead, or three of its own progress intervals
            where that is longer. Without it a picture that has grown old would be shown as if it were not.
    """

    client: str = "governance-client"
    hello_s: float = 10.0
    receipt_s: float = 20.0
    backoff_first_s: float = 0.5
    backoff_most_s: float = 5.0
    silence_s: float = 30.0


class OperatorSession(Questions):
    """An operator's connection, to be used as an asynchronous context manager.

    Entering it raises the ClientError of the first connection, if it fails; later cuts are mended and can be seen in
    `link` and in the news.

    Attributes:
        replica: What is known of the decisions.
        clock: The server's time.
        you: Who the server says we are, once connected.
        rules: What the policy asks of consoles, as the server said last; empty where it never did.
    """

    def __init__(
        self,
        credentials: Credentials,
        settings: SessionSettings | None = None,
        clock: ServerClock | None = None,
        dial: Callable[[Credentials], grpc.aio.Channel] = connect,
    ) -> None:
        settings = settings or SessionSettings()
        super().__init__(settings.receipt_s)
        self.replica = Replica()
        self.clock = clock or ServerClock()
        self.you = v1.Actor(name=credentials.name)
        self.rules = v1.ConsoleRules()
        self._credentials = credentials
        self._dial = dial
        self._settings = settings
        self._fresh = Freshness()
        self._inflight = InFlight()
        self._outbox = Outbox()
        self._keeper: asyncio.Task[None] | None = None
        self._silence_s = settings.silence_s

    async def __aenter__(self) -> Self:
        """Connect. Raises the ClientError that says why it cannot."""
        self._channel = self._dial(self._credentials)
        try:
            call = await self._greet()
        except BaseException:
            await self._channel.close(None)
            raise
        self._keeper = asyncio.create_task(self._keep(call), name="operate")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        assert self._keeper is not None
        assert self._channel is not None
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper
        self._inflight.fail_all(_("the session was closed"))
        await self._channel.close(None)

    @property
    def link(self) -> Link:
        """How the session stands with the server."""
        return self._fresh.link

    @property
    def why(self) -> str:
        """Why it is not connected, for people; empty while it is."""
        return self._fresh.why

    async def news(self) -> News:
        """Wait for something new and return all that has gathered. For one reader at a time."""
        return await self._fresh.fetch()

    async def approve(self, decision_id: str, action_digest: bytes, comment: str = "") -> v1.Receipt:
        """Approve the action with this digest. As `command`."""
        return await self.command(commands.approve(decision_id, action_digest, comment))

    async def reject(self, decision_id: str, action_digest: bytes, reason: str) -> v1.Receipt:
        """Reject the action with this digest. As `command`."""
        return await self.command(commands.reject(decision_id, action_digest, reason))

    async def escalate(self, decision_id: str, reason: str, to_role: commands.Tier = v1.ROLE_UNSPECIFIED) -> v1.Receipt:
        """Send a decision up the chain. As `command`."""
        return await self.command(commands.escalate(decision_id, reason, to_role))

    async def claim(self, decision_id: str) -> v1.Receipt:
        """Take a decision in hand. As `command`."""
        return await self.command(commands.claim(decision_id))

    async def release(self, decision_id: str) -> v1.Receipt:
        """Let a decision go. As `command`."""
        return await self.command(commands.release(decision_id))

    async def command(self, command: v1.OperatorCommand) -> v1.Receipt:
        """Send a command and return its receipt: accepted and durable, or refused.

        A cut in between is mended: the command is sent again under its request id, which counts once.

        Raises:
            DisconnectedError: There is no connection. Nothing was sent, nothing is kept to be sent later.
            OutcomeUnknownError: No receipt came in time. It may have counted or not.
            InvalidRequestError: A field is out of bounds. Nothing changed.
        """
        if self.link is not Link.UP:
            why = self.why or _("there is no connection yet")
            raise DisconnectedError(_("Not sent, nothing changed: {why}").format(why=why))
        future = self._inflight.add(command)
        self._outbox.put([command])
        try:
            async with asyncio.timeout(self._settings.receipt_s):
                return await future
        except TimeoutError:
            why = _("no receipt came within {seconds} s").format(seconds=f"{self._settings.receipt_s:g}")
            raise OutcomeUnknownError(commands.decision_of(command), why) from None
        finally:
            self._inflight.forget(command.request_id)

    async def _keep(self, call: Call) -> None:
        while True:
            error = await self._converse(call)
            _LOG.info("the stream ended: %s", error)
            try:
                call = await self._come_back(error)
            except ClientError as final:
                self._fresh.turn(Link.ENDED, str(final))
                self._inflight.fail_all(_("the session has ended"))
                return

    async def _come_back(self, cut: ClientError) -> Call:
        """Connect again, the lost connection counting as the first failed attempt so that there is a wait before."""
        failures = [cut]
        retrying = AsyncRetrying(retry=retry_if_exception_type(_PASSING), wait=self._wait_s, reraise=True)
        async for attempt in retrying:
            with attempt:
                if failures:
                    self._fresh.turn(Link.DOWN, str(cut))
                    raise failures.pop()
                return await self._greet()
        raise AssertionError("tenacity ends only by returning or raising")

    def _wait_s(self, state: RetryCallState) -> float:
        backoff = wait_random_exponential(self._settings.backoff_first_s, self._settings.backoff_most_s)
        failure = state.outcome.exception() if state.outcome is not None else None
        asked = getattr(failure, "retry_after_s", None) or 0.0
        return float(asked) + backoff(state)

    async def _greet(self) -> Call:
        """Open the stream and exchange hellos."""
        assert self._channel is not None
        call: Call = ConsoleServiceStub(self._channel).Operate(None)
        hello = v1.ClientHello(
            client=self._settings.client, offset=self.replica.offset, ledger_id=self.replica.ledger_id
        )
        if not self.replica.offset:
            hello.ClearField("ledger_id")
        try:
            async with asyncio.timeout(self._settings.hello_s):
                await call.write(v1.OperateRequest(sequence=1, hello=hello))
                first = await call.read()
        except TimeoutError:
            call.cancel()
            raise UnreachableError(
                _(
                    "The server at {address} did not answer within {seconds} s. Check that it runs, and the address in"
                    " the credentials file."
                ).format(address=self._credentials.server, seconds=f"{self._settings.hello_s:g}")
            ) from None
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as error:
            raise await fault(call, error) from None
        self._take_hello(call, first)
        return call

    def _take_hello(self, call: Call, first: object) -> None:
        if not isinstance(first, v1.OperateResponse) or first.WhichOneof("frame") != "hello":
            call.cancel()
            raise ProtocolError(_("The server's first frame is no hello. Compare its version with this client's."))
        self.replica.hello(first.hello)
        self.clock.observe(first.envelope.server_time)
        self.you = first.hello.you
        if first.hello.HasField("console_rules"):
            self._take_rules(first.hello.console_rules)
        if first.hello.snapshot:
            self._fresh.start_over()
        self._outbox.start_over(first.hello.limits, self._inflight.commands())
        interval_s = seconds(first.hello.limits.progress_interval)
        self._silence_s = max(self._settings.silence_s, SILENCE_FACTOR * interval_s)
        self._fresh.turn(Link.UP)

    async def _converse(self, call: Call) -> ClientError:
        """Read and write until the stream ends, and return why it did."""
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._write(call))
            error = await self._read(call)
            writer.cancel()
        call.cancel()
        if isinstance(error, InvalidRequestError) and not self._inflight.fail(error.request_id, error):
            why = _("the server ended the stream over one of the commands ({error})").format(error=error)
            self._inflight.fail_all(why)
        return error

    async def _write(self, call: Call) -> None:
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # the reader learns why it ended
            while True:
                await call.write(await self._outbox.next_frame(self._inflight.awaits))

    async def _read(self, call: Call) -> ClientError:
        farewell: v1.Goodbye | None = None
        try:
            while isinstance(response := await self._heard(call), v1.OperateResponse):
                if response.WhichOneof("frame") == "goodbye":
                    farewell = response.goodbye
                else:
                    self._take(response)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as error:
            return await fault(call, error)
        except TimeoutError:
            return UnreachableError(
                _("The server has been silent for {seconds:g} s. Connecting anew.").format(seconds=self._silence_s)
            )
        return parting(farewell)

    async def _heard(self, call: Call) -> object:
        async with asyncio.timeout(self._silence_s):
            return await call.read()

    def _take(self, response: v1.OperateResponse) -> None:
        kind = response.WhichOneof("frame")
        if kind not in {"news", "progress"}:
            # its envelope does not count: what it carried was not understood
            _LOG.warning("a frame that this version does not know was left out (%s)", kind or "empty")
            return
        self.clock.observe(response.envelope.server_time)
        updates = self.replica.frame(response)
        self._inflight.settle(response.news.receipts)
        ruled = response.news.HasField("console_rules")
        if ruled:
            self._take_rules(response.news.console_rules)
        self._fresh.gather(updates, complete=self.replica.complete, stirred=ruled or bool(response.news.halts))

    def _take_rules(self, told: v1.ConsoleRules) -> None:
        self.rules = v1.ConsoleRules()
        self.rules.CopyFrom(told)
