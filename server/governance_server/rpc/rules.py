"""What one value of a message may be: the rules that its field's `(limits)` and its type make.

A rule is a function from a value to what is wrong with it, an empty tuple where nothing is. Rules are made once for
each field; on a value in order they compare and return, and make no text.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from google.protobuf.descriptor import EnumDescriptor


class Violation(NamedTuple):
    """A value that breaks a rule.

    Attributes:
        path: From the value that was checked to the one that breaks the rule: "", ".name", "[3].name" or '["key"]'.
        description: The rule, and the value's size or number. Never the value.
        command_id: The request_id or decision_id of the command it is in, where that is in order; else empty.
    """

    path: str
    description: str
    command_id: str = ""


Rule: TypeAlias = Callable[[Any], Sequence[Violation]]

MOST_VIOLATIONS: Final = 16
"""Enough to correct a program by; few enough to fit into the 8 KiB that gRPC allows a status."""
LARGEST_INTEGER: Final = 2**63 - 1
"""What both SQLite and PostgreSQL can count to: no uint64 of a request may lie beyond."""
IDENTIFIER: Final = re.compile(r"[A-Za-z0-9._:-]+")
REQUIRED: Final = "is required"

_FINE: Final = ()
_SECOND_NS: Final = 10**9
# The ranges that timestamp.proto and duration.proto give: years 1 to 9999, and as many seconds either way.
_TIMESTAMP_S: Final = (-62_135_596_800, 253_402_300_799)
_DURATION_S: Final = 315_576_000_000


def wrong(description: str) -> tuple[Violation]:
    """Return the verdict on a value that is itself what is wrong."""
    return (Violation("", description),)


def beneath(place: str, violations: Sequence[Violation]) -> Iterator[Violation]:
    """Give violations found below a place, as seen from above it."""
    return (Violation(place + path, description, command_id) for path, description, command_id in violations)


def limits_of(field: FieldDescriptor) -> v1.Limits:
    """Return the bounds that the contract gives a field; empty ones where it gives none."""
    return field.GetOptions().Extensions[v1.limits]


def is_required(field: FieldDescriptor) -> bool:
    """Tell whether a field has to be set: the contract says so, or says that it is a number above 0."""
    limits = limits_of(field)
    return limits.required or (limits.minimum > 0 and not field.has_presence)


def scalar(field: FieldDescriptor, limits: v1.Limits) -> Rule | None:
    """Return the rule for one value of a field that is no message; None where any value will do.

    Args:
        field: The field, or the key or value of a map's entry.
        limits: The bounds that hold for it.
    """
    if field.type == FieldDescriptor.TYPE_BOOL:
        return None
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text(limits)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _sized(limits, "bytes")
    if field.type == FieldDescriptor.TYPE_ENUM:
        assert field.enum_type is not None
        return _enumeration(field.enum_type)
    return _number(*bounds(field, limits))


def bounds(field: FieldDescriptor, limits: v1.Limits) -> tuple[float, float]:
    """Return the smallest and the largest that a field that is a number may be. NaN is not between them."""
    if field.cpp_type in {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}:
        least, most = -sys.float_info.max, sys.float_info.max
    else:
        unsigned = field.cpp_type in {FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64}
        least, most = 0 if unsigned else -LARGEST_INTEGER, LARGEST_INTEGER
    least = limits.minimum if limits.HasField("minimum") else least
    most = limits.maximum if limits.HasField("maximum") else most
    # A field without presence that is left out is 0 and is not looked at; `is_required` has it looked for.
    assert most >= 0
    return least, most


def time(field: FieldDescriptor, limits: v1.Limits) -> Rule | None:
    """Return the rule for a moment or a span; None for a field that is neither."""
    if field.message_type is Timestamp.DESCRIPTOR:
        return timestamp
    return span(limits) if field.message_type is Duration.DESCRIPTOR else None


def _text(limits: v1.Limits) -> Rule:
    sized = _sized(limits, "characters")
    if not limits.identifier:
        return sized
    fullmatch = identifier(limits)

    def rule(value: str) -> Sequence[Violation]:
        if fullmatch(value) is not None:
            return _FINE
        return sized(value) or wrong("must be one or more of A-Z a-z 0-9 . _ : - and nothing else")

    return rule


def identifier(limits: v1.Limits) -> Callable[[str], object | None]:
    """Return what tells whether a text is an identifier within its bounds: what it gives for any other is None."""
    fewest, most = max(limits.min_length, 1), limits.max_length or ""
    return _fullmatch(f"{IDENTIFIER.pattern.removesuffix('+')}{{{fewest},{most}}}")


@functools.cache
def _fullmatch(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern).fullmatch


def _sized(limits: v1.Limits, unit: str) -> Rule:
    fewest, most = limits.min_length, limits.max_length or sys.maxsize

    def rule(value: str | bytes) -> Sequence[Violation]:
        size = len(value)
        if fewest <= size <= most or not size:
            return _FINE
        if size > most:
            return wrong(f"has {size} {unit}; at most {most} are allowed")
        return wrong(f"has {size} {unit}; at least {fewest} are needed")

    return rule


def _number(least: float, most: float) -> Rule:
    def rule(value: float) -> Sequence[Violation]:
        if least <= value <= most:
            return _FINE
        if not math.isfinite(value):
            return wrong("must be a finite number")
        return wrong(f"is {value}; {_plain(least)} to {_plain(most)} is allowed")

    return rule


def _plain(number: float) -> str:
    """Return a bound as people write it, without a fraction that says nothing."""
    return str(number).removesuffix(".0")


def _enumeration(enum: EnumDescriptor) -> Rule:
    known = frozenset(enum.values_by_number)
    name = enum.name

    def rule(value: int) -> Sequence[Violation]:
        return _FINE if value in known else wrong(f"is {value}, which is no {name} that this server knows")

    return rule


def timestamp(value: Timestamp) -> Sequence[Violation]:
    """Rule for a Timestamp: within its legal range, from year 1 to year 9999."""
    least, most = _TIMESTAMP_S
    if least <= value.seconds <= most and 0 <= value.nanos < _SECOND_NS:
        return _FINE
    return wrong("is no moment from year 1 to year 9999, with nanos from 0 to 999999999")


def span(limits: v1.Limits) -> Rule:
    """Return the rule for a Duration: within its legal range, its parts of one sign, within the bounds in seconds."""
    least, most = -_DURATION_S, _DURATION_S
    least_ns = round((limits.minimum if limits.HasField("minimum") else least) * _SECOND_NS)
    most_ns = round((limits.maximum if limits.HasField("maximum") else most) * _SECOND_NS)

    def rule(value: Duration) -> Sequence[Violation]:
        seconds, nanos = value.seconds, value.nanos
        if not (least <= seconds <= most and -_SECOND_NS < nanos < _SECOND_NS) or seconds * nanos < 0:
            return wrong("is no duration: within 10000 years, seconds and nanos of one sign, nanos below a second")
        # In whole nanoseconds: a float of a year's seconds cannot tell one nanosecond more.
        if least_ns <= seconds * _SECOND_NS + nanos <= most_ns:
            return _FINE
        return wrong(
            f"lasts {seconds}.{abs(nanos):09} s; {least_ns // _SECOND_NS} s to {most_ns // _SECOND_NS} s is allowed"
        )

    return rule


def each(item: Rule | None, limits: v1.Limits) -> Rule:
    """Return the rule for a list: not too many items, each of them as its own rule says."""
    most = limits.max_items or sys.maxsize

    def rule(values: Sequence[Any]) -> Sequence[Violation]:
        if len(values) > most:
            return wrong(f"has {len(values)} items; at most {most} are allowed")
        found: list[Violation] = []
        if item is None:
            return found
        for index, value in enumerate(values):
            if violations := item(value):
                found += beneath(f"[{index}]", violations)
                if len(found) >= MOST_VIOLATIONS:
                    break
        return found

    return rule


def mapping(key_rule: Rule, value_rule: Rule, limits: v1.Limits) -> Rule:
    """Return the rule for a map: not too many entries, each key and value as its own rule says."""
    most = limits.max_items or sys.maxsize

    def rule(values: Mapping[Any, Any]) -> Sequence[Violation]:
        if len(values) > most:
            return wrong(f"has {len(values)} entries; at most {most} are allowed")
        found: list[Violation] = []
        for key in values:
            if violations := key_rule(key):
                found += (Violation("", f"has a key that {violation.description}") for violation in violations)
            elif violations := value_rule(values[key]):
                found += beneath(_entry(key), violations)
            else:
                continue
            if len(found) >= MOST_VIOLATIONS:
                break
        return found

    return rule


def _entry(key: object) -> str:
    """Return the place of a map's entry: by its key where that is inert, else by nothing, since it is content."""
    text = str(key)
    return f'["{text}"]' if IDENTIFIER.fullmatch(text) else ""
