"""The network: streams of frames that arrive late, in order each, and are cut at any moment.

Theory of operation. A stream is two pipes. What is put into a pipe arrives after a while, never before what was put in
earlier; between two pipes there is no order. A pipe holds so many frames that nobody has taken, then its writer waits,
as behind a full HTTP/2 window. A cut loses what is under way, and each side learns of it at a moment of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from tests.simulation.loop import VirtualLoop
    from tests.simulation.scenario import Scenario

SLOW_SHARE: Final = 0.05
SLOWER: Final = 10.0
"""One frame in twenty takes ten times as long as the others."""
CALM_S: Final = 0.001
KEEPALIVE_S: Final = 40.0
"""A side that hears nothing gives a connection up after that long, as gRPC's keepalive has it."""
LOST: Final = "connection lost"
OK: Final = "OK"


class End(NamedTuple):
    """The last that comes out of a pipe.

    Attributes:
        status: What the call ended with: a status' name, or that the connection was lost.
        message: What was said with it.
    """

    status: str
    message: str = ""


class Pipe:
    """One direction of a stream.

    Attributes:
        silent: What is put in arrives nowhere, and nobody is told.
    """

    def __init__(self, network: Network, window: int) -> None:
        self.silent = False
        self._network = network
        self._loop = network.loop
        self._window = window
        self._last_s = 0.0
        self._under_way: deque[bytes | End] = deque()
        self._lost = False
        self._arrived: deque[bytes | End] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    async def write(self, frame: bytes) -> None:
        """Put a frame in as soon as there is room."""
        while len(self._under_way) + len(self._arrived) >= self._window:
            self._writer = self._loop.create_future()
            await self._writer
        self.put(frame)

    def put(self, item: bytes | End) -> None:
        """Put something in, whether there is room or not."""
        self._last_s = max(self._last_s, self._loop.time() + self._network.delay_s())
        self._under_way.append(item)
        self._loop.call_at(self._last_s, self._arrive)

    def _arrive(self) -> None:
        """Have the next that is under way arrive: of two timers of one moment, either may come first."""
        if self._lost or self.silent:
            return
        self._arrived.append(self._under_way.popleft())
        _wake(self._reader)

    async def take(self) -> bytes | End:
        """Return what arrived first, once something has. An end stays."""
        while not self._arrived:
            self._reader = self._loop.create_future()
            await self._reader
        if isinstance(self._arrived[0], End):
            return self._arrived[0]
        _wake(self._writer)
        return self._arrived.popleft()

    def lose(self) -> None:
        """Lose what is under way, and whatever is put in from now on."""
        self._lost = True

    def end(self, status: str = LOST) -> None:
        """Have the reader learn that nothing comes any more, behind what has arrived."""
        self._lost = True
        self._arrived.append(End(status))
        _wake(self._reader)


class Wire:
    """One stream between a client and the server.

    Attributes:
        number: Which, counted over the run.
        up: What the client says.
        down: What the server says.
        over: Both sides have let go of it, or it was cut.
        served: The server's task; None before it has arrived there.
        broken: The server has learned that the connection is gone.
    """

    def __init__(self, number: int, up: Pipe, down: Pipe) -> None:
        self.number = number
        self.up = up
        self.down = down
        self.over = False
        self.broken = False
        self.served: asyncio.Task[None] | None = None


class ServerSide:
    """What the server's handlers hold of a wire, in place of grpcio's context.

    Attributes:
        bug: What made a handler end the call with INTERNAL; None where nothing did.
    """

    def __init__(self, wire: Wire, token: str) -> None:
        self.bug: BaseException | None = None
        self._wire = wire
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def read(self) -> Any:
        item = await self._wire.up.take()
        return grpc.aio.EOF if isinstance(item, End) else item

    async def write(self, frame: bytes) -> None:
        if self._wire.broken:
            raise grpc.aio.InternalError
        await self._wire.down.write(frame)

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing: Iterable[Any] = ()) -> None:
        del trailing
        if code is grpc.StatusCode.INTERNAL:
            self.bug = sys.exception()
        if self._wire.broken:
            raise grpc.aio.InternalError
        self._wire.down.put(End(code.name, details))
        raise grpc.aio.AbortError

    def auth_context(self) -> dict[str, Any]:
        return {}

    def invocation_metadata(self) -> Any:
        return self._metadata


class Network:
    """All wires there are.

    Attributes:
        loop: The run's.
        calm: Nothing goes wrong any more.
        wires: Those that are open.
    """

    def __init__(self, loop: VirtualLoop, scenario: Scenario, chance: random.Random) -> None:
        self.calm = False
        self.wires: dict[int, Wire] = {}
        self.loop = loop
        self._scenario = scenario
        self._chance = chance
        self._numbers = itertools.count(1)

    async def travel(self) -> None:
        """Return when something small has reached the other side."""
        await asyncio.sleep(self.delay_s())

    def delay_s(self) -> float:
        """Draw how long something takes to reach the other side."""
        delay_s = self._chance.expovariate(1.0) * (CALM_S if self.calm else self._scenario.delay_s)
        return delay_s * SLOWER if self._chance.random() < SLOW_SHARE else delay_s

    def wire(self) -> Wire:
        """Return a new wire."""
        up, down = (Pipe(self, self._scenario.window) for _ in range(2))
        wire = Wire(next(self._numbers), up, down)
        self.wires[wire.number] = wire
        return wire

    def leave(self, wire: Wire) -> None:
        """Have the client go without a word; the server learns of it in a while."""
        if self.wires.pop(wire.number, None) is None:
            return
        wire.over = True
        wire.down.lose()
        wire.up.lose()
        self._later(self._learn, wire)

    def close(self, wire: Wire, status: str) -> None:
        """Have the server's side end in good order, behind what it has sent; or have ended otherwise."""
        if not wire.over:
            wire.down.put(End(status))

    def cut(self, wire: Wire) -> None:
        """Cut a wire: what is under way is lost, and both sides learn of it, each in its time."""
        if self.wires.pop(wire.number, None) is None:
            return
        wire.over = True
        wire.up.lose()
        wire.down.lose()
        self._later(wire.down.end)
        self._later(self._learn, wire)

    def silence(self, wire: Wire) -> None:
        """Have one direction of a wire carry nothing any more; both sides give it up when keepalive runs out."""
        pipe = self._chance.choice((wire.up, wire.down))
        pipe.silent = True
        self.loop.call_later(KEEPALIVE_S * self._chance.random(), self.cut, wire)

    def sever(self, wire: Wire) -> None:
        """Have a server's end disappear at once, as when its process is killed."""
        if self.wires.pop(wire.number, None) is None:
            return
        wire.over = True
        wire.broken = True
        wire.up.lose()
        wire.down.lose()
        self._later(wire.down.end)

    def _later(self, what: Any, *arguments: Any) -> None:
        """Do something after a while: mostly soon, sometimes only when keepalive tells."""
        soon = self._chance.random() < 0.8
        delay_s = self._chance.expovariate(1.0) * (self._scenario.delay_s * 3 if soon else KEEPALIVE_S / 8)
        self.loop.call_later(min(delay_s, KEEPALIVE_S), what, *arguments)

    def _learn(self, wire: Wire) -> None:
        """Have the server learn that a connection is gone: its call is cancelled, or a read or write fails first."""
        wire.broken = True
        if self._chance.random() < 0.3:
            wire.up.end()
            return
        if wire.served is not None:
            wire.served.cancel()


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
