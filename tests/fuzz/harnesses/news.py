"""News: what core's client makes of a server's bytes, frames and statuses alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from google.rpc import error_details_pb2, status_pb2

from governance import v1
from governance_client.core.frames import read_frame
from governance_client.digest import action_digest
from governance_client.errors import ClientError, ProtocolError, error_reason, from_rpc_error
from governance_server.domain.digest import action_digest as server_digest
from tests.fuzz.choices import Choices
from tests.fuzz.messages import made, wire
from tests.unit.rpc_sites import minimal

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODES = tuple(grpc.StatusCode)


def target(data: bytes) -> None:
    """Read a frame, or a status, that a server may have sent."""
    choices = Choices(data)
    way = choices.byte() & 3
    if way == 3:
        _status(choices)
    else:
        _frame(choices.rest() if way == 0 else _made(choices, way))


def _made(choices: Choices, way: int) -> bytes:
    if way == 1:
        return wire(choices, v1.ProposeResponse.DESCRIPTOR)
    frame = v1.ProposeResponse(news=v1.CoreNews(changes=[made(choices, v1.Change)]))
    return frame.SerializeToString() + choices.rest()


def _frame(content: bytes) -> None:
    try:
        frame = read_frame(content)
    except ProtocolError:
        return
    assert frame.WhichOneof("frame"), "a frame of a kind that nobody knows was let through"
    for change in frame.news.changes:
        _digest(change.decision.proposal.action)


def _digest(action: v1.Action) -> None:
    """Have both sides compute what an action is named by: they agree, and another action has another name."""
    try:
        digest = action_digest(action)
    except ProtocolError:  # a number that no action has
        return
    assert digest == server_digest(action)
    other = v1.Action()
    other.CopyFrom(action)
    if other.targets:
        other.targets[-1].value += "\0"
    else:
        other.targets.add()
    assert action_digest(other) != digest


def _status(choices: Choices) -> None:
    code, said = choices.pick(_CODES), choices.text()
    status = status_pb2.Status(code=int(code.value[0]), message=said)
    for detail in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
        packed = status.details.add(type_url=f"type.googleapis.com/{detail.DESCRIPTOR.full_name}")
        if choices.chance():
            packed.value = choices.raw()
        else:
            packed.value = made(choices, detail).SerializeToString()
    trailer = status.SerializeToString() if choices.byte() & 7 else choices.rest()
    metadata = grpc.aio.Metadata(("grpc-status-details-bin", trailer))
    error = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), metadata, details=said)
    fault = from_rpc_error(error)
    assert isinstance(fault, ClientError)
    assert str(fault)
    assert error_reason(error) in v1.ErrorReason.values()


def seeds() -> Iterator[bytes]:
    """Give a frame of every kind, and a status of every code."""
    for field in v1.ProposeResponse.DESCRIPTOR.fields:
        frame = v1.ProposeResponse()
        if field.message_type is not None:
            getattr(frame, field.name).SetInParent()
        yield b"\0" + frame.SerializeToString()
    decision = v1.Decision(proposal=minimal(v1.Proposal.DESCRIPTOR))
    news = v1.ProposeResponse(news=v1.CoreNews(changes=[v1.Change(decision=decision)]))
    yield b"\0" + news.SerializeToString()
    yield b"\1" + bytes(range(96))
    yield b"\2" + bytes(range(0, 192, 2))
    yield from (bytes([3, number]) + bytes(range(3, 90)) for number in range(0, len(_CODES), 4))
