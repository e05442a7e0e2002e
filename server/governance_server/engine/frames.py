"""Frames: changes as the bytes that every stream shares, so that a change is serialised once however many watch.

Protobuf's wire format lets a repeated field be written as the concatenation of its items. A change is therefore encoded
once, with its tag and length as field 2 of `OperatorNews`, `CoreNews` and `WatchDecisionsResponse` alike, and a frame
is these bytes joined (https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance_server.engine.ports import DecisionRow

_LENGTH_DELIMITED: Final = 2
_CHANGE_OFFSET: Final = bytes([v1.Change.OFFSET_FIELD_NUMBER << 3])
_ONE_BYTE: Final = 1 << 7
"""Below it, a varint is one byte, and so on by seven bits each."""
_TWO_BYTES: Final = 1 << 14
_THREE_BYTES: Final = 1 << 21


def _tag(number: int) -> bytes:
    return bytes([number << 3 | _LENGTH_DELIMITED])


_CHANGE_DECISION: Final = _tag(v1.Change.DECISION_FIELD_NUMBER)
_CHANGES: Final = _tag(v1.OperatorNews.CHANGES_FIELD_NUMBER)
_RECEIPTS: Final = _tag(v1.OperatorNews.RECEIPTS_FIELD_NUMBER)
_HALTS: Final = v1.OperatorNews.HALTS_FIELD_NUMBER


def varint(number: int) -> bytes:
    """Return a non-negative number as protobuf's varint."""
    # Lengths have two bytes and offsets three, nearly always: spelled out, these cost a third of the loop.
    if number < _ONE_BYTE:
        return bytes((number,))
    if number < _TWO_BYTES:
        return bytes((number & 0x7F | 0x80, number >> 7))
    if number < _THREE_BYTES:
        return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))
    parts = bytearray()
    while number >= _ONE_BYTE:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def field_tag(number: int) -> bytes:
    """Return what a message field of any number begins with."""
    return varint(number << 3 | _LENGTH_DELIMITED)


def length_delimited(number: int, content: bytes) -> bytes:
    """Return a message field: its tag, its length, its content."""
    return _tag(number) + varint(len(content)) + content


def change_item(row: DecisionRow, entry: v1.Entry | None) -> bytes:
    """Return one item of a frame's `changes`, ready to be joined.

    Args:
        row: The decision's newest state.
        entry: The entry that made it; None in a snapshot, which names no cause.
    """
    if entry is None:
        cause = b""
    else:
        actor = entry.actor
        kinds = tuple([event.WhichOneof("kind") for event in entry.events])
        cause = cause_field(kinds, actor.kind, actor.name, actor.role)
    return encoded_change(row.decision.offset, row.serialized, cause)


def encoded_change(offset: int, decision: bytes, cause: bytes) -> bytes:
    """Return one item of a frame's `changes`, ready to be joined.

    Args:
        offset: The entry that made the decision what it is.
        decision: It, serialised.
        cause: What `cause_field` returns; empty in a snapshot, which names no cause.
    """
    place, size = varint(offset), varint(len(decision))
    length = 2 + len(place) + len(size) + len(decision) + len(cause)  # two tags of one byte
    return b"".join((_CHANGES, varint(length), _CHANGE_OFFSET, place, _CHANGE_DECISION, size, decision, cause))


@lru_cache(maxsize=1024)  # a few callers do the same few things again and again
def cause_field(
    events: tuple[str | None, ...], kind: v1.ActorKind.ValueType, name: str, role: v1.Role.ValueType
) -> bytes:
    """Return a change's `cause`, its tag and length included.

    Args:
        events: The kinds of the entry's events, as `WhichOneof` names them.
        kind: The kind of the actor whose command the entry records.
        name: Its name.
        role: Its role.
    """
    actor = v1.Actor(kind=kind, name=name, role=role)
    cause = v1.Cause(events=[event or "" for event in events], actor=actor)
    return length_delimited(v1.Change.CAUSE_FIELD_NUMBER, cause.SerializeToString())


def receipt_item(receipt: v1.Receipt) -> bytes:
    """Return one item of a frame's `receipts`, ready to be joined."""
    content = receipt.SerializeToString()
    return _RECEIPTS + varint(len(content)) + content


def receipt_items(receipts: Iterable[v1.Receipt]) -> bytes:
    """Return the items of a frame's `receipts`, joined."""
    return b"".join(map(receipt_item, receipts))


def halt_items(halts: Iterable[v1.Halt]) -> bytes:
    """Return the items of a frame's `halts`, joined."""
    return b"".join(length_delimited(_HALTS, halt.SerializeToString()) for halt in halts)
