"""A pack is checked with one key and nothing else; whatever is changed in it is found."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Final

import pytest

from governance import v1
from governance_client.audit import pack as packs
from governance_client.audit.evidence import Evidence, check
from governance_client.audit.faults import NotOursError, ProofBrokenError, UnusableFileError
from governance_client.audit.pack_check import CheckedPack, check_pack
from governance_client.verify import ChainBrokenError
from tests.support.audited import Shown, lived, signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

HOUSE: Final = {"ledger_created", "checkpoint_key_changed", "policy_applied"}
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived())


async def evidence_about(ledger: Shown, decision_id: str) -> Evidence:
    """Collect what there is about a decision."""
    entries = [v1.Entry.FromString(record.entry) for record in ledger.records]
    about = [entry.offset for entry in entries if entry.decision_id == decision_id]
    policies = [entry.offset for entry in entries if any(event.HasField("policy_applied") for event in entry.events)]
    in_force = max(offset for offset in policies if offset < about[0])
    house = [
        entry.offset
        for entry in entries
        if {event.WhichOneof("kind") for event in entry.events} <= HOUSE
        and (entry.offset not in policies or in_force <= entry.offset < about[-1])
    ]
    return Evidence(
        decision_id=decision_id,
        note=ledger.note(),
        keys=ledger.keys,
        records=[ledger.records[offset - 1] for offset in about],
        house=[ledger.records[offset - 1] for offset in house],
        proofs={offset: await ledger.inclusion(offset, len(ledger.leaves)) for offset in (*house, *about)},
    )


@pytest.fixture(scope="module")
def files(ledger: Shown) -> Files:
    """The files of a pack about a decision that was rejected."""
    entries = [v1.Entry.FromString(record.entry) for record in ledger.records]
    rejected = [entry for entry in entries if any(event.HasField("decision_rejected") for event in entry.events)]
    evidence = asyncio.run(evidence_about(ledger, rejected[-1].decision_id))
    return packs.files_of(check(evidence, signer(ledger.ledger_id).verifier))


def checked(folder: Path, files: Mapping[str, bytes], ledger: Shown, *, number: int = 1) -> CheckedPack:
    path = folder / "pack.zip"
    with path.open("wb") as file:
        packs.write(file, files)
    return check_pack(path, signer(ledger.ledger_id, number).verifier)


def resealed(files: Files) -> Files:
    """Make the manifest anew, as a forger would."""
    manifest = json.loads(files["manifest.json"])
    others = {name: content for name, content in files.items() if name != "manifest.json"}
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in others.items()}
    return {**others, "manifest.json": f"{json.dumps(manifest, indent=2)}\n".encode()}


def test_a_pack_in_order(tmp_path: Path, files: Files, ledger: Shown) -> None:
    """It holds with the ledger's first key, and says no more than it shows."""
    found = checked(tmp_path, files, ledger)
    assert found.compared
    assert found.without_order
    facts = found.facts()
    assert (facts["verified"], facts["numbered"], facts["size"]) == (True, True, 200)
    told = "\n".join(found.told())
    assert "No order is among them" in told
    assert "audit verify" in told


def test_the_end_is_named_though_something_follows_it(tmp_path: Path, ledger: Shown) -> None:
    """Somebody may note something about a decision that has ended: the end is the entry that ended it."""
    entries = [v1.Entry.FromString(record.entry) for record in ledger.records]
    noted = next(
        entry
        for entry in entries
        if entry.events[0].HasField("note_added")
        and any(before.events[0].HasField("decision_rejected") for before in entries if _is_before(before, entry))
    )
    evidence = asyncio.run(evidence_about(ledger, noted.decision_id))
    found = checked(tmp_path, packs.files_of(check(evidence, signer(ledger.ledger_id).verifier)), ledger)
    ended = next(
        entry.offset for entry in entries if _is_before(entry, noted) and entry.events[0].HasField("decision_rejected")
    )
    assert found.without_order
    assert f"entry {ended} is an end" in "\n".join(found.told())


def _is_before(one: v1.Entry, other: v1.Entry) -> bool:
    return one.decision_id == other.decision_id and one.offset < other.offset


def test_another_key(tmp_path: Path, files: Files, ledger: Shown) -> None:
    """The key inside proves nothing: only the one that is trusted counts."""
    assert checked(tmp_path, files, ledger, number=2).compared, "the key that signed it does too"
    with pytest.raises(NotOursError):
        checked(tmp_path, files, ledger, number=3)


def _flip(name: str) -> Callable[[Files], Files]:
    def flip(files: Files) -> Files:
        content = bytearray(files[name])
        content[len(content) // 2] ^= 1
        return {**files, name: bytes(content)}

    return flip


NAMES: Final = (
    *("README.txt", "report.html", "decision.json", "records.jsonl", "house.jsonl", "proofs.json"),
    *("checkpoint.txt", "keys.json", "manifest.json"),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["changed", "changed and resealed", "left out", "left out and resealed", "emptied"])
def test_a_file_that_is_not_as_it_was(tmp_path: Path, files: Files, ledger: Shown, name: str, how: str) -> None:
    """Each file is held to the rest, also where the manifest was made anew."""
    match how:
        case "changed" | "changed and resealed":
            forged = _flip(name)(files)
        case "emptied":
            forged = resealed({**files, name: b""}) if name != "manifest.json" else {**files, name: b""}
        case _:
            forged = {other: content for other, content in files.items() if other != name}
    if "resealed" in how and name != "manifest.json":
        forged = resealed(forged)
    with pytest.raises((ChainBrokenError, UnusableFileError)):
        checked(tmp_path, forged, ledger)


@pytest.mark.parametrize("place", [0, 1])
def test_an_entry_left_out(tmp_path: Path, files: Files, ledger: Shown, place: int) -> None:
    """A pack that leaves out one of the decision's entries, and its proof, does not hold."""
    lines = files["records.jsonl"].splitlines(keepends=True)
    assert len(lines) > 1
    gone = v1.Entry.FromString(_record(lines.pop(place)).entry).offset
    proofs = json.loads(files["proofs.json"])
    proofs["proofs"] = [each for each in proofs["proofs"] if each["offset"] != gone]
    forged = {**files, "records.jsonl": b"".join(lines), "proofs.json": json.dumps(proofs).encode()}
    with pytest.raises(ProofBrokenError):
        checked(tmp_path, resealed(forged), ledger)


def _record(line: bytes) -> v1.LedgerRecord:
    from google.protobuf import json_format

    return json_format.Parse(line, v1.LedgerRecord())


def test_no_pack(tmp_path: Path, ledger: Shown) -> None:
    """What is no archive is no pack."""
    path = tmp_path / "pack.zip"
    path.write_text("not a pack")
    with pytest.raises(UnusableFileError):
        check_pack(path, signer(ledger.ledger_id).verifier)
