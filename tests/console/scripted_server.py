"""A server of one rpc that says what a test tells it to, and remembers what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceServicer, add_ConsoleServiceServicer_to_server
from governance_client.credentials import Credentials
from tests.console.examples import NOW_S, change, operator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Answer: TypeAlias = Callable[[v1.OperatorCommand], v1.Receipt | None]
LEDGER = "0" * 32
CREDENTIALS = Credentials(
    name="alice", role="soc_operator", server="scripted", server_name="scripted", certificate_authority="none"
)


def accept(command: v1.OperatorCommand) -> v1.Receipt:
    """Accept whatever comes."""
    return v1.Receipt(request_id=command.request_id, accepted=v1.Accepted(offset=99))


class ScriptedServer(ConsoleServiceServicer):
    """Plays one server to any number of streams, one after the other.

    Attributes:
        hellos: The hellos of the streams so far.
        commands: The commands so far.
        answer: What receipt a command gets; None for none.
        open: What is open, for the snapshot.
        head: The ledger's last offset.
        rules: What the hello asks of consoles.
    """

    def __init__(self) -> None:
        self.hellos: list[v1.ClientHello] = []
        self.commands: list[v1.OperatorCommand] = []
        self.answer: Answer = accept
        self.open: list[v1.Decision] = []
        self.head = 10
        self.rules = v1.ConsoleRules()
        self.port = 0
        self._frames: asyncio.Queue[v1.OperateResponse | None] = asyncio.Queue()
        self._arrived = asyncio.Condition()
        self._refusal: tuple[grpc.StatusCode, str] | None = None

    def send(self, *changes: v1.Change) -> None:
        """Send news."""
        self.head = max([self.head, *(each.offset for each in changes)])
        self._put(v1.OperateResponse(news=v1.OperatorNews(changes=changes)))

    def send_halts(self, *halts: v1.Halt) -> None:
        """Send news of halts."""
        self._put(v1.OperateResponse(news=v1.OperatorNews(halts=halts)))

    def send_frame(self, frame: v1.OperateResponse) -> None:
        """Send any frame as it is."""
        self._frames.put_nowait(frame)

    def cut(self) -> None:
        """End the present stream."""
        self._frames.put_nowait(None)

    def refuse(self, code: grpc.StatusCode, details: str) -> None:
        """End every stream from now on with a status, before the hello."""
        self._refusal = (code, details)

    async def until_commands(self, count: int) -> None:
        """Wait until so many commands came."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.commands) >= count)

    async def until_hellos(self, count: int) -> None:
        """Wait until so many streams began."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.hellos) >= count)

    async def Operate(self, request_iterator: Any, context: Any) -> AsyncIterator[v1.OperateResponse]:  # noqa: N802 - the contract's name
        """Play the channel."""
        if self._refusal is not None:
            await context.abort(*self._refusal)
        first = await anext(aiter(request_iterator))
        self._frames = asyncio.Queue()
        for frame in self._greeting(first.hello):
            yield frame
        async with self._arrived:
            self.hellos.append(first.hello)
            self._arrived.notify_all()
        reader = asyncio.create_task(self._read(request_iterator))
        try:
            while (queued := await self._frames.get()) is not None:
                yield queued
        finally:
            reader.cancel()

    async def SubmitVerdict(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        """Not played."""
        del request
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not played")

    GetStatistics = ListOperators = ListEligibleOperators = ListHalts = SubmitVerdict
    ListSimilarDecisions = GetOperatorStatistics = SubmitVerdict

    async def _read(self, requests: Any) -> None:
        async for request in requests:
            receipts = [self.answer(command) for command in request.commands.commands]
            self._put(v1.OperateResponse(news=v1.OperatorNews(receipts=[each for each in receipts if each])))
            async with self._arrived:
                self.commands.extend(request.commands.commands)
                self._arrived.notify_all()

    def _greeting(self, hello: v1.ClientHello) -> list[v1.OperateResponse]:
        snapshot = hello.offset == 0
        frames = [
            v1.OperateResponse(
                envelope=v1.Envelope(server_time=Timestamp(seconds=NOW_S)),
                hello=v1.ServerHello(
                    you=operator("alice"),
                    ledger_id=LEDGER,
                    offset=hello.offset or self.head,
                    head_offset=self.head,
                    snapshot=snapshot,
                    limits=v1.SessionLimits(max_frame_bytes=1 << 20, max_commands_per_frame=64),
                    console_rules=self.rules,
                ),
            )
        ]
        if snapshot:
            news = v1.OperatorNews(changes=[change(each) for each in self.open])
            frames.append(v1.OperateResponse(news=news))
        frames.append(v1.OperateResponse(envelope=self._envelope(), progress=v1.Progress()))
        return frames

    def _put(self, frame: v1.OperateResponse) -> None:
        frame.envelope.CopyFrom(self._envelope())
        self._frames.put_nowait(frame)

    def _envelope(self) -> v1.Envelope:
        return v1.Envelope(offset=self.head, server_time=Timestamp(seconds=NOW_S))


@asynccontextmanager
async def serving(script: ScriptedServer) -> AsyncIterator[ScriptedServer]:
    """Serve on a free port of this machine for as long as the block lasts."""
    server = grpc.aio.server()
    add_ConsoleServiceServicer_to_server(script, server)
    script.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield script
    finally:
        await server.stop(None)


def dialler(script: ScriptedServer) -> Callable[[Credentials], grpc.aio.Channel]:
    """Return what connects a session to the script."""
    return lambda _: grpc.aio.insecure_channel(f"127.0.0.1:{script.port}")
