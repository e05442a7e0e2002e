"""Listings: entries as a server sends them, told in every form that `audit ls` and the console have."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.audit.search import found_of
from governance_client.cli.audit_ls import written
from governance_client.console.trail import trail
from governance_client.verify import ChainBrokenError, ChainReader
from tests.fuzz.choices import TRICKS, Choices
from tests.fuzz.messages import change, made, wire
from tests.fuzz.telling import assert_told
from tests.support.hostile import hostile_record
from tests.support.inertness import assert_drawn, assert_inert

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMS: Final = ("table", "json", "records", "csv", "ocsf")
_SALT: Final = bytes(32)


def target(data: bytes) -> None:
    """Read a record and tell it in a form; whatever stands in it does nothing."""
    choices = Choices(data)
    form, record = choices.pick(_FORMS), _record(choices)
    assert_drawn(trail([record], 80), 80)
    try:
        found = found_of(record, ChainReader(0).read(record))
        told = written(form, found)
    except ChainBrokenError as error:
        assert_told(error)
        return
    for line in told:
        assert line.endswith("\n")
        _check(form, line)


def _record(choices: Choices) -> v1.LedgerRecord:
    """Return a record whose hashes are right, as who wants it to be read would make it."""
    if choices.byte() & 7 == 7:
        return v1.LedgerRecord(entry=(content := choices.rest()), hash=hashlib.sha256(b"\0" + content).digest())
    entry, personal = v1.Entry(offset=1, previous_hash=bytes(32)), v1.PersonalData()
    if choices.chance():
        hostile = hostile_record(choices.pick(TRICKS))
        entry.MergeFromString(hostile.entry)
        personal.MergeFromString(hostile.personal)
        entry.offset = 1
    change(choices, entry)
    private = wire(choices, v1.PersonalData.DESCRIPTOR) if choices.byte() & 7 == 7 else _private(choices, personal)
    record = v1.LedgerRecord()
    if choices.chance():
        entry.personal_commitment = hashlib.sha256(b"\2" + _SALT + private).digest()
        if choices.chance():
            record.salt, record.personal = _SALT, private
        elif choices.chance():
            record.redacted.CopyFrom(made(choices, v1.PersonalData))
    record.entry = entry.SerializeToString()
    record.hash = hashlib.sha256(b"\0" + record.entry).digest()
    return record


def _private(choices: Choices, personal: v1.PersonalData) -> bytes:
    change(choices, personal)
    return personal.SerializeToString()


def _check(form: str, line: str) -> None:
    if form in {"json", "records", "ocsf"}:
        assert isinstance(json.loads(line), dict)
        assert "\n" not in line[:-1]
    elif form == "csv":
        (row,) = csv.reader([line])
        for cell in row:
            assert_inert(cell)
            assert not cell.startswith(("=", "+", "-", "@"))
    else:
        assert_inert(line[:-1])


def seeds() -> Iterator[bytes]:
    """Give a hostile entry and some choices in every form."""
    for number in range(len(_FORMS)):
        yield bytes([number, 0, 1, number]) + bytes(range(1, 60))
        yield bytes([number, 0, 0]) + bytes(range(0, 256, 5))
        yield bytes([number, 7]) + hostile_record("x").entry
