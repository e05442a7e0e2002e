"""What stands around every rpc, over a real connection: a client that takes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from governance_server.rpc.handlers import faults_end_the_call, send

if TYPE_CHECKING:
    from governance_server.rpc.handlers import Context

FRAME = b"x" * 500_000
PATIENCE_S = 20


async def read_to_the_end(call: Any) -> None:
    """Read until the call raises the status it ended with."""
    while await call.read() is not grpc.aio.EOF:
        pass


async def test_a_client_that_takes_nothing_is_told_so_when_it_reads_at_last() -> None:
    """Its stream ends on the server in time; what was sent before comes first, and then a status to come back on."""
    ended = asyncio.Event()

    async def serve(_: object, context: Context) -> None:
        async with faults_end_the_call("/test/Stream", context):
            try:
                while True:
                    await send(context, FRAME, 0.2)
            finally:
                ended.set()

    server = grpc.aio.server()
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {"Stream": grpc.stream_stream_rpc_method_handler(serve)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel, asyncio.timeout(PATIENCE_S):
        call: Any = channel.stream_stream("/test/Stream")()
        assert await call.read() == FRAME
        await ended.wait()
        with pytest.raises(grpc.aio.AioRpcError) as told:
            await read_to_the_end(call)
    await server.stop(0)
    assert told.value.code() == grpc.StatusCode.UNAVAILABLE
    assert told.value.details() == "The stream was ended: it took nothing for 0.2 s. Connect again and resume."
