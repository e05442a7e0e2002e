"""Entries: what the server's own check makes of records that somebody else wrote into its file."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from governance import v1
from governance_server.domain.digest import entry_hash, personal_commitment
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House, evolve_house
from governance_server.engine.ports import Record
from governance_server.ledger.open_check import _other_leave
from governance_server.ledger.projection import decision_row, projected
from governance_server.ledger.projection_check import _complaint, _otherwise
from governance_server.ledger.replay import Remade
from governance_server.ledger.verification import START, LedgerDamagedError, verified_entry
from tests.fuzz.choices import Choices
from tests.fuzz.messages import change, made, wire
from tests.fuzz.telling import assert_printable
from tests.support.audited import lived

if TYPE_CHECKING:
    from collections.abc import Iterator

_BROKEN: Final = (AssertionError, DecodeError, KeyError, TypeError)
"""What `ledger.replay` takes for an entry that cannot follow."""
_FIRST: Final = 9
"""Where the first decision begins in the ledger that is changed."""
_MOST: Final = 40


def target(data: bytes) -> None:
    """Verify an entry, or make of changed entries what they make of a decision or the house."""
    choices = Choices(data)
    way = choices.byte() & 3
    if way == 0:
        _verify(choices)
    elif way == 1:
        _evolve_house(choices)
    elif choices.byte() & 7 == 7:
        _compare(choices)
    else:
        _evolve(choices)


@functools.cache
def _entries() -> tuple[v1.Entry, ...]:
    return tuple(v1.Entry.FromString(record.entry) for record in asyncio.run(lived()).records[:_MOST])


@functools.cache
def _personal() -> tuple[bytes, ...]:
    return tuple(record.personal for record in asyncio.run(lived()).records[:_MOST])


def _verify(choices: Choices) -> None:
    if choices.chance():
        content = choices.rest()
    else:
        entry = v1.Entry(offset=1, previous_hash=bytes(32))
        change(choices, entry)
        content = entry.SerializeToString()
    personal, salt = choices.raw(), bytes(choices.pick((0, 32, 31)))
    hash_ = entry_hash(content) if choices.byte() & 7 else choices.raw()
    record = Record(1, choices.text(4) if choices.byte() & 3 == 3 else "", content, hash_, salt, personal)
    try:
        head = verified_entry(record, START)
    except LedgerDamagedError as error:
        assert_printable(error, ascii_only=True)
        return
    entry = v1.Entry.FromString(content)
    assert head.offset == entry.offset == 1
    assert not personal or personal_commitment(salt, personal) == entry.personal_commitment


def _evolve(choices: Choices) -> None:
    """Take entries about one decision, in order but for what was changed in them."""
    decision: v1.Decision | None = None
    decision_id = _decision_id(choices)
    entries = [entry for entry in _entries() if entry.decision_id == decision_id]
    for entry in entries:
        changed, private = v1.Entry(), v1.PersonalData()
        changed.CopyFrom(entry)
        if choices.byte() & 3 == 3:
            change(choices, changed)
        if choices.byte() & 3 == 3:
            continue
        try:
            private.MergeFromString(_personal()[entry.offset - 1])
            decision = evolve(decision, changed, private)
            assert decision.SerializeToString(deterministic=True)
        except _BROKEN:
            return


def _decision_id(choices: Choices) -> str:
    """Return the decision that is looked at."""
    return f"decision-{1 + choices.below(7):06d}"


@functools.cache
def _honest(decision_id: str) -> v1.Decision:
    decision: v1.Decision | None = None
    for entry, personal in zip(_entries(), _personal(), strict=True):
        if entry.decision_id == decision_id:
            decision = evolve(decision, entry, v1.PersonalData.FromString(personal))
    assert decision is not None
    return decision


def _compare(choices: Choices) -> None:
    """Compare a decision that somebody changed where it is stored, columns and all, with what its entries make."""
    honest = _honest(f"decision-{1 + choices.below(3):06d}")
    stored = v1.Decision()
    stored.CopyFrom(honest)
    change(choices, stored)
    filed = projected(decision_row(stored.SerializeToString(deterministic=True)))
    for compare, erased in ((_otherwise, False), (_otherwise, True), (_other_leave, False), (_other_leave, True)):
        complaint = _complaint(filed, Remade(honest, erased, 0, honest.offset, honest.version), compare)
        # of what was erased, and of what gives no leave, not all can be compared
        assert complaint or erased or compare is _other_leave or stored == honest, "what was changed is not found"


def _evolve_house(choices: Choices) -> None:
    house = House()
    for _ in range(1 + choices.below(4)):
        entry = v1.Entry()
        entry.CopyFrom(choices.pick(_entries()[:_FIRST]))
        if choices.chance():
            change(choices, entry)
        if choices.byte() & 7 == 7:
            content = wire(choices, v1.Entry.DESCRIPTOR)
            try:
                entry = v1.Entry.FromString(content)
            except DecodeError:
                return
        if any(event.HasField("policy_applied") for event in entry.events):
            continue  # read apart, and only the last
        try:
            house = evolve_house(house, entry, made(choices, v1.PersonalData))
        except _BROKEN:
            return


def seeds() -> Iterator[bytes]:
    """Give the honest entries, as they are and in every course."""
    yield from (bytes([0, 1]) + entry.SerializeToString() for entry in _entries()[:3])
    yield bytes([0, 0]) + bytes(range(1, 80))
    yield from (bytes([2, 0, number]) for number in range(7))
    yield from (bytes([2, 0, number, 3, *range(60)]) for number in range(7))
    yield from (bytes([2, 7, number, *range(number, 60)]) for number in range(4))
    yield from (bytes([1, 3, *range(number, 70)]) for number in range(4))
