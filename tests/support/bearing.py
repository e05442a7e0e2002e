"""A channel that trusts a server, and presents exactly what it is told to; and the reason that a call ended with."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from governance_client.bearing import BearingChannel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.server import ServerProcess


@asynccontextmanager
async def bearing(
    server: ServerProcess, token: str | None, *, certificate: tuple[bytes, bytes] | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    """Open a channel that presents a bearer token, none for None, and a client certificate with its key if given."""
    authority = (server.directory / "tls" / "authority.pem").read_bytes()
    trust = grpc.ssl_channel_credentials(authority, *reversed(certificate or (None, None)))
    address = server.address if certificate is None else server.mutual_address
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.enable_http_proxy", 0)]
    async with grpc.aio.secure_channel(address, trust, options) as channel:
        yield channel if token is None else BearingChannel(channel, token)


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """Return the reason that a call ended with, as ErrorInfo has it; empty where it has none."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # has what a sync call has
    info = error_details_pb2.ErrorInfo()
    if status is None or not status.details or not status.details[0].Unpack(info):
        return ""
    return str(info.reason)
