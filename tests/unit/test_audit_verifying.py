"""Verifying against a server: what is remembered, what is read again, and what was removed on the record."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format

from governance import v1
from governance_client.audit.faults import (
    ForkedError,
    NotOursError,
    ProofBrokenError,
    RewoundError,
    UntrustedError,
    UnusableFileError,
)
from governance_client.audit.memory import Memory, state_folder
from governance_client.audit.verifying import Verified, parsed, verify_records, verify_source
from governance_client.verify import ChainBrokenError
from tests.support.audited import Shown, lived, signer
from tests.support.entries import LedgerBuilder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from governance_client.audit.notes import VerifierKey


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived())


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "checkpoints")


def key_of(shown: Shown) -> VerifierKey:
    return signer(shown.ledger_id).verifier


def verified(shown: Shown, memory: Memory, *, since_last: bool = False, trust: bool = True) -> Verified:
    key = key_of(shown) if trust else None
    return asyncio.run(verify_source(shown, memory, key=key, since_last=since_last))


def of_house(count: int) -> list[v1.LedgerRecord]:
    """A ledger about the house alone, with one decision in between that can be removed."""
    builder = LedgerBuilder()
    created = v1.LedgerCreated(ledger_id="e" * 32)
    change = v1.CheckpointKeyChanged(verifier_key=str(signer("e" * 32).verifier))
    builder.entry(v1.Event(ledger_created=created), v1.Event(checkpoint_key_changed=change))
    while builder.offset < count:
        if builder.offset % 5 == 4:
            builder.entry(v1.Event(credential_revoked=v1.CredentialRevoked(name="somebody")))
        else:
            core = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="maximus")
            builder.entry(
                v1.Event(decision_proposed=v1.DecisionProposed()), decision_id=f"d-{builder.offset}", actor=core
            )
    return _records(builder)


def _records(builder: LedgerBuilder) -> list[v1.LedgerRecord]:
    return [v1.LedgerRecord(entry=one.entry, hash=one.hash) for one in builder.records]


def pruned(*, on_record: bool, removed: int = 0) -> Shown:
    """A ledger of 40 entries, of which those about decisions up to the 32nd were removed."""
    records = of_house(39)
    builder = LedgerBuilder(offset=39, hash=records[-1].hash, recorded_us=1_900_000_000_000_000)
    gone = [one for one in records[:32] if v1.Entry.FromString(one.entry).decision_id]
    event = v1.EntriesPruned(offset=32, entries=removed or len(gone))
    other = v1.CredentialRevoked(name="x")
    builder.entry(v1.Event(entries_pruned=event) if on_record else v1.Event(credential_revoked=other))
    whole = Shown.of("e" * 32, [*records, *_records(builder)], signer("e" * 32))
    whole.records = [one for one in whole.records if one not in gone]
    return whole


def test_trust_is_given_once(ledger: Shown, memory: Memory) -> None:
    """Without a key nothing is believed; once a ledger was verified with one, its key is remembered."""
    with pytest.raises(UntrustedError, match=r"checkpoint\.vkey"):
        verified(ledger, memory, trust=False)
    verified(ledger.shortened(150), memory)
    assert verified(ledger, memory, trust=False).remembered == 150


def test_since_last(ledger: Shown, memory: Memory) -> None:
    """Only what came since is read, and the tree goes on from the one that is remembered."""
    verified(ledger.shortened(150), memory)
    shown = ledger.shortened(200)
    found = verified(shown, memory, since_last=True)
    assert (found.since, found.walk.read_count, found.checkpoint.size) == (150, 50, 200)
    assert shown.asked == ["checkpoint", "after 150"]
    assert verified(ledger, memory, since_last=True).walk.read_count == 0


def test_since_last_for_the_first_time(ledger: Shown, memory: Memory) -> None:
    """Where nothing is remembered, everything is read."""
    assert verified(ledger, memory, since_last=True).walk.read_count == 200


@pytest.mark.parametrize("offset", [151, 170, 200])
def test_since_last_finds_what_changed_since(ledger: Shown, memory: Memory, offset: int) -> None:
    """Any entry since then that is another one is found."""
    verified(ledger.shortened(150), memory)
    shown = ledger.shortened(200)
    changed = v1.LedgerRecord()
    changed.CopyFrom(shown.records[offset - 1])
    changed.entry = changed.entry[:-1] + bytes([changed.entry[-1] ^ 1])
    shown.records[offset - 1] = changed
    with pytest.raises(ChainBrokenError) as found:
        verified(shown, memory, since_last=True)
    assert found.value.offset == offset


def test_since_last_finds_a_rewound_ledger(ledger: Shown, memory: Memory) -> None:
    """It is asked for first that the ledger continues."""
    verified(ledger, memory)
    with pytest.raises(RewoundError):
        verified(ledger.shortened(199), memory, since_last=True)


@pytest.mark.parametrize("size", [80, 81, 127, 128, 129, 150, 199])
def test_whatever_was_seen_before_is_continued(ledger: Shown, memory: Memory, size: int) -> None:
    """From whatever size was seen before, the rest verifies."""
    verified(ledger.shortened(size), memory)
    assert verified(ledger, memory, since_last=True).since == size


def test_entries_beyond_the_checkpoint(ledger: Shown, memory: Memory) -> None:
    """What came after the newest checkpoint is read too, and not said to be signed."""
    shown = ledger.shortened(200)
    shown.signed = ledger.note(190)
    found = verified(shown, memory)
    assert (found.checkpoint.size, found.walk.offset) == (190, 200)


def test_what_is_remembered_never_goes_back(ledger: Shown, memory: Memory) -> None:
    """Two verifications at the same time leave the larger checkpoint."""
    larger = verified(ledger, memory)
    smaller = ledger.shortened(150)
    memory.keep(parsed(smaller.note()), larger.key)
    remembered = memory.recall(ledger.origin)
    assert remembered is not None
    assert remembered.checkpoint.size == 200


def test_the_memory_is_ours_alone(ledger: Shown, memory: Memory) -> None:
    """The file is readable by us alone, in a folder of ours."""
    verified(ledger, memory)
    path = memory.path(ledger.origin)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("how", ["others write it", "garbage", "another ledger's", "a link"])
def test_a_memory_that_is_not_to_be_believed(ledger: Shown, memory: Memory, how: str) -> None:
    """Nobody is told that a ledger continues what a stranger wrote down."""
    verified(ledger, memory)
    path = memory.path(ledger.origin)
    if how == "others write it":
        path.chmod(0o666)
    elif how == "garbage":
        path.write_text("garbage")
    elif how == "another ledger's":
        path.rename(memory.path("governance-workspace/other"))
        path = memory.path("governance-workspace/other")
        with pytest.raises(UnusableFileError):
            memory.recall("governance-workspace/other")
        return
    else:
        path.rename(path.with_suffix(".real"))
        path.symlink_to(path.with_suffix(".real"))
    with pytest.raises(UnusableFileError):
        verified(ledger, memory)


def test_where_it_is(tmp_path: Path) -> None:
    """It is where the environment says, if that is a whole path, and else in the home directory."""
    assert state_folder({"XDG_STATE_HOME": "/s"}, tmp_path).as_posix() == "/s/governance"
    assert state_folder({"XDG_STATE_HOME": "s"}, tmp_path) == tmp_path / ".local" / "state" / "governance"


def test_keys_that_the_server_tells_are_those_of_the_ledger(ledger: Shown, memory: Memory) -> None:
    """A server that does not tell of a rotation cannot have its old key believed."""
    shown = ledger.shortened(200)
    shown.keys = shown.keys[:1]
    shown.signer = signer(ledger.ledger_id, 1)
    with pytest.raises(NotOursError):
        verified(shown, memory)


def test_removed_on_the_record(memory: Memory) -> None:
    """Entries that were removed are proven to have been there, and the ledger says that they were removed."""
    found = verified(pruned(on_record=True), memory)
    assert found.walk.removed == 32 - 7
    assert found.walk.read_count == 40 - 25


def test_removed_without_a_word(memory: Memory) -> None:
    """Entries that are not there, and that no entry says were removed, are missing, though they can be proven."""
    with pytest.raises(ChainBrokenError, match="it is missing") as found:
        verified(pruned(on_record=False), memory)
    assert found.value.offset == 2


def test_removed_on_a_record_that_is_not_there(memory: Memory) -> None:
    """That the server says so is not enough: an entry has to."""

    class Claiming(Shown):
        async def removed_up_to(self) -> int:
            return 1000

    shown = pruned(on_record=False)
    claiming = Claiming(shown.ledger_id, shown.records, shown.keys, shown.signer, shown.leaves)
    with pytest.raises(ProofBrokenError, match="no entry after it says so"):
        verified(claiming, memory)


def test_more_removed_than_was_said(memory: Memory) -> None:
    """No more is missing than was said to be removed."""
    with pytest.raises(ProofBrokenError, match="25 entries are missing, and 3"):
        verified(pruned(on_record=True, removed=3), memory)


def test_removed_with_a_false_proof(memory: Memory) -> None:
    """A tree that does not have the entries that are there proves nothing about those that are not."""
    shown = pruned(on_record=True)
    shown.signed = shown.note()
    shown.leaves[3] = bytes(32)
    with pytest.raises(ChainBrokenError):
        verified(shown, memory)


def test_removed_while_it_is_read(memory: Memory) -> None:
    """What disappears while it is read is looked up in what was recorded meanwhile."""

    class Pruning(Shown):
        async def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
            shown = self if after else whole_but_the_last
            async for frame in Shown.frames(shown, after, limit):
                yield frame

    after = pruned(on_record=True)
    whole_but_the_last = Shown(after.ledger_id, after.records[:-1], after.keys, after.signer, after.leaves)
    racing = Pruning(after.ledger_id, after.records, after.keys, after.signer, after.leaves, after.note(39))
    assert verified(racing, memory).walk.removed == 25


def test_redacted_records(ledger: Shown, memory: Memory) -> None:
    """What a reader may not see is counted, and nothing is said of it."""
    shown = ledger.shortened(200)
    shown.records = [
        v1.LedgerRecord(entry=one.entry, hash=one.hash, redacted=v1.PersonalData()) if one.salt else one
        for one in shown.records
    ]
    found = verified(shown, memory)
    assert found.walk.withheld == sum(1 for one in ledger.records if one.salt)
    assert found.walk.erased == 4


def lines(shown: Shown) -> list[str]:
    return [json_format.MessageToJson(record, indent=None) + "\n" for record in shown.records]


def test_an_export_without_a_server(ledger: Shown, memory: Memory) -> None:
    """A file with every record, a checkpoint and a key are enough."""
    found = verify_records(lines(ledger), ledger.note(), memory, key=key_of(ledger))
    assert (found.checkpoint.size, found.key) == (200, signer(ledger.ledger_id, 2).verifier)
    assert verify_records(lines(ledger), ledger.note(), memory, key=None).remembered == 200


def test_an_export_that_was_changed(ledger: Shown, memory: Memory) -> None:
    """A line that is changed, missing or none is found, and the entry is named."""
    for place in (0, 56, 199):
        left_out = lines(ledger)
        del left_out[place]
        garbled = lines(ledger)
        garbled[place] = "{not json}\n"
        halved = lines(ledger)
        halved[place] = '{"\\ud800": 1}\n'
        for changed in (left_out, garbled, halved):
            with pytest.raises(ChainBrokenError) as found:
                verify_records(changed, ledger.note(), memory, key=key_of(ledger))
            assert found.value.offset == place + 1


def test_an_export_of_another_past(ledger: Shown, memory: Memory) -> None:
    """An export that does not continue what was verified before is found without a server too."""
    other = asyncio.run(lived(201))
    verify_records(lines(ledger), ledger.note(), memory, key=key_of(ledger))
    forked = Shown.of(ledger.ledger_id, other.records, signer(ledger.ledger_id, 2))
    if forked.leaves[:200] == ledger.leaves:
        forked = _with_another_end(ledger)
    with pytest.raises(ForkedError):
        verify_records(lines(forked), forked.note(), memory, key=key_of(ledger))


def _with_another_end(ledger: Shown) -> Shown:
    last = v1.Entry.FromString(ledger.records[-2].entry)
    builder = LedgerBuilder(offset=199, hash=ledger.records[-2].hash, recorded_us=last.recorded_at.ToMicroseconds() + 1)
    builder.entry(v1.Event(credential_revoked=v1.CredentialRevoked(name="x")))
    builder.entry(v1.Event(credential_revoked=v1.CredentialRevoked(name="y")))
    return Shown.of(ledger.ledger_id, [*ledger.records[:-1], *_records(builder)], ledger.signer)
