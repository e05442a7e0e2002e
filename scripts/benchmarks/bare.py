"""The bare server, a load program: grpc.aio over TLS and nothing else, for `limit.echo` and `limit.fanout`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import grpc

from benchmarks.dialogue import answer_questions
from benchmarks.specimen import specimen
from governance import v1
from governance_server.engine.frames import length_delimited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from benchmarks.dialogue import Deed

SERVICE: Final = "bare.Bare"
ECHO: Final = f"/{SERVICE}/Echo"
"""Echoes frames as generated stubs would have it: parsed where they come in, serialised where they go out."""
ECHO_BYTES: Final = f"/{SERVICE}/EchoBytes"
"""Echoes frames as the bytes they are."""
FAN: Final = f"/{SERVICE}/Fan"
"""Says hello, and then whatever is fanned out."""
_ENVELOPE: Final = v1.OperateResponse.ENVELOPE_FIELD_NUMBER
_NEWS: Final = v1.OperateResponse.NEWS_FIELD_NUMBER


class Bare:
    """What the bare server answers, and what it can be asked for."""

    def __init__(self) -> None:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._streams: set[asyncio.Queue[bytes]] = set()
        self._fanned = 1

    async def serve(self, certificate: str, key: str) -> dict[str, Any]:
        """Begin to serve with a certificate and its key, both in PEM; return the port."""
        message = v1.ProposeRequest
        handlers = {
            "Echo": grpc.stream_stream_rpc_method_handler(_echo, message.FromString, message.SerializeToString),
            "EchoBytes": grpc.stream_stream_rpc_method_handler(_echo),
            "Fan": grpc.stream_stream_rpc_method_handler(self._fan_to),
        }
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        pair = (key.encode(), certificate.encode())
        port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
        await self._server.start()
        return {"port": port}

    async def fan(self, count: int, per_second: float) -> dict[str, Any]:
        """Hand so many ready-made frames to all streams, evenly in time; return when each was, and its offset."""
        change = specimen().change
        offsets = range(self._fanned + 1, self._fanned + count + 1)
        self._fanned += count
        frames = [_frame(offset, change) for offset in offsets]
        sent: list[int] = []
        began = time.monotonic()
        for number, frame in enumerate(frames):
            await asyncio.sleep(max(began + number / per_second - time.monotonic(), 0))
            sent.append(time.monotonic_ns())
            for stream in self._streams:
                stream.put_nowait(frame)
        return {"sent": sent, "offsets": list(offsets)}

    async def close(self) -> dict[str, Any]:
        """Serve no more."""
        await self._server.stop(None)
        return {}

    async def _fan_to(self, _requests: AsyncIterator[bytes], context: Any) -> None:
        stream: asyncio.Queue[bytes] = asyncio.Queue()
        hello = v1.OperateResponse(hello=v1.ServerHello(head_offset=self._fanned))
        hello.envelope.offset = self._fanned
        await context.write(hello.SerializeToString())
        self._streams.add(stream)
        try:
            while True:
                await context.write(await stream.get())
        finally:
            self._streams.discard(stream)


async def _echo(requests: AsyncIterator[Any], context: Any) -> None:
    async for request in requests:
        await context.write(request)


def _frame(offset: int, change: bytes) -> bytes:
    envelope = v1.Envelope(offset=offset)
    envelope.server_time.GetCurrentTime()
    return length_delimited(_ENVELOPE, envelope.SerializeToString()) + length_delimited(_NEWS, change)


async def _begin(_settings: Any) -> Mapping[str, Deed]:
    bare = Bare()
    return {"serve": bare.serve, "fan": bare.fan, "close": bare.close}


if __name__ == "__main__":
    answer_questions(_begin)
