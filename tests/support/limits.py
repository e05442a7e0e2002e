"""The contract's limits, walked over a message as its own options state them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from governance.v1 import options_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9._:-]+")


def beyond_limits(message: Message) -> list[str]:
    """Return the fields, by path, that are out of the contract's bounds."""
    return list(_walk(message, ""))


def _walk(message: Message, path: str) -> Iterator[str]:
    for field in message.DESCRIPTOR.fields:
        limits = field.GetOptions().Extensions[options_pb2.limits]
        value: Any = getattr(message, field.name)
        here = f"{path}{field.name}"
        if limits.required and not (message.HasField(field.name) if field.has_presence else value):
            yield here
        if field.is_repeated and limits.max_items and len(value) > limits.max_items:
            yield here
        for each in _values(field, value, message):
            if isinstance(each, Message) and not isinstance(each, Duration):
                yield from _walk(each, f"{here}.")
            elif not _within(each, limits):
                yield here
        if field.is_repeated and hasattr(value, "keys") and any(len(key) > limits.max_key_length for key in value):
            yield f"{here} (key)"


def _values(field: Any, value: Any, message: Message) -> list[Any]:
    if field.is_repeated:
        return list(value.values()) if hasattr(value, "values") else list(value)
    if field.has_presence and not message.HasField(field.name):
        return []
    return [value]


def _within(value: Any, limits: options_pb2.Limits) -> bool:
    if isinstance(value, str | bytes):
        fits = not limits.max_length or len(value) <= limits.max_length
        long_enough = not value or len(value) >= limits.min_length
        named = not limits.identifier or not value or _IDENTIFIER.fullmatch(str(value)) is not None
        return fits and long_enough and named
    number = value.seconds + value.nanos / 1e9 if isinstance(value, Duration) else float(value)
    low = not limits.HasField("minimum") or number >= limits.minimum
    return math.isfinite(number) and low and (not limits.HasField("maximum") or number <= limits.maximum)
