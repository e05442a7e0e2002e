"""Frames of every shape that a caller can send: each is a value of the contract, or a fault that names the field."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import v1
from governance_server.errors import InvalidArgument
from governance_server.rpc.validation import parse, validate
from tests.fuzz.harnesses.requests import check
from tests.unit.rpc_sites import REQUESTS, Site, a_value, all_sites, is_map, minimal

if TYPE_CHECKING:
    from google.protobuf.message import Message

STREAMED = (v1.ProposeRequest, v1.OperateRequest)
KINDS = st.sampled_from([*STREAMED, *REQUESTS])
TEXT_SITES = [site for site in all_sites() if site.field.type == FieldDescriptor.TYPE_STRING]
MARK = "MARK"
DEEP = 20_000
QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

FEW = st.integers(0, 9)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63), 253_402_300_800]) | FEW,
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]) | FEW,
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats() | st.sampled_from([0.5, 1.5, math.nan, math.inf]),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
}
TEXTS = st.sampled_from(["", "a", "r-1", "x" * 5000, "\x1b[31m", "é", "ab" * 16]) | st.text(max_size=6)


def value(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Any value of a field that is no message; of an enum, also one that nobody knows."""
    if field.type == FieldDescriptor.TYPE_STRING:
        return TEXTS
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=40) | st.just(bytes(32))
    if field.type == FieldDescriptor.TYPE_ENUM:
        return st.integers(0, 30) | st.sampled_from([-1, 2**31 - 1])
    return SCALARS[field.cpp_type]


@st.composite
def messages(draw: st.DrawFn, descriptor: Any, depth: int = 0) -> Any:
    """Any message of a type: any of its fields, any member of each oneof, lists of any few items, to any depth."""
    message = minimal(descriptor) if draw(st.booleans()) else GetMessageClass(descriptor)()
    fields = [field for field in descriptor.fields if depth < 5 or field.message_type is None]
    some = st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda each: each.name) if fields else st.just([])
    for field in draw(some):
        fill(draw, message, field, depth)
    return message


def fill(draw: st.DrawFn, message: Any, field: FieldDescriptor, depth: int) -> None:
    """Set one field, of whatever kind it is."""
    below: Any = field.message_type
    if is_map(field):
        entry = below.fields_by_name
        getattr(message, field.name)[draw(value(entry["key"]))] = draw(value(entry["value"]))
    elif field.is_repeated:
        item = value(field) if below is None else messages(below, depth + 1)
        getattr(message, field.name).extend(draw(st.lists(item, max_size=3)))
    elif below is not None:
        getattr(message, field.name).CopyFrom(draw(messages(below, depth + 1)))
    else:
        setattr(message, field.name, draw(value(field)))


def varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def encoded(number: int, kind: int, content: bytes) -> bytes:
    """One field on the wire, of whatever kind; only a content of kind 2 says how long it is."""
    return varint(number << 3 | kind) + (varint(len(content)) if kind == 2 else b"") + content


@QUICK
@given(data=st.data(), kind=KINDS)
def test_any_message_is_a_value_or_a_named_fault(data: st.DataObject, kind: type[Message]) -> None:
    """Whatever a request holds, it is let in as it is read back, or refused with the fields that are to blame."""
    check(kind, data.draw(messages(kind.DESCRIPTOR)).SerializeToString())


@QUICK
@given(data=st.data(), kind=KINDS)
def test_a_message_that_ends_anywhere(data: st.DataObject, kind: type[Message]) -> None:
    """A request that was cut off is one that is shorter, or none; never anything else."""
    whole = data.draw(messages(kind.DESCRIPTOR)).SerializeToString()
    check(kind, whole[: data.draw(st.integers(0, len(whole)))])


@QUICK
@given(data=st.data(), kind=KINDS, wire_kind=st.integers(0, 7), content=st.binary(max_size=12))
def test_a_field_of_another_kind(data: st.DataObject, kind: type[Message], wire_kind: int, content: bytes) -> None:
    """A field that comes in a kind that is not its own is unknown or malformed, and does no harm."""
    number = data.draw(st.sampled_from([1, *(field.number for field in kind.DESCRIPTOR.fields)]))
    check(kind, minimal(kind.DESCRIPTOR).SerializeToString() + encoded(number, wire_kind, content))


@QUICK
@given(kind=KINDS, number=st.integers(1_000, 2**29 - 1), content=st.binary(max_size=20))
def test_what_nobody_knows_is_dropped(kind: type[Message], number: int, content: bytes) -> None:
    """A field from the future changes nothing about a request, and is not kept."""
    known = minimal(kind.DESCRIPTOR).SerializeToString(deterministic=True)
    request = parse(kind, known + encoded(number, 2, content))
    validate(request)
    assert request.SerializeToString(deterministic=True) == known


@QUICK
@given(number=st.integers(1_000, 2**29 - 1), content=st.binary(max_size=20))
def test_what_nobody_knows_is_refused_in_an_action(number: int, content: bytes) -> None:
    """In an action it is refused instead, by the action's name, since no digest would cover it."""
    request = v1.SubmitDecisionRequest(proposal=minimal(v1.Proposal.DESCRIPTOR))
    request.proposal.action.MergeFromString(encoded(number, 2, content))
    with pytest.raises(InvalidArgument) as caught:
        validate(parse(v1.SubmitDecisionRequest, request.SerializeToString()))
    assert caught.value.field_violations[0].field == "proposal.action"


@QUICK
@given(data=st.data(), kind=KINDS)
def test_a_field_that_comes_twice(data: st.DataObject, kind: type[Message]) -> None:
    """What should be there once and is there twice is read in one way, whichever member of a oneof came last."""
    one, other = (data.draw(messages(kind.DESCRIPTOR)).SerializeToString() for _ in range(2))
    if check(kind, one + other):
        merged = kind.FromString(one)
        merged.MergeFromString(other)
        validate(merged)


@pytest.mark.parametrize("site", TEXT_SITES, ids=lambda site: f"{site.request.__name__}-{site.path}")
def test_a_text_that_is_not_utf8_is_named(site: Site) -> None:
    """Wherever a text stands, the answer to one that is not UTF-8 names it by its path."""
    marked = MARK.ljust(len(a_value(site.field)), "M")
    content = site.message([marked] if site.field.is_repeated else marked).SerializeToString()
    assert content.count(MARK.encode()) == 1
    with pytest.raises(InvalidArgument) as caught:
        parse(site.request, content.replace(MARK.encode(), b"\xff\xfe\xfd\xfc"))
    (violation,) = caught.value.field_violations
    assert violation.description == "is not UTF-8"
    assert violation.field == (f"{site.path}[0]" if site.field.is_repeated else site.path)


@pytest.mark.parametrize("kind", STREAMED)
@pytest.mark.parametrize(
    "content",
    [
        encoded(100, 3, b"") * DEEP,
        encoded(100, 3, b"") * DEEP + encoded(100, 4, b"") * DEEP,
        encoded(100, 4, b""),
        encoded(100, 3, b"") + encoded(101, 4, b""),
        encoded(100, 6, b""),
        b"\xff" * DEEP,
        b"\x80" * DEEP,
        encoded(1, 2, b"\x0a") * 200,
        encoded(0, 0, b"\0"),
        varint(2 << 3 | 2) + varint(2**31 - 1),
        varint(2 << 3 | 2) + varint(2**64 - 1),
    ],
    ids=range(11),
)
def test_bytes_that_want_to_hurt(kind: type[Message], content: bytes) -> None:
    """Groups without end, lengths beyond all memory and numbers without end are refused as any other bytes."""
    check(kind, content)
    check(kind, minimal(kind.DESCRIPTOR).SerializeToString() + content)


def test_messages_within_messages_to_any_depth() -> None:
    """Of messages that stand within each other thousands of times, as no type of ours does, nothing is kept."""
    content = b""
    for _ in range(200):
        content = encoded(1_000, 2, content)
    for kind in REQUESTS:
        assert check(kind, minimal(kind.DESCRIPTOR).SerializeToString() + content)
