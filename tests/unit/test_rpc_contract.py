"""The contract bounds every field of every request, and the edge holds each of them to its bounds, no less, no more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from governance_server.errors import InvalidArgument
from governance_server.rpc.rules import LARGEST_INTEGER
from governance_server.rpc.validation import parse, validate
from tests.unit.rpc_sites import REQUESTS, Site, a_value, is_map, is_message, minimal, sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

requests = pytest.mark.parametrize("request_type", REQUESTS, ids=lambda request: request.DESCRIPTOR.name)
TEXT = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}
FLOATS = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}


def blamed(message: Message) -> list[str]:
    """Return the fields that the edge blames in a message that went over the wire."""
    try:
        validate(parse(type(message), message.SerializeToString()))
    except InvalidArgument as fault:
        return [violation.field for violation in fault.field_violations]
    return []


@requests
def test_every_field_that_can_grow_is_bounded(request_type: type[Message]) -> None:
    """Every string, list, map and floating number that a request reaches has its bounds in the contract."""
    for site in sites(request_type):
        limits, field = site.limits, site.field
        name = field.full_name
        if field.type in TEXT or is_map(field):
            assert limits.max_length, name
        if field.is_repeated:
            assert limits.max_items, name
        if is_map(field):
            assert limits.max_key_length, name
            assert field.message_type is not None
            assert field.message_type.fields_by_name["key"].type == FieldDescriptor.TYPE_STRING, name
            assert field.message_type.fields_by_name["value"].type == FieldDescriptor.TYPE_STRING, name
        if field.type in FLOATS or field.message_type is Duration.DESCRIPTOR:
            assert limits.HasField("minimum"), name
            assert limits.HasField("maximum"), name


@requests
def test_the_smallest_request_is_valid(request_type: type[Message]) -> None:
    """A request with what is required, and nothing else, is let in."""
    assert blamed(minimal(request_type.DESCRIPTOR)) == []


@requests
def test_what_is_required_cannot_be_left_out(request_type: type[Message]) -> None:
    """A required field that is left out is named."""
    for site in sites(request_type):
        if site.limits.required:
            assert site.path in blamed(site.left_out()), site.path


@requests
def test_every_field_may_be_at_its_bounds(request_type: type[Message]) -> None:
    """A value at a bound is let in, whatever the field."""
    for site in sites(request_type):
        for value in at_bounds(site):
            assert blamed(site.message(value)) == [], (site.path, value)


@requests
def test_no_field_may_pass_its_bounds(request_type: type[Message]) -> None:
    """A value one past a bound is refused, and the field is named with its whole path."""
    for site in sites(request_type):
        for value, suffix in past_bounds(site):
            assert blamed(site.message(value)) == [site.path + suffix], (site.path, suffix, value)


def at_bounds(site: Site) -> Iterator[Any]:
    limits, field = site.limits, site.field
    if is_map(field):
        yield {f"k{index}": "" for index in range(limits.max_items)}
        yield {"k" * limits.max_key_length: "é" * limits.max_length}
    elif field.is_repeated:
        yield [a_value(field)] * limits.max_items
        if field.type in TEXT:
            yield ["a" * limits.max_length]
    else:
        yield from _at_scalar_bounds(site)


def _at_scalar_bounds(site: Site) -> Iterator[Any]:
    limits, field = site.limits, site.field
    if field.type == FieldDescriptor.TYPE_STRING:
        yield ("a" if limits.identifier else "é") * limits.max_length
        yield "a" * max(limits.min_length, 1)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        yield b"a" * limits.max_length
    elif field.type in FLOATS:
        yield from (limits.minimum, limits.maximum)
    elif field.message_type is Duration.DESCRIPTOR:
        yield from (Duration(seconds=int(limits.minimum)), Duration(seconds=int(limits.maximum)))
    elif field.enum_type is not None:
        yield max(field.enum_type.values_by_number)
    elif field.type == FieldDescriptor.TYPE_UINT64:
        yield LARGEST_INTEGER
    elif field.type == FieldDescriptor.TYPE_UINT32:
        yield int(limits.maximum) if limits.HasField("maximum") else 2**32 - 1


def past_bounds(site: Site) -> Iterator[tuple[Any, str]]:
    limits, field = site.limits, site.field
    if is_map(field):
        yield {f"k{index}": "" for index in range(limits.max_items + 1)}, ""
        yield {"k" * (limits.max_key_length + 1): ""}, ""
        yield {"key": "v" * (limits.max_length + 1)}, '["key"]'
        yield {"\x1b[2J": "v" * (limits.max_length + 1)}, ""
    elif field.is_repeated:
        yield from _past_list(site)
    elif field.message_type is not None and not is_message(field):
        yield from ((value, "") for value in _past_time(site))
    else:
        yield from ((value, "") for value in _past_scalar(site))


def _past_time(site: Site) -> Iterator[Any]:
    limits, field = site.limits, site.field
    if field.message_type is Duration.DESCRIPTOR:
        yield Duration(seconds=int(limits.minimum) - 1, nanos=999_999_999 if limits.minimum > 1 else 0)
        yield Duration(seconds=int(limits.maximum), nanos=1)
        yield Duration(seconds=-1, nanos=-1)
        yield Duration(seconds=5, nanos=-1)
        yield Duration(seconds=5, nanos=1_000_000_000)
    else:
        for seconds, nanos in ((-62_135_596_801, 0), (253_402_300_800, 0), (0, -1), (0, 1_000_000_000)):
            yield Timestamp(seconds=seconds, nanos=nanos)


def _past_scalar(site: Site) -> Iterator[Any]:
    limits, field = site.limits, site.field
    if field.type in TEXT:
        yield from _past_text(site)
    elif field.type in FLOATS:
        step = 1e-9 * max(1.0, limits.maximum)
        yield from (limits.minimum - step, limits.maximum + step, math.nan, math.inf, -math.inf)
    elif field.enum_type is not None:
        yield from (max(field.enum_type.values_by_number) + 1, -1)
    elif field.type == FieldDescriptor.TYPE_UINT64:
        yield LARGEST_INTEGER + 1
    elif field.type == FieldDescriptor.TYPE_UINT32 and limits.HasField("maximum"):
        yield int(limits.maximum) + 1


def _past_list(site: Site) -> Iterator[tuple[Any, str]]:
    limits, field = site.limits, site.field
    yield [a_value(field)] * (limits.max_items + 1), ""
    good = a_value(field)
    if field.type in TEXT:
        yield from (([good, value], "[1]") for value in _past_text(site))
    elif field.enum_type is not None:
        yield [good, max(field.enum_type.values_by_number) + 1], "[1]"


def _past_text(site: Site) -> Iterator[str | bytes]:
    limits, letter = site.limits, b"a" if site.field.type == FieldDescriptor.TYPE_BYTES else "a"
    yield letter * (limits.max_length + 1)
    if limits.min_length > 1:
        yield letter * (limits.min_length - 1)
    if limits.identifier:
        yield from ("a b" * 3, "ünïcödé-id", "line\nfeed", "a/b/c/d/e", "12345678\n")
