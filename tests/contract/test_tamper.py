"""A ledger of 200 entries, in which everything happened that can: whatever is changed in it is found, and where."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from governance import v1
from governance_client.audit.faults import ForkedError, NotOursError, ProofBrokenError, RewoundError
from governance_client.audit.memory import Memory
from governance_client.audit.notes import Note
from governance_client.audit.verifying import Verified, verify_source
from governance_client.audit.walk import Walk
from governance_client.verify import ChainBrokenError
from tests.support import naive_tree
from tests.support.audited import NOT_BY_THE_ENGINE, Shown, lived, signer

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES: Final = 200
ALL: Final = range(1, ENTRIES + 1)


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived(ENTRIES))


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "checkpoints")


def verified(shown: Shown, memory: Memory) -> Verified:
    """Verify as `audit verify` does, with the ledger's first key."""
    return asyncio.run(verify_source(shown, memory, key=signer(shown.ledger_id).verifier))


def changed(ledger: Shown, records: list[v1.LedgerRecord]) -> Shown:
    """Show other records under the true tree and the true checkpoint."""
    return Shown(ledger.ledger_id, records, ledger.keys, ledger.signer, ledger.leaves, ledger.note())


def found_at(shown: Shown, memory: Memory) -> int:
    """Verify, which has to fail; return the entry that is named."""
    with pytest.raises(ChainBrokenError) as found:
        verified(shown, memory)
    assert memory.recall(shown.origin) is None, "what does not verify is not remembered"
    return found.value.offset


def rechained(ledger: Shown, offset: int) -> list[v1.LedgerRecord]:
    """The ledger with one entry changed by somebody who makes every hash and link after it anew."""
    records, previous = list(ledger.records[: offset - 1]), ledger.records[offset - 2].hash if offset > 1 else bytes(32)
    for record in ledger.records[offset - 1 :]:
        entry = v1.Entry.FromString(record.entry)
        if entry.offset == offset:
            entry.actor.name += "x"
        entry.previous_hash = previous
        content = entry.SerializeToString(deterministic=True)
        previous = naive_tree.leaf_hash(content)
        records.append(v1.LedgerRecord(entry=content, hash=previous, salt=record.salt, personal=record.personal))
    return records


def test_the_ledger_itself_verifies(ledger: Shown, memory: Memory) -> None:
    """Unchanged it passes: signed with its second key, verified with its first."""
    found = verified(ledger, memory)
    assert (found.checkpoint.size, found.walk.read_count, found.walk.rules.unread) == (ENTRIES, ENTRIES, 0)
    assert found.key == ledger.signer.verifier
    assert found.walk.erased == 4


def test_everything_is_in_it(ledger: Shown) -> None:
    """There is an event of every kind that a ledger of that length can have."""
    entries = [v1.Entry.FromString(record.entry) for record in ledger.records]
    kinds = {event.WhichOneof("kind") for entry in entries for event in entry.events}
    assert kinds == {field.name for field in v1.Event.DESCRIPTOR.fields} - NOT_BY_THE_ENGINE


def test_every_byte(ledger: Shown) -> None:
    """A flip in any byte of any entry, hash, salt or personal data is found at that very entry.

    Each flip is given to a walk that stands before the entry, and that after all of them goes on with the true one:
    what comes before an entry does not depend on it, so the walk up to there is made once.
    """
    walk, flips = Walk([ENTRIES]), 0
    for offset, record in enumerate(ledger.records, 1):
        for part in ("entry", "hash", "salt", "personal"):
            content = getattr(record, part)
            for place in range(len(content)):
                flipped = bytearray(content)
                flipped[place] ^= 1 << flips % 8
                forged = v1.LedgerRecord()
                forged.CopyFrom(record)
                setattr(forged, part, bytes(flipped))
                with pytest.raises(ChainBrokenError) as found:
                    walk.read(forged)
                assert found.value.offset == offset, (part, place)
                flips += 1
        walk.read(record)
    walk.finish(ENTRIES)
    assert walk.roots[ENTRIES] == naive_tree.root(ledger.leaves)
    assert flips > 50_000, "there was something to flip"


def test_every_part_left_out(ledger: Shown, memory: Memory) -> None:
    """Personal data that are gone, or their salt, are found, unless the ledger says that they were erased."""
    for offset, record in enumerate(ledger.records, 1):
        if not record.salt:
            continue
        for part in ({"salt": record.salt}, {"personal": record.personal}, {}):
            records = list(ledger.records)
            records[offset - 1] = v1.LedgerRecord(entry=record.entry, hash=record.hash, **part)  # type: ignore[arg-type]  # bytes
            assert found_at(changed(ledger, records), memory) == offset, part


def test_every_deletion(ledger: Shown, memory: Memory) -> None:
    """Whichever entry is removed, also one that the server can still prove, it is named."""
    for offset in ALL:
        records = [record for place, record in enumerate(ledger.records, 1) if place != offset]
        assert found_at(changed(ledger, records), memory) == offset


def test_every_swap(ledger: Shown, memory: Memory) -> None:
    """Whichever two neighbours change places, it shows at the first of them."""
    for offset in ALL[:-1]:
        records = list(ledger.records)
        records[offset - 1], records[offset] = records[offset], records[offset - 1]
        assert found_at(_in_that_order(ledger, records), memory) == offset


def test_every_duplication(ledger: Shown, memory: Memory) -> None:
    """Whichever entry comes twice, it shows where it comes again."""
    for offset in ALL:
        records = [*ledger.records[:offset], *ledger.records[offset - 1 :]]
        assert found_at(_in_that_order(ledger, records), memory) == offset + 1


def test_every_truncation(ledger: Shown, memory: Memory) -> None:
    """Wherever the ledger ends too early, the first entry that is not there is named."""
    for size in range(1, ENTRIES):
        assert found_at(changed(ledger, ledger.records[:size]), memory) == size + 1


def test_an_entry_changed_with_all_that_follows(ledger: Shown, memory: Memory) -> None:
    """Who makes all hashes and links anew is found by the checkpoint, and the tree that was signed names the entry."""
    for offset in (2, 3, 57, 128, 129, 199, ENTRIES):
        assert found_at(changed(ledger, rechained(ledger, offset)), memory) == offset


def test_an_entry_and_its_hash_changed(ledger: Shown, memory: Memory) -> None:
    """Who makes the entry's own hash anew is found at the next one, which names the true hash."""
    for offset in (2, 57, 199):
        records = list(ledger.records)
        records[offset - 1] = rechained(ledger, offset)[offset - 1]
        assert found_at(changed(ledger, records), memory) == offset + 1


def test_a_forged_tree(ledger: Shown, memory: Memory) -> None:
    """Where the tree was made anew too, no proof tells the place any more; that it is another ledger shows."""
    forged = Shown.of(ledger.ledger_id, rechained(ledger, 57), ledger.signer)
    forged.signed = ledger.note()
    assert found_at(forged, memory) == ENTRIES


@pytest.mark.parametrize(
    "how", ["another key", "the key before", "another root", "another size", "no signature", "text"]
)
def test_a_forged_checkpoint(ledger: Shown, memory: Memory, how: str) -> None:
    """A checkpoint that the key in force did not sign proves nothing, whatever else is in order."""
    note = Note.parse(ledger.note())
    smaller = Note.parse(ledger.note(ENTRIES - 1))
    forged = {
        "another key": ledger.note(signer=signer(ledger.ledger_id, 9)),
        "the key before": ledger.note(signer=signer(ledger.ledger_id, 1)),
        "another root": str(Note(f"{note.text[:-45]}{smaller.text[-45:]}", note.signatures)),
        "another size": str(Note(smaller.text, note.signatures)),
        "no signature": f"{note.text}\n",
        "text": "anything\n",
    }
    shown = changed(ledger, ledger.records)
    shown.signed = forged[how]
    with pytest.raises(NotOursError):
        verified(shown, memory)
    assert memory.recall(ledger.origin) is None


def test_every_byte_of_the_checkpoint(ledger: Shown, memory: Memory) -> None:
    """A flip in any byte of the checkpoint is found."""
    note = ledger.note().encode()
    for place in range(len(note)):
        flipped = bytearray(note)
        flipped[place] ^= 1 << place % 7
        shown = changed(ledger, ledger.records)
        shown.signed = bytes(flipped).decode("utf-8", "replace")
        with pytest.raises(NotOursError):
            verified(shown, memory)


def test_a_rewound_ledger(ledger: Shown, memory: Memory) -> None:
    """A ledger that is shorter than the one verified before is found, though it is in order and signed."""
    verified(ledger, memory)
    with pytest.raises(RewoundError) as found:
        verified(ledger.shortened(150), memory)
    assert found.value.offset == 151


@pytest.mark.parametrize("offset", [20, 100, 149])
def test_a_fork(ledger: Shown, memory: Memory, offset: int) -> None:
    """A ledger with another past than the one verified before is found, though the key signed both."""
    verified(ledger.shortened(150), memory)
    fork = Shown.of(ledger.ledger_id, rechained(ledger, offset), ledger.signer)
    with pytest.raises(ForkedError) as found:
        verified(fork, memory)
    assert found.value.offset == 150


def test_another_future_of_the_same_past(ledger: Shown, memory: Memory) -> None:
    """What changed only after the checkpoint that is remembered is no fork of it, and is told by the rest."""
    verified(ledger.shortened(150), memory)
    assert verified(ledger, memory).remembered == 150


def test_a_fork_of_the_same_size(ledger: Shown, memory: Memory) -> None:
    """Two ledgers of one size that were both signed are not both believed."""
    verified(ledger, memory)
    with pytest.raises(ForkedError):
        verified(Shown.of(ledger.ledger_id, rechained(ledger, 190), ledger.signer), memory)


def test_another_ledger_altogether(ledger: Shown, memory: Memory) -> None:
    """The key of one ledger says nothing of another one."""
    other = Shown.of("f" * 32, ledger.records, signer("f" * 32, 2))
    with pytest.raises(ProofBrokenError):
        asyncio.run(verify_source(other, memory, key=signer(ledger.ledger_id).verifier))


def _in_that_order(ledger: Shown, records: list[v1.LedgerRecord]) -> Shown:
    shown = changed(ledger, records)
    shown.sorted = False
    return shown
