"""HTTP/2 frame by frame over TLS, for what no well-behaved client would send (RFC 9113)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
ACK, END_STREAM, END_HEADERS = 1, 1, 4
PATIENCE_S: Final = 20.0


class Frame(NamedTuple):
    """One frame.

    Attributes:
        kind: Its type.
        flags: Its flags.
        stream: Its stream; 0 for the connection.
        payload: The rest.
    """

    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    """Return a frame's bytes."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def fields(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return header fields as HPACK's literals without indexing (RFC 7541, 6.2.2)."""
    return b"".join(b"\x00" + _string(name.encode()) + _string(value.encode()) for name, value in pairs)


def _string(text: bytes) -> bytes:
    if len(text) < 0x7F:
        return bytes([len(text)]) + text
    rest, length = len(text) - 0x7F, b"\x7f"
    while rest >= 0x80:
        rest, length = rest >> 7, length + bytes([rest & 0x7F | 0x80])
    return length + bytes([rest]) + text


def call_fields(method: str, *more: tuple[str, str]) -> bytes:
    """Return the header fields that begin a call of gRPC."""
    return fields(
        (
            (":method", "POST"),
            (":scheme", "https"),
            (":path", method),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            *more,
        )
    )


class Peer:
    """A connection on which anything can be sent.

    Attributes:
        frames: What came from the server, so far as it was read.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.frames: list[Frame] = []
        self._head: bytes | None = None
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> bool:
        """Send bytes; return whether the connection still takes any."""
        try:
            await asyncio.sleep(0)  # others get their turn, whoever floods
            if self._writer.is_closing() or self._reader.at_eof():
                return False
            self._writer.write(data)
            async with asyncio.timeout(PATIENCE_S):
                await self._writer.drain()
        except (ConnectionError, ssl.SSLError):
            return False
        return not self._writer.is_closing()

    async def flood(self, data: bytes, times: int) -> int:
        """Send the same again and again while the connection takes it; return how often it did.

        What the server answers is read and forgotten meanwhile, as a flood would.
        """
        draining = asyncio.create_task(self.drained())
        sent = 0
        while sent < times and not draining.done() and await self.send(data):
            sent += 1
        draining.cancel()
        await asyncio.wait([draining])
        return sent

    async def read(self) -> Frame | None:
        """Return the next frame; None at the connection's end. Whoever is cancelled in the middle can go on later."""
        try:
            head = self._head = self._head or await self._reader.readexactly(9)
            payload = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return None
        self._head = None
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        got = Frame(kind, flags, stream, payload)
        self.frames.append(got)
        return got

    async def drained(self) -> None:
        """Read to the connection's end."""
        while await self.read() is not None:
            pass

    async def ended(self) -> bool:
        """Tell whether the server ends the connection while a test has patience."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self.drained()
                return True
        return False

    async def first(self, kind: int, stream: int) -> Frame | None:
        """Return the first frame of a type on a stream; None where the connection ends before."""
        async with asyncio.timeout(PATIENCE_S):
            while (got := await self.read()) is not None:
                if (got.kind, got.stream) == (kind, stream):
                    return got
        return None

    @property
    def sent_away(self) -> int | None:
        """The error code that the server's GOAWAY had; None where it said none."""
        codes = [int.from_bytes(each.payload[4:8], "big") for each in self.frames if each.kind == GOAWAY]
        return codes[-1] if codes else None


@contextlib.asynccontextmanager
async def peer(address: str, authority: str, settings: bytes = b"", *, greet: bool = True) -> AsyncIterator[Peer]:
    """Connect to a server, to be dropped when the block ends.

    Args:
        address: HOST:PORT.
        authority: Whom to trust, in PEM.
        settings: The content of the first SETTINGS.
        greet: Say the preface and the settings.
    """
    context = ssl.create_default_context(cadata=authority)
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context, server_hostname="localhost")
    made = Peer(reader, writer)
    try:
        if greet:
            await made.send(PREFACE + frame(SETTINGS, payload=settings))
        yield made
    finally:
        writer.transport.abort()
