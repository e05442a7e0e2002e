"""Statuses become errors that say what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from governance import v1
from governance_client import errors
from governance_client.errors import BrokenOffError, Violation, error_reason, from_rpc_error

if TYPE_CHECKING:
    from google.protobuf.message import Message


def failed(code: grpc.StatusCode, text: str, *details: Message) -> grpc.aio.AioRpcError:
    status = status_pb2.Status(code=code.value[0], message=text)
    for detail in details:
        packed = Packed()
        packed.Pack(detail)
        status.details.append(packed)
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, text, None)


def info(reason: str, **metadata: str) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain="governance.v1", metadata=metadata)


@pytest.mark.parametrize(
    ("code", "text", "kind", "says"),
    [
        ("UNAVAILABLE", "x: Connection refused", errors.UnreachableError, "Check that it runs"),
        ("UNAVAILABLE", "CERTIFICATE_VERIFY_FAILED: certificate has expired", errors.UnreachableError, "clocks"),
        ("UNAVAILABLE", "Tls handshake failed: BAD_SIGNATURE", errors.UnreachableError, "not trusted"),
        ("UNAVAILABLE", "Handshake read failed (Connection reset by peer)", errors.UnreachableError, "hung up"),
        ("UNAVAILABLE", "Handshake read failed (Endpoint closing)", errors.UnreachableError, "cannot be reached"),
        ("UNAVAILABLE", "Hostname Verification Check failed", errors.UnreachableError, "not trusted"),
        ("UNAVAILABLE", "Socket closed", errors.UnreachableError, "hung up"),
        ("DEADLINE_EXCEEDED", "late", errors.UnreachableError, "late"),
        ("UNAUTHENTICATED", "unknown", errors.NotLetInError, "administrator"),
        ("PERMISSION_DENIED", "core only", errors.NotLetInError, "another role"),
        ("NOT_FOUND", "no such decision", errors.NotFoundError, "no such decision"),
        ("UNIMPLEMENTED", "what?", errors.ProtocolError, "versions"),
        ("INTERNAL", "bug", errors.ServerError, "Try again"),
    ],
)
def test_a_status_says_what_to_do(code: str, text: str, kind: type[errors.ClientError], says: str) -> None:
    """Every status is an error of its own kind, in a sentence that helps."""
    error = from_rpc_error(failed(grpc.StatusCode[code], text))
    assert type(error) is kind
    assert says in str(error)


def test_advice_is_given_once() -> None:
    """The server's own advice stands alone; where it gives none, the client does."""
    for code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        assert str(from_rpc_error(failed(code, "It is so. Do this."))).endswith("It is so. Do this.")
        assert "another" in str(from_rpc_error(failed(code, "It is so.")))
    lost = failed(grpc.StatusCode.FAILED_PRECONDITION, "It is so. Find out.", info("OFFSET_UNKNOWN"))
    assert str(from_rpc_error(lost)).lower().count("find out") == 1


def test_details_are_read() -> None:
    """The field, the command, and when to come back."""
    violation = error_details_pb2.BadRequest.FieldViolation(field="confidence", description="must be at most 1")
    bad = error_details_pb2.BadRequest(field_violations=[violation])
    status = failed(grpc.StatusCode.INVALID_ARGUMENT, "bad", bad, info("FIELD_INVALID", request_id="d-1"))
    invalid = from_rpc_error(status)
    assert isinstance(invalid, errors.InvalidRequestError)
    assert (invalid.request_id, invalid.violations) == ("d-1", (Violation("confidence", "must be at most 1"),))
    retry = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=2, nanos=500_000_000))
    limit = from_rpc_error(failed(grpc.StatusCode.RESOURCE_EXHAUSTED, "streams", retry))
    assert isinstance(limit, errors.LimitError)
    assert (limit.retry_after_s, "2.5 s" in str(limit)) == (2.5, True)
    lost = failed(grpc.StatusCode.FAILED_PRECONDITION, "7 > 3", info("OFFSET_UNKNOWN"))
    assert isinstance(from_rpc_error(lost), errors.OffsetUnknownError)
    stopping = from_rpc_error(failed(grpc.StatusCode.UNAVAILABLE, "stops", info("SERVER_STOPPING"), retry))
    assert isinstance(stopping, errors.UnreachableError)
    assert stopping.retry_after_s == 2.5


def test_details_that_cannot_be_read_are_passed_over() -> None:
    """Garbage in a status, another's reason, or one of the future leaves the plain status."""
    garbage = grpc.aio.Metadata(("grpc-status-details-bin", b"\xff"))
    error = grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), garbage, "bug", None)
    assert isinstance(from_rpc_error(error), errors.ServerError)
    foreign = error_details_pb2.ErrorInfo(reason="OFFSET_UNKNOWN", domain="elsewhere")
    for detail in (foreign, info("OF_THE_FUTURE")):
        assert error_reason(failed(grpc.StatusCode.INTERNAL, "x", detail)) == v1.ERROR_REASON_UNSPECIFIED


def test_a_status_that_grpc_lost_is_not_taken_for_the_servers_failure() -> None:
    """A write to a stream that the server has ended says nothing of why; the next attempt does."""
    lost = grpc.aio.AioRpcError(
        grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), grpc.aio.Metadata(), details="Internal error from Core"
    )
    assert isinstance(from_rpc_error(lost), BrokenOffError)
