"""Why a stream ended, as the error that says what it means for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from governance import v1
from governance_client.errors import ClientError, NotLetInError, UnreachableError, from_rpc_error, seconds
from governance_client.language import _

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[v1.OperateRequest, v1.OperateResponse]


def parting(farewell: v1.Goodbye | None) -> ClientError:
    """Return what a stream ended with that ended in good order; the goodbye is None where the server said none."""
    if farewell is None:
        return UnreachableError(_("The server ended the stream without a word."))
    if farewell.reason == v1.GOODBYE_REASON_CREDENTIAL_ENDED:
        return NotLetInError(_("The credential is no longer good. Ask the server's administrator for another."))
    return UnreachableError(_("The server stops, or starts anew."), seconds(farewell.retry_after))


async def fault(call: Call, error: Exception) -> ClientError:
    """Return what ended a call, which `write` tells less of than the call itself."""
    if isinstance(error, grpc.aio.AioRpcError):
        return from_rpc_error(error)
    try:
        await call.wait_for_connection()
    except grpc.aio.AioRpcError as status:
        return from_rpc_error(status)
    return UnreachableError(_("The server ended the stream without a word."))
