"""A crowd of operators on one server: those who read at once, those who take a frame seldom, and those who never do."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
from tests.support.messages import proposal

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.support.wire import Wire

STREAMS_A_CALLER: Final = 16
"""As many as one credential may have."""
FRAMES_OF_THE_SLOW: Final = 20
"""The slow take a frame once in so many proposals."""
EVIDENCE_BYTES: Final = 8 * 1024
"""Of each proposal, so that what a stuck reader was sent and does not take soon fills its connection."""
PATIENCE_S: Final = 60.0


class Crowd:
    """Operators' streams, and when each decision came to those who read."""

    def __init__(self, credentials: Sequence[Path], core: Wire[v1.ProposeResponse]) -> None:
        """Prepare.

        Args:
            credentials: The callers', enough for all streams that will be opened.
            core: Proposes what is watched.
        """
        self._core = core
        self._free = [path for path in credentials for _ in range(STREAMS_A_CALLER)]
        self._open = AsyncExitStack()
        self._channels: dict[Path, grpc.aio.Channel] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._readers = 0
        self._arrived_s: dict[str, list[float]] = {}
        self._complete = asyncio.Event()
        self._nudges: list[asyncio.Semaphore] = []
        self._next = 1
        self.stuck: list[Any] = []

    async def __aenter__(self) -> Self:
        """Begin with nobody."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect everybody."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._open.aclose()

    async def join(self, readers: int, slow: int = 0, stuck: int = 0) -> None:
        """Connect so many more of each kind."""
        for _ in range(readers):
            self._tasks.append(asyncio.create_task(self._read(await self._stream())))
            self._readers += 1
        for _ in range(slow):
            nudge = asyncio.Semaphore(0)
            self._nudges.append(nudge)
            self._tasks.append(asyncio.create_task(self._take_seldom(await self._stream(), nudge)))
        for _ in range(stuck):
            self.stuck.append(await self._stream(alone=True))

    async def watch(self, proposals: int) -> list[float]:
        """Have so many decisions proposed, one when all have seen the one before; return how long each took to each.

        Raises:
            RuntimeError: Somebody who reads, be it seldom, was disconnected: what was measured is not what was meant.
        """
        loop = asyncio.get_running_loop()
        took_s: list[float] = []
        for _ in range(proposals):
            made = proposal(self._next)
            self._next += 1
            made.evidence.reasoning = "x" * EVIDENCE_BYTES
            self._arrived_s = {made.decision_id: []}
            self._complete.clear()
            began_s = loop.time()
            await self._core.answer(v1.CoreCommand(proposal=made))
            async with asyncio.timeout(PATIENCE_S):
                await self._complete.wait()
            took_s += [arrived_s - began_s for arrived_s in self._arrived_s[made.decision_id]]
            if self._next % FRAMES_OF_THE_SLOW == 0:
                for nudge in self._nudges:
                    nudge.release()
        if ended := sum(task.done() for task in self._tasks):
            raise RuntimeError(f"{ended} of the crowd were disconnected.")
        return took_s

    async def _stream(self, *, alone: bool = False) -> Any:
        """Open a stream, on a connection of its caller's or of its own; return it after its hello."""
        path = self._free.pop()
        channel = self._channels.get(path)
        if alone or channel is None:
            channel = await self._open.enter_async_context(connect(Credentials.load(path)))
            if not alone:
                self._channels[path] = channel
        call: Any = ConsoleServiceStub(channel).Operate()
        await call.write(v1.OperateRequest(sequence=1, hello=v1.ClientHello(client="crowd")))
        assert (await call.read()).HasField("hello")
        return call

    async def _read(self, call: Any) -> None:
        loop = asyncio.get_running_loop()
        while (frame := await call.read()) is not grpc.aio.EOF:
            now_s = loop.time()
            for change in frame.news.changes:
                arrived = self._arrived_s.get(change.decision.decision_id)
                if arrived is not None:
                    arrived.append(now_s)
                    if len(arrived) == self._readers:
                        self._complete.set()

    @staticmethod
    async def _take_seldom(call: Any, nudge: asyncio.Semaphore) -> None:
        await nudge.acquire()
        while await call.read() is not grpc.aio.EOF:
            await nudge.acquire()
