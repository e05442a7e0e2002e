"""Faults as gRPC statuses, with the details that programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from governance import v1
from governance_server import errors
from governance_server.errors import Fault, FieldViolation
from governance_server.rpc.status import STATUS, abort, rich_status, status_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

METHOD = "/test.Faults/Raise"
FULL = errors.ResourceExhausted(
    v1.ERROR_REASON_TOO_MANY_STREAMS,
    "This caller has 8 streams, as many as it may. Close one… or come back later.",
    field_violations=[FieldViolation("hello.instance", "is required")],
    metadata={"request_id": "r-1"},
    retry_after_us=1_500_000,
)


def subclasses() -> list[type[Fault]]:
    return Fault.__subclasses__()


def test_every_kind_of_fault_has_a_status_of_its_own() -> None:
    """The table knows every kind, and no two kinds end a call alike."""
    assert set(STATUS) == set(subclasses())
    assert len(set(STATUS.values())) == len(STATUS)


@pytest.mark.parametrize("kind", subclasses())
def test_a_fault_tells_its_reason_under_the_contracts_domain(kind: type[Fault]) -> None:
    """Every status carries ErrorInfo, its reason without the enum's prefix."""
    status = rich_status(kind(v1.ERROR_REASON_INTERNAL, "Something broke."))
    info = error_details_pb2.ErrorInfo()
    assert status.code == STATUS[kind].value[0]
    assert status.message == "Something broke."
    assert len(status.details) == 1
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain, dict(info.metadata)) == ("INTERNAL", "governance.v1", {})


def test_a_kind_that_the_table_does_not_know_ends_like_its_parent() -> None:
    """A more special fault ends a call as the general one does, and one without a parent as INTERNAL."""

    class Narrower(errors.NotFound):
        pass

    assert status_code(Narrower(v1.ERROR_REASON_DECISION_NOT_FOUND, "")) is grpc.StatusCode.NOT_FOUND
    assert status_code(Fault(v1.ERROR_REASON_INTERNAL, "")) is grpc.StatusCode.INTERNAL


def test_fields_and_the_time_to_come_back_are_told() -> None:
    """BadRequest names the fields, RetryInfo says when to come back, ErrorInfo carries the metadata."""
    info, bad_request, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    for detail, message in zip(rich_status(FULL).details, (info, bad_request, retry), strict=True):
        assert detail.Unpack(message)
    assert dict(info.metadata) == {"request_id": "r-1"}
    assert [(one.field, one.description) for one in bad_request.field_violations] == [("hello.instance", "is required")]
    assert (retry.retry_delay.seconds, retry.retry_delay.nanos) == (1, 500_000_000)


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    """A server whose one method ends with a fault, and a channel to it."""

    async def fail(_: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        await abort(context, FULL)

    server = grpc.aio.server()
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {"Raise": grpc.unary_unary_rpc_method_handler(fail)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Faults", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as open_channel:
        yield open_channel
    await server.stop(None)


async def test_a_client_reads_the_whole_status(channel: grpc.aio.Channel) -> None:
    """What grpcio-status reads at the client is the fault's whole status."""
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"")
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.details() == FULL.message
    # The error of grpc.aio has what from_call reads of a call.
    assert rpc_status.from_call(cast("grpc.Call", caught.value)) == rich_status(FULL)


def test_the_largest_answer_fits() -> None:
    """Sixteen violations with the longest paths stay below the 8 KiB that gRPC allows a status."""
    deepest = f'commands.commands[1023].proposal.action.parameters["{"k" * 64}"]'
    violation = FieldViolation(deepest, "has 4000000 characters; at most 2048 are allowed")
    fault = errors.InvalidArgument(v1.ERROR_REASON_FIELD_INVALID, "x" * 300, field_violations=[violation] * 16)
    in_base64 = len(rich_status(fault).SerializeToString()) * 4 // 3
    assert in_base64 + len(fault.message) < 8192
