"""Messages of any type, made and changed by the fuzzer's choices."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import Descriptor

    from tests.fuzz.choices import Choices

M = TypeVar("M", bound=Message)

_DEEPEST: Final = 6
_MOST_FIELDS: Final = 24
_FLOATS: Final = (0.0, 0.5, 1.0, -1.0, 0.95, 1e308, math.inf, -math.inf, math.nan, 5e-324)
_SECONDS: Final = (0, 1_800_000_000, -62_135_596_800, 253_402_300_799, 253_402_300_800, 2**63 - 1, -(2**63), 3600)
_NANOS: Final = (0, 1, 999_999_999, 1_000_000_000, -1, -(2**31), 2**31 - 1)
_KNOWN_TIMES: Final = ("google.protobuf.Timestamp", "google.protobuf.Duration")
_WRAP: Final = {FieldDescriptor.CPPTYPE_INT32: 32, FieldDescriptor.CPPTYPE_INT64: 64}
_MASKS: Final = {FieldDescriptor.CPPTYPE_UINT32: 2**32 - 1, FieldDescriptor.CPPTYPE_UINT64: 2**64 - 1}


def made(choices: Choices, kind: type[M], depth: int = 0) -> M:
    """Return a message of a type with fields as they are chosen."""
    message = kind()
    change(choices, message, depth)
    return message


def change(choices: Choices, message: Message, depth: int = 0) -> None:
    """Set, add to or clear fields of a message as they are chosen."""
    name = message.DESCRIPTOR.full_name
    if name in _KNOWN_TIMES:
        _set_time(choices, message)
        return
    fields: Sequence[Any] = message.DESCRIPTOR.fields
    for _ in range(1 + choices.below(_MOST_FIELDS if depth == 0 else 4)):
        if not fields or not choices.left:
            return
        _change_field(choices, message, choices.pick(fields), depth)


def wire(choices: Choices, descriptor: Descriptor, depth: int = 0) -> bytes:
    """Return bytes that are nearly a message: kinds that do not fit, unknown fields, lengths that are not right."""
    parts = bytearray()
    fields: Sequence[FieldDescriptor] = descriptor.fields
    for _ in range(1 + choices.below(8)):
        if not choices.left:
            break
        field = choices.pick(fields) if fields and choices.byte() & 7 else None
        number = field.number if field is not None else 1 + choices.number() % (2**29 - 1)
        parts += _varint(number << 3 | _kind(choices, field))
        parts += _content(choices, field, parts[-1] & 7 if number < 16 else 2, depth)
    return bytes(parts)


def _kind(choices: Choices, field: FieldDescriptor | None) -> int:
    if field is None or choices.byte() & 15 == 15:
        return choices.below(8)
    if field.message_type is not None or field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        return 2
    return {FieldDescriptor.TYPE_DOUBLE: 1, FieldDescriptor.TYPE_FLOAT: 5}.get(field.type, 0)


def _content(choices: Choices, field: FieldDescriptor | None, kind: int, depth: int) -> bytes:
    if kind == 0:
        return _varint(choices.number())
    if kind in (1, 5):
        return struct.pack("<d" if kind == 1 else "<f", choices.pick(_FLOATS[:6]) if kind == 1 else 1.0)
    if kind != 2:
        return choices.raw(4)
    below = field.message_type if field is not None else None
    content = choices.raw() if below is None or depth >= _DEEPEST else wire(choices, below, depth + 1)
    lie = choices.number() % 64 if choices.byte() & 31 == 31 else 0
    return _varint(len(content) + lie) + content


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _change_field(choices: Choices, message: Message, field: FieldDescriptor, depth: int) -> None:
    deed = choices.byte() & 15
    if deed == 15:
        message.ClearField(field.name)
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        _put(choices, message, field, depth)
    elif field.is_repeated:
        _add(choices, getattr(message, field.name), field, deed, depth)
    elif field.message_type is not None:
        below = getattr(message, field.name)
        below.SetInParent()
        if depth < _DEEPEST:
            change(choices, below, depth + 1)
    else:
        setattr(message, field.name, _value(choices, field))


def _put(choices: Choices, message: Message, field: FieldDescriptor, depth: int) -> None:
    entry = field.message_type
    assert entry is not None
    key, value = _value(choices, entry.fields_by_name["key"]), entry.fields_by_name["value"]
    kept = getattr(message, field.name)
    if value.message_type is None:
        kept[key] = _value(choices, value)
    elif depth < _DEEPEST:
        change(choices, kept[key], depth + 1)


def _add(choices: Choices, kept: Any, field: FieldDescriptor, deed: int, depth: int) -> None:
    if deed & 3 == 3 and kept:
        if field.message_type is not None and depth < _DEEPEST:
            change(choices, kept[choices.below(len(kept))], depth + 1)
        else:
            del kept[choices.below(len(kept))]
    elif field.message_type is None:
        kept.append(_value(choices, field))
    elif depth < _DEEPEST:
        change(choices, kept.add(), depth + 1)


def _value(choices: Choices, field: FieldDescriptor) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return choices.text()
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes(32) if choices.chance() else choices.raw()
    if field.type == FieldDescriptor.TYPE_ENUM:
        assert field.enum_type is not None
        return choices.pick(field.enum_type.values).number if choices.byte() & 15 else choices.number() % 2**31
    return choices.chance() if field.type == FieldDescriptor.TYPE_BOOL else _number(choices, field)


def _number(choices: Choices, field: FieldDescriptor) -> Any:
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return choices.pick(_FLOATS) if choices.chance() else choices.byte() / 255
    number = choices.number()
    if field.cpp_type in _MASKS:
        return number & _MASKS[field.cpp_type]
    bits = _WRAP[field.cpp_type]
    return (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


def _set_time(choices: Choices, message: Any) -> None:
    message.seconds = choices.pick(_SECONDS) + (choices.byte() if choices.chance() else 0) & 0x7FFF_FFFF_FFFF_FFFF
    message.nanos = choices.pick(_NANOS)
    if choices.byte() & 15 == 15:
        message.seconds = choices.pick(_SECONDS)
