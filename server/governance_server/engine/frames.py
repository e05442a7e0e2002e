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
_SMALL: Final = 0x80
"""Below it, a varint is one byte."""


def _tag(number: int) -> bytes:
    return bytes([number << 3 | _LENGTH_DELIMITED])


_CHANGE_DECISION: Final = _tag(v1.Change.DECISION_FIELD_NUMBER)
_CHANGE_CAUSE: Final = _tag(v1.Change.CAUSE_FIELD_NUMBER)
_CHANGES: Final = _tag(v1.OperatorNews.CHANGES_FIELD_NUMBER)
_RECEIPTS: Final = _tag(v1.OperatorNews.RECEIPTS_FIELD_NUMBER)
_HALTS: Final = v1.OperatorNews.HALTS_FIELD_NUMBER


def varint(number: int) -> bytes:
    """Return a non-negative number as protobuf's varint."""
    if number < _SMALL:
        return bytes([number])
    parts = bytearray()
    while number >= _SMALL:
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
    decision = row.serialized
    change = b"".join(
        (
            _CHANGE_OFFSET,
            varint(row.decision.offset),
            _CHANGE_DECISION,
            varint(len(decision)),
            decision,
            b"" if entry is None else length_delimited(v1.Change.CAUSE_FIELD_NUMBER, _cause(entry)),
        )
    )
    return _CHANGES + varint(len(change)) + change


def _cause(entry: v1.Entry) -> bytes:
    actor = entry.actor
    return _cause_of(
        tuple(event.WhichOneof("kind") or "" for event in entry.events), actor.kind, actor.name, actor.role
    )


@lru_cache(maxsize=1024)  # a few callers do the same few things again and again
def _cause_of(events: tuple[str, ...], kind: v1.ActorKind.ValueType, name: str, role: v1.Role.ValueType) -> bytes:
    return v1.Cause(events=events, actor=v1.Actor(kind=kind, name=name, role=role)).SerializeToString()


def receipt_items(receipts: Iterable[v1.Receipt]) -> bytes:
    """Return the items of a frame's `receipts`, joined."""
    parts: list[bytes] = []
    for receipt in receipts:
        content = receipt.SerializeToString()
        parts += (_RECEIPTS, varint(len(content)), content)
    return b"".join(parts)


def halt_items(halts: Iterable[v1.Halt]) -> bytes:
    """Return the items of a frame's `halts`, joined."""
    return b"".join(length_delimited(_HALTS, halt.SerializeToString()) for halt in halts)
