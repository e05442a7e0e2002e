"""A server that wants to keep a verifier waiting for ever, and does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from governance import v1
from governance_client.audit import source
from governance_client.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.mark.parametrize("frame", [v1.ListEntriesResponse(head_offset=9), None], ids=["empty-frames", "silence"])
async def test_a_server_that_gets_no_further_is_given_up(
    monkeypatch: pytest.MonkeyPatch, frame: v1.ListEntriesResponse | None
) -> None:
    """Whether it says nothing at all, or on and on that there is nothing yet."""
    monkeypatch.setattr(source, "STANDSTILL_S", 0.3)

    async def serve(_request: bytes, _context: object) -> AsyncIterator[bytes]:
        if frame is None:
            await asyncio.get_running_loop().create_future()
        while frame is not None:
            yield frame.SerializeToString()

    server = grpc.aio.server()
    handlers: dict[str, Any] = {"ListEntries": grpc.unary_stream_rpc_method_handler(serve)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("governance.v1.AuditService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with asyncio.timeout(20), grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(UnreachableError):
                await drained(source.RemoteSource(channel))
    finally:
        await server.stop(None)


async def drained(remote: source.RemoteSource) -> None:
    """Read all entries."""
    async for _ in remote.frames(0):
        pass
