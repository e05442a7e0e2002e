"""The one place where a fault becomes a gRPC status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

import grpc
from google.rpc import error_details_pb2, status_pb2

from governance import v1
from governance_server import errors
from governance_server.domain.moment import duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DOMAIN: Final = "governance.v1"
"""The domain of every ErrorInfo, under which `ErrorReason` is read."""
DETAILS_KEY: Final = "grpc-status-details-bin"
"""The trailing metadata that carries a google.rpc.Status, as grpcio-status reads it."""
REASON_PREFIX: Final = "ERROR_REASON_"

STATUS: Final[Mapping[type[errors.Fault], grpc.StatusCode]] = {
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.Internal: grpc.StatusCode.INTERNAL,
}
"""What each kind of fault ends a call with."""


def status_code(fault: errors.Fault) -> grpc.StatusCode:
    """Return the code a fault ends a call with; INTERNAL for a kind that the table does not know."""
    return next((STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS), grpc.StatusCode.INTERNAL)


def rich_status(fault: errors.Fault) -> status_pb2.Status:
    """Return the whole status of a fault: ErrorInfo always, BadRequest and RetryInfo where the fault has them."""
    number: int = status_code(fault).value[0]
    status = status_pb2.Status(code=number, message=fault.message)
    reason = v1.ErrorReason.Name(fault.reason).removeprefix(REASON_PREFIX)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=fault.metadata))
    if fault.field_violations:
        bad_request = error_details_pb2.BadRequest()
        for field, description in fault.field_violations:
            bad_request.field_violations.add(field=field, description=description)
        status.details.add().Pack(bad_request)
    if fault.retry_after_us is not None:
        retry = error_details_pb2.RetryInfo(retry_delay=duration(fault.retry_after_us))
        status.details.add().Pack(retry)
    return status


async def abort(context: grpc.aio.ServicerContext[Any, Any], fault: errors.Fault) -> NoReturn:
    """End a call or a stream with a fault. Never returns: grpc.aio leaves it by an exception of its own.

    `abort_with_status` would do the same; the stubs of grpc.aio do not know it.
    """
    details = rich_status(fault).SerializeToString()
    await context.abort(status_code(fault), fault.message, ((DETAILS_KEY, details),))
