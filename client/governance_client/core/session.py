"""A session: one Propose stream, from its hello to its end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

import grpc

from governance import v1
from governance_client.core.frames import read_frame
from governance_client.errors import (
    ClientError,
    NotLetInError,
    ProtocolError,
    UnreachableError,
    from_rpc_error,
    seconds,
)
from governance_client.language import _

if TYPE_CHECKING:
    from typing import TypeAlias

    from governance_client.core.outbox import Outbox

    Call: TypeAlias = grpc.aio.StreamStreamCall[v1.ProposeRequest, bytes]
    Open: TypeAlias = grpc.aio.StreamStreamMultiCallable[v1.ProposeRequest, bytes]

_METHOD: Final = "/governance.v1.DecisionService/Propose"
HELLO_TIMEOUT_S: Final = 15.0
"""Connecting, the handshake and the server's hello together."""
SILENCE_FACTOR: Final = 3
"""A server that misses this many of its own progress intervals is taken for dead."""
_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told what the server says."""

    def greeted(self, hello: v1.ServerHello) -> None:
        """The stream has begun."""

    def told(self, news: v1.CoreNews, offset: int) -> None:
        """There is news; with it, everything up to `offset` is known."""

    def progressed(self, offset: int, pressure: v1.Pressure | None = None) -> None:
        """Everything up to `offset` is known; so much waits, where the server says."""


class Session:
    """One stream. What it is given to send is in the outbox; what it hears goes to the listener."""

    def __init__(
        self, channel: grpc.aio.Channel, outbox: Outbox, listener: Listener, silence_least_s: float = 30.0
    ) -> None:
        """Prepare.

        Args:
            channel: Where to open the stream.
            outbox: What to send.
            listener: Who is told.
            silence_least_s: No shorter silence of the server counts as its death.
        """
        # bytes, not messages: gRPC would turn what it cannot parse into None and a line in a log
        self._open: Open = channel.stream_stream(_METHOD, v1.ProposeRequest.SerializeToString, bytes)
        self._outbox = outbox
        self._listener = listener
        self._silence_s = silence_least_s
        self._sequence = 0

    async def run(self, hello: v1.ClientHello) -> None:
        """Hold the stream until it ends.

        Raises:
            ClientError: Always: why it ended. UnreachableError where the server stops or the connection was lost.
        """
        call = self._open(None)
        try:
            await self._shake_hands(call, hello)
            await self._talk(call)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        finally:
            call.cancel()

    async def _shake_hands(self, call: Call, hello: v1.ClientHello) -> None:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                await self._send(call, v1.ProposeRequest(hello=hello))
                frame = await self._next(call)
        except TimeoutError:
            raise UnreachableError(
                _("The server did not answer within {seconds:g} s. Check that it runs, and its log.").format(
                    seconds=HELLO_TIMEOUT_S
                )
            ) from None
        if frame.WhichOneof("frame") == "goodbye":
            raise _farewell(frame.goodbye)
        if frame.WhichOneof("frame") != "hello":
            raise ProtocolError(_("The server's first frame is no hello. Compare the versions of server and client."))
        _log.info("session %s began at offset %d", frame.hello.session_id, frame.hello.offset)
        interval_s = seconds(frame.hello.limits.progress_interval)
        self._silence_s = max(self._silence_s, SILENCE_FACTOR * interval_s)
        self._listener.greeted(frame.hello)
        self._outbox.rewind(frame.hello.limits)

    async def _talk(self, call: Call) -> None:
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(self._write(call), name="propose-writer")
            ended_by = await self._listen(call)
            writer.cancel()
        raise ended_by

    async def _listen(self, call: Call) -> ClientError:
        """Hear the server out; return why the stream ended, so that only a bug leaves the task group as an error."""
        try:
            while True:
                self._hear(await self._heard(call))
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error)
        except ClientError as error:
            return error

    async def _write(self, call: Call) -> None:
        """Send whatever has gathered since the last write, until the stream is over; why it is, the reader is told."""
        try:
            while True:
                await self._outbox.ready.wait()
                commands = self._outbox.next_frame()
                if not commands:
                    return
                await self._send(call, v1.ProposeRequest(commands=v1.CoreCommands(commands=commands)))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return

    async def _send(self, call: Call, frame: v1.ProposeRequest) -> None:
        self._sequence += 1
        frame.sequence = self._sequence
        await call.write(frame)

    async def _heard(self, call: Call) -> v1.ProposeResponse:
        try:
            async with asyncio.timeout(self._silence_s):
                return await self._next(call)
        except TimeoutError:
            raise UnreachableError(
                _("The server has been silent for {seconds:g} s. Connecting anew.").format(seconds=self._silence_s)
            ) from None

    async def _next(self, call: Call) -> v1.ProposeResponse:
        content = await call.read()
        if not isinstance(content, bytes):  # grpc.aio.EOF
            raise UnreachableError(_("The server ended the stream. Connecting anew."))
        return read_frame(content)

    def _hear(self, frame: v1.ProposeResponse) -> None:
        match frame.WhichOneof("frame"):
            case "news":
                self._listener.told(frame.news, frame.envelope.offset)
                self._outbox.settle(frame.news.receipts)
            case "progress":
                said = frame.progress.HasField("pressure")
                self._listener.progressed(frame.envelope.offset, frame.progress.pressure if said else None)
            case "goodbye":
                raise _farewell(frame.goodbye)
            case _:
                raise ProtocolError(_("The server sent a second hello. Compare the versions of server and client."))


def _farewell(goodbye: v1.Goodbye) -> UnreachableError | NotLetInError:
    if goodbye.reason == v1.GOODBYE_REASON_CREDENTIAL_ENDED:
        return NotLetInError(_("The server no longer lets this credential in. Ask its administrator for another."))
    return UnreachableError(_("The server is stopping. Connecting anew."), seconds(goodbye.retry_after))
