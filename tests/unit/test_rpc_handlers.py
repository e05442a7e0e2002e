"""What stands around every rpc, over a real connection: a client that takes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest

from governance_server.rpc.handlers import faults_end_the_call
from governance_server.rpc.outlet import ClientGoneError, Outlet

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
                with Outlet(context, 0.2) as outlet:
                    while True:
                        await outlet.send(FRAME)
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


async def test_a_timeout_is_that_of_the_write_under_way() -> None:
    """However long a stream lasts and whatever it wrote before; and who cancels it is not told of a timeout."""
    takes = asyncio.Event()

    class Client:
        async def write(self, _frame: bytes) -> None:
            await takes.wait()

    with Outlet(cast("Any", Client()), 0.02) as outlet:
        takes.set()
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(3):
                await outlet.send(FRAME)
            takes.clear()
            with pytest.raises(ClientGoneError, match=r"took nothing for 0\.02 s"):
                await outlet.send(FRAME)
    with Outlet(cast("Any", Client()), PATIENCE_S) as outlet:
        sending = asyncio.create_task(outlet.send(FRAME))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
