"""A TCP proxy between client and server whose faults are switched while it runs.

It knows nothing of what it carries, so that everything a network can do to a connection can be done to TLS. Of each
direction it can delay, hold back, slow down, cut and alter the bytes; of a connection it can cut both ends, or one end
while the other notices nothing. Nothing here waits but the event loop's own timers.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_RESET = struct.pack("ii", 1, 0)
"""Closed with this as SO_LINGER, a socket sends a reset instead of an end in good order."""


class Way:
    """What happens to the bytes of one direction, on every connection.

    Attributes:
        latency_s: How much later they arrive.
        byte_interval_s: They arrive one at a time, this far apart; 0 for as they come.
        left: So many more bytes arrive, and then the connection is cut; None for no bound.
        flip: One bit of the next bytes is turned over; then it is False again.
        passed: How many bytes have arrived on it.
    """

    def __init__(self) -> None:
        self.latency_s = 0.0
        self.byte_interval_s = 0.0
        self.left: int | None = None
        self.flip = False
        self.passed = 0
        self._held = False
        self._pipes: set[_Pipe] = set()

    @property
    def held(self) -> bool:
        """Nothing arrives; what is sent is kept until it is released."""
        return self._held

    @held.setter
    def held(self, held: bool) -> None:
        self._held = held
        for pipe in list(self._pipes):
            pipe.pump()

    def join(self, pipe: _Pipe) -> None:
        """Take a connection's pipe in."""
        self._pipes.add(pipe)

    def leave(self, pipe: _Pipe) -> None:
        """Forget a connection's pipe."""
        self._pipes.discard(pipe)


class _Pipe:
    """One direction of one connection: what came from one end and has not gone to the other."""

    def __init__(self, way: Way, link: _Link) -> None:
        self.sink: asyncio.Transport | None = None
        self.swallowing = False
        self._way = way
        self._link = link
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        way.join(self)

    def feed(self, data: bytes) -> None:
        """Take what came; nothing for the end."""
        if not self.swallowing:
            self._queue.append((self._loop.time() + self._way.latency_s, data))
            self.pump()

    def pump(self) -> None:
        """Send on what is due."""
        while self._queue and self._timer is None and not self._way.held and self.sink is not None:
            due, data = self._queue[0]
            if due > self._loop.time():
                self._timer = self._loop.call_at(due, self._again)
                return
            self._queue.popleft()
            if not data:
                self._link.end(self.sink)
                return
            self._pass_on(data)

    def close(self) -> None:
        """Send on no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._queue.clear()
        self._way.leave(self)

    def _again(self) -> None:
        self._timer = None
        self.pump()

    def _pass_on(self, data: bytes) -> None:
        way = self._way
        if way.byte_interval_s and len(data) > 1:
            data, rest = data[:1], data[1:]
            self._queue.appendleft((self._loop.time() + way.byte_interval_s, rest))
        if way.left is not None:
            data = data[: way.left]
            way.left -= len(data)
        if way.flip and data:
            way.flip = False
            data = data[:-1] + bytes([data[-1] ^ 1])
        way.passed += len(data)
        assert self.sink is not None
        self.sink.write(data)
        if way.left == 0:
            self._loop.call_soon(self._link.cut)


class _End(asyncio.Protocol):
    """One end of a connection."""

    def __init__(self, link: _Link, pipe: _Pipe) -> None:
        self._link = link
        self._pipe = pipe

    def data_received(self, data: bytes) -> None:
        self._pipe.feed(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._pipe.feed(b"")


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._up, self._down = _Pipe(proxy.up, self), _Pipe(proxy.down, self)
        self.client: asyncio.Transport | None = None
        self.server: asyncio.Transport | None = None
        self.connecting: asyncio.Task[None] | None = None
        self._ended = False

    def accept(self) -> _End:
        """Return the protocol of the client's end."""
        end = _Accepting(self, self._up)
        self._proxy.links.append(self)
        return end

    async def connect(self, client: asyncio.Transport) -> None:
        """Connect to the server."""
        self.client = self._down.sink = client
        try:
            self.server, _ = await asyncio.get_running_loop().create_connection(
                lambda: _End(self, self._down), *self._proxy.target
            )
        except OSError:
            self.cut()
            return
        if self._ended:
            self.cut()
            return
        self._up.sink = self.server
        self._up.pump()

    def end(self, sink: asyncio.Transport) -> None:
        """Pass an end in good order on."""
        sink.close()

    def cut(self) -> None:
        """Reset both ends, also those that are only now being connected."""
        self._ended = True
        self._up.close()
        self._down.close()
        self.drop(self.client)
        self.drop(self.server)

    def swallow(self) -> None:
        """Pass nothing on any more, ends neither."""
        self._up.swallowing = self._down.swallowing = True

    def inject(self, data: bytes, *, to_server: bool) -> None:
        """Put bytes in."""
        (self._up if to_server else self._down).feed(data)

    @staticmethod
    def drop(transport: asyncio.Transport | None) -> None:
        """Reset one end."""
        if transport is None or transport.is_closing():
            return
        raw = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()


class _Accepting(_End):
    """The client's end, which has the server's connected."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._link.connecting = asyncio.get_running_loop().create_task(self._link.connect(transport))


class Proxy:
    """A proxy to one server.

    Attributes:
        target: The server.
        address: Where clients connect, as HOST:PORT.
        up: What happens to bytes from the client.
        down: What happens to bytes from the server.
        links: The connections so far.
        shut: New connections are reset at once.
        accepted: How many connections there were so far, those that were reset at once with them.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self.target = (host, int(port))
        self.address = ""
        self.up, self.down = Way(), Way()
        self.links: list[_Link] = []
        self.shut = False
        self.accepted = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def accept(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        self.accepted += 1
        for number, waiting in self._waiting:
            if number <= self.accepted and not waiting.done():
                waiting.set_result(None)
        return _Refusing() if self.shut else _Link(self).accept()

    async def connections(self, number: int) -> None:
        """Wait until so many connections have been opened since the proxy began."""
        if self.accepted < number:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((number, waiting))
            await waiting

    def cut(self) -> None:
        """Reset every connection, both ends."""
        for link in self.links:
            link.cut()
        self.links.clear()

    def lose_server(self) -> None:
        """Take every connection's server away without a word to the client: half open, as after a power cut."""
        for link in self.links:
            link.swallow()
            link.drop(link.server)

    def lose_client(self) -> None:
        """Take every connection's client away without a word to the server."""
        for link in self.links:
            link.swallow()
            link.drop(link.client)

    def inject(self, data: bytes, *, to_server: bool) -> None:
        """Put bytes into every connection, between those that are passed on."""
        for link in self.links:
            link.inject(data, to_server=to_server)

    def heal(self) -> None:
        """End every fault of the ways."""
        for way in (self.up, self.down):
            way.latency_s = way.byte_interval_s = 0.0
            way.left = None
            way.flip = way.held = False
        self.shut = False


class _Refusing(asyncio.Protocol):
    """A connection that is reset at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        _Link.drop(transport)


@contextlib.asynccontextmanager
async def proxied(target: str) -> AsyncIterator[Proxy]:
    """Run a proxy to a server while the block lasts.

    Args:
        target: The server, as HOST:PORT.
    """
    proxy = Proxy(target)
    server = await asyncio.get_running_loop().create_server(proxy.accept, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
