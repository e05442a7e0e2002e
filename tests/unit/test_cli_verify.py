"""The verifier finds every change to a ledger."""

from __future__ import annotations

import hashlib

import pytest

from governance import v1
from governance_client.verify import ChainBrokenError, ChainReader


def _ledger(length: int = 4) -> list[v1.LedgerRecord]:
    records: list[v1.LedgerRecord] = []
    previous = bytes(32)
    for offset in range(1, length + 1):
        salt, personal = b"s" * 32, f"personal {offset}".encode()
        entry = v1.Entry(
            offset=offset,
            previous_hash=previous,
            personal_commitment=hashlib.sha256(b"\x02" + salt + personal).digest(),
        ).SerializeToString()
        previous = hashlib.sha256(b"\x00" + entry).digest()
        records.append(v1.LedgerRecord(entry=entry, hash=previous, salt=salt, personal=personal))
    return records


def _read(records: list[v1.LedgerRecord], after: int = 0) -> ChainReader:
    reader = ChainReader(after)
    for record in records:
        reader.read(record)
    return reader


def test_unchanged_ledger() -> None:
    """A ledger that nobody changed passes, every link checked."""
    reader = _read(_ledger())
    assert (reader.checked, reader.linked) == (4, 4)


def test_from_the_middle() -> None:
    """A ledger read from the middle passes; its first link is taken as given."""
    reader = _read(_ledger()[2:], after=2)
    assert (reader.checked, reader.linked) == (2, 1)


def test_one_decisions_entries() -> None:
    """Entries with others left out between them pass; only neighbours are linked."""
    records = _ledger()
    assert _read([records[1], records[3]]).checked == 2


def test_erased_personal_data() -> None:
    """Erasing what is stored apart leaves the chain whole."""
    records = _ledger()
    del records[1:2]
    erased = v1.LedgerRecord(entry=_ledger()[1].entry, hash=_ledger()[1].hash)
    assert _read([records[0], erased, *records[1:]]).linked == 4


def _changed(records: list[v1.LedgerRecord], how: str) -> list[v1.LedgerRecord]:
    match how:
        case "a byte":
            records[1].entry = records[1].entry[:-1] + b"\x00"
        case "a byte and its hash":
            forged = v1.Entry.FromString(records[1].entry)
            forged.request_id = "forged"
            records[1].entry = forged.SerializeToString()
            records[1].hash = hashlib.sha256(b"\x00" + records[1].entry).digest()
        case "the order":
            records[1], records[2] = records[2], records[1]
        case "twice the same":
            records.insert(1, records[0])
        case "what is apart":
            records[2].personal = b"forged"
        case _:
            records[1].entry = b"\xff\xff"
    return records


@pytest.mark.parametrize(
    "how", ["a byte", "a byte and its hash", "the order", "twice the same", "what is apart", "garbage"]
)
def test_changed_ledger(how: str) -> None:
    """Any change, reordering or repetition is found."""
    with pytest.raises(ChainBrokenError, match="broken at entry"):
        _read(_changed(_ledger(), how))


def _read_whole(records: list[v1.LedgerRecord], head_offset: int, after: int = 0) -> ChainReader:
    reader = ChainReader(after, whole=True)
    for record in records:
        reader.read(record)
    reader.finish(head_offset)
    return reader


def test_a_whole_ledger_has_no_gap() -> None:
    """Read whole, from its first entry or from the middle, it reaches the end that the server named."""
    assert _read_whole(_ledger(), 4).checked == 4
    assert _read_whole(_ledger()[2:], 4, after=2).checked == 2
    assert _read_whole([], 4, after=4).checked == 0


@pytest.mark.parametrize(("left_out", "at"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_a_missing_entry_shows(left_out: int, at: int) -> None:
    """Whichever entry is left out, the first, one in between or the last: it is named."""
    records = _ledger()
    del records[left_out]
    with pytest.raises(ChainBrokenError, match="it is missing") as broken:
        _read_whole(records, 4)
    assert broken.value.offset == at


def test_no_ledger_is_empty() -> None:
    """A server that shows nothing, and says that there is nothing, has lost at least the first entry."""
    with pytest.raises(ChainBrokenError, match="it is missing"):
        _read_whole([], 0)
