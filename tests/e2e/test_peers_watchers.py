"""Who watches the server's health and takes nothing: let go as any other reader, and in nobody's way."""

from __future__ import annotations

import asyncio
import struct
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, cast

from grpc_health.v1 import health_pb2

from governance import v1
from governance_client.channel import connect
from governance_server.rpc.limits import Limits
from tests.support.http2 import DATA, END_HEADERS, END_STREAM, HEADERS, Peer, call_fields, frame, peer
from tests.support.listening import Listening, listening

if TYPE_CHECKING:
    import grpc

    from governance_client.credentials import Credentials

WATCH = "/grpc.health.v1.Health/Watch"
NO_WINDOW = struct.pack(">HI", 4, 0)
"""SETTINGS_INITIAL_WINDOW_SIZE of nothing: no byte of an answer may be sent."""
SOON_S = 5.0
"""Far more than any of this takes; the server drops a connection whose pings are not answered only after that."""


async def stuck_watcher(server: Listening, who: Credentials, held: AsyncExitStack) -> Peer:
    """Watch, and take nothing of what is told; return once the server has begun to tell it."""
    watcher = await held.enter_async_context(peer(server.address, server.authority, NO_WINDOW))
    headers = call_fields(WATCH, ("authorization", f"Bearer {who.token}"))
    await watcher.send(frame(HEADERS, END_HEADERS, 1, headers) + frame(DATA, END_STREAM, 1, bytes(5)))
    assert await watcher.first(HEADERS, 1) is not None
    return watcher


async def told(channel: grpc.aio.Channel) -> health_pb2.HealthCheckResponse:
    """Return the first that is told to who watches as one should."""
    call: Any = cast("Any", channel).unary_stream(
        WATCH,
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )(health_pb2.HealthCheckRequest())
    answer: health_pb2.HealthCheckResponse = await call.read()
    call.cancel()
    return answer


async def test_a_watcher_who_takes_nothing_does_not_keep_the_server_from_stopping() -> None:
    """The last that it would be told is waited for a second, and then the server stops."""
    async with (
        AsyncExitStack() as held,
        asyncio.timeout(60) as patience,
        listening(Limits(stop_grace_s=0.5)) as server,
    ):
        alice = await server.let_in("alice", v1.ROLE_SOC_OPERATOR)
        await stuck_watcher(server, alice, held)
        patience.reschedule(asyncio.get_running_loop().time() + SOON_S)


async def test_a_watcher_who_takes_nothing_is_let_go() -> None:
    """Health tells one after the other: after `write_timeout_s` the next is told, however long the first holds out."""
    async with AsyncExitStack() as held, asyncio.timeout(60), listening(Limits(write_timeout_s=0.3)) as server:
        alice = await server.let_in("alice", v1.ROLE_SOC_OPERATOR)
        await stuck_watcher(server, alice, held)
        async with connect(alice) as channel, asyncio.timeout(SOON_S):
            assert (await told(channel)).status == health_pb2.HealthCheckResponse.SERVING
