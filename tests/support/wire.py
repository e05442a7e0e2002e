"""Raw streams as another team would drive them: the generated stubs, and nothing of our SDK but the channel."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import grpc

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import core_frame, operator_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

Response = TypeVar("Response", v1.ProposeResponse, v1.OperateResponse)
PATIENCE_S = 20.0


class StreamEndedError(Exception):
    """The stream ended where another frame was waited for. What a frame says wrongly is an AssertionError instead."""


async def within_patience(reading: Awaitable[Any]) -> Any:
    """Return what is waited for, or fail the test that waits in vain."""
    async with asyncio.timeout(PATIENCE_S):
        return await reading


class Wire(Generic[Response]):
    """One open stream, and all that came down on it.

    Attributes:
        call: The stream.
        hello: The server's first frame.
        frames: Everything that came after it.
        replica: The newest state of every decision that was told, by id.
        receipts: The receipts, by request id.
        offset: The resume point.
    """

    def __init__(self, call: Any, hello: Response) -> None:
        self.call = call
        self.hello = hello.hello
        self.frames: list[Response] = []
        self.replica: dict[str, v1.Decision] = {}
        self.receipts: dict[str, v1.Receipt] = {}
        self.offset = hello.envelope.offset

    async def read(self) -> Response:
        """Read one frame and take it in. Its changes ascend in offset, and none of them was told before."""
        frame = await within_patience(self.call.read())
        if frame is grpc.aio.EOF:
            raise StreamEndedError
        response: Response = frame
        self._take_in(response)
        return response

    def _take_in(self, frame: Response) -> None:
        offsets: list[int] = [change.offset for change in frame.news.changes]
        assert offsets == sorted(set(offsets))
        assert not offsets or offsets[0] > self.offset
        assert frame.envelope.offset >= max([self.offset, *offsets])
        self.offset = frame.envelope.offset
        self.replica |= {change.decision.decision_id: change.decision for change in frame.news.changes}
        self.receipts |= {receipt.request_id: receipt for receipt in frame.news.receipts}
        self.frames.append(frame)

    async def until(self, condition: Callable[[Wire[Response]], object]) -> None:
        """Read until a condition on what was taken in holds."""
        while not condition(self):
            await self.read()

    async def send(self, *commands: Any) -> None:
        """Send commands in one frame."""
        core = isinstance(commands[0], v1.CoreCommand)
        await self.call.write(core_frame(commands) if core else operator_frame(commands))

    async def answer(self, command: Any) -> v1.Receipt:
        """Send one command; return its receipt."""
        request_id = command.request_id or command.proposal.decision_id
        await self.send(command)
        await self.until(lambda wire: request_id in wire.receipts)
        return self.receipts[request_id]


@asynccontextmanager
async def propose_stream(
    credentials: Path, *, instance: str = "instance-1", offset: int = 0, ledger_id: str = ""
) -> AsyncIterator[Wire[v1.ProposeResponse]]:
    """A core's stream, after the hello, cut off when the block ends."""
    hello = v1.ClientHello(instance=instance, offset=offset, ledger_id=ledger_id)
    async with connect(Credentials.load(credentials)) as channel:
        call: Any = DecisionServiceStub(channel).Propose()
        await call.write(v1.ProposeRequest(sequence=1, hello=hello))
        yield Wire(call, await call.read())
        call.cancel()


@asynccontextmanager
async def operate_stream(
    credentials: Path, *, offset: int = 0, ledger_id: str = ""
) -> AsyncIterator[Wire[v1.OperateResponse]]:
    """An operator's stream, after the hello, cut off when the block ends."""
    hello = v1.ClientHello(offset=offset, ledger_id=ledger_id)
    async with connect(Credentials.load(credentials)) as channel:
        call: Any = ConsoleServiceStub(channel).Operate()
        await call.write(v1.OperateRequest(sequence=1, hello=hello))
        yield Wire(call, await call.read())
        call.cancel()
