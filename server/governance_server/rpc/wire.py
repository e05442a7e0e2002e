"""Finds the string that is not UTF-8 in bytes that protobuf would not parse, so that the answer can name it.

protobuf says only that there is one. This walks the wire format (protobuf's encoding specification, "Message
Structure") beside the descriptor; it is asked after parsing has failed, and believes nothing in the bytes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor

MOST_FIELDS: Final = 65_536
"""How far to look, since it keeps the server from everything else: some tenths of a second at most. A frame of 1024
ordinary proposals has fewer fields; beyond, the answer names none."""

_VARINT: Final = 0
_LENGTH: Final = 2
_GROUP_START: Final = 3
_GROUP_END: Final = 4
_FIXED: Final = {1: 8, 5: 4}
"""The kinds of 64 and of 32 bits, with their bytes."""
_VARINT_MOST_BYTES: Final = 10


class _NotWireFormatError(Exception):
    """The bytes are no message at all, or one too long to look through."""


def bad_text(descriptor: Descriptor, data: bytes) -> str | None:
    """Return the path of the first string in `data` that is not UTF-8.

    The path is as in `google.rpc.BadRequest`; of a map, its name alone, since the key may be what is wrong. None where
    all strings up to the first thing that is no wire format are UTF-8, or up to the `MOST_FIELDS`th field. The
    descriptor must not contain itself.
    """
    try:
        return _bad_text(descriptor, memoryview(data), iter(range(MOST_FIELDS)))
    except _NotWireFormatError:
        return None


def _bad_text(descriptor: Descriptor, data: memoryview, steps: Iterator[int]) -> str | None:
    seen: Counter[int] = Counter()
    for number, content in _length_delimited(data, steps):
        field = descriptor.fields_by_number.get(number)
        if field is None:
            continue
        place = f"{field.name}[{seen[number]}]" if field.is_repeated else field.name
        seen[number] += 1
        if field.type == FieldDescriptor.TYPE_STRING:
            if not _is_text(content):
                return place
        elif field.message_type is not None:
            below = _bad_text(field.message_type, content, steps)
            if below is not None:
                return field.name if field.message_type.GetOptions().map_entry else f"{place}.{below}"
    return None


def _is_text(content: memoryview) -> bool:
    try:
        str(content, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _length_delimited(data: memoryview, steps: Iterator[int]) -> Iterator[tuple[int, memoryview]]:
    """Give the number and the content of every field that has a length, outside of groups, while there are steps."""
    position = groups = 0
    while position < len(data):
        if next(steps, None) is None:
            raise _NotWireFormatError
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _, position = _varint(data, position)
        elif kind in _FIXED:
            position += _FIXED[kind]
        elif kind == _LENGTH:
            size, position = _varint(data, position)
            if size > len(data) - position:
                raise _NotWireFormatError
            if groups == 0:
                yield number, data[position : position + size]
            position += size
        elif kind == _GROUP_START:
            groups += 1
        elif kind == _GROUP_END and groups:
            groups -= 1
        else:
            raise _NotWireFormatError


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Return the number at a position and the position behind it."""
    value = 0
    for index, byte in enumerate(data[position : position + _VARINT_MOST_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the bit that says another byte follows
            return value, position + index + 1
    raise _NotWireFormatError
