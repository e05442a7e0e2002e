"""Requests: bytes from a caller to a value of the contract, or a fault that names the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.errors import InvalidArgument
from governance_server.rpc.rules import MOST_VIOLATIONS
from governance_server.rpc.validation import parse, validate
from tests.fuzz.choices import Choices
from tests.fuzz.messages import change, made, wire
from tests.unit.rpc_sites import REQUESTS, minimal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

_REASONS: Final = {v1.ERROR_REASON_FIELD_INVALID, v1.ERROR_REASON_MESSAGE_MALFORMED}
_STREAMED: Final = (v1.ProposeRequest, v1.OperateRequest, v1.SubmitDecisionRequest, v1.SubmitVerdictRequest)


def target(data: bytes) -> None:
    """Hold what the bytes say of a request to the contract."""
    choices = Choices(data)
    kind = choices.pick((*_STREAMED, *REQUESTS))
    check(kind, _content(choices, kind))


def check(kind: type[Message], content: bytes) -> bool:
    """Read a request as the edge does; return whether it is in order. What is refused is refused as documented."""
    try:
        request = parse(kind, content)
        validate(request)
    except InvalidArgument as fault:
        _check_fault(fault)
        return False
    kept = request.SerializeToString(deterministic=True)
    again = parse(kind, kept)
    validate(again)
    assert again.SerializeToString(deterministic=True) == kept, "what was let in is not read back as the same"
    return True


def _content(choices: Choices, kind: type[Message]) -> bytes:
    way = choices.byte() & 3
    if way == 0:
        return choices.rest()
    if way == 1:
        return wire(choices, kind.DESCRIPTOR)  # type: ignore[arg-type]  # the stubs name one implementation's class
    if way == 2:
        return made(choices, kind).SerializeToString()
    request: Message = minimal(kind.DESCRIPTOR)
    change(choices, request)
    return request.SerializeToString()


def _check_fault(fault: InvalidArgument) -> None:
    assert fault.reason in _REASONS, fault.reason
    assert len(fault.field_violations) <= MOST_VIOLATIONS
    malformed = fault.reason == v1.ERROR_REASON_MESSAGE_MALFORMED
    assert malformed is not bool(fault.field_violations), "a fault of a field names it, and no other does"
    for violation in fault.field_violations:
        assert violation.description
        for text in (violation.field, violation.description):
            assert text.isascii(), text
            assert text.isprintable() or not text, text
    assert len(fault.message) < 8192, "a status has 8 KiB"


def seeds() -> Iterator[bytes]:
    """Give the smallest request of every kind."""
    kinds: tuple[type[Message], ...] = (*_STREAMED, *REQUESTS)
    for number, kind in enumerate(kinds):
        yield bytes([number, 0]) + minimal(kind.DESCRIPTOR).SerializeToString()
    yield bytes([0, 1]) + bytes(range(64))
    yield bytes([1, 2]) + bytes(range(0, 256, 3))
    yield bytes([0, 3]) + bytes(range(255, 0, -3))
