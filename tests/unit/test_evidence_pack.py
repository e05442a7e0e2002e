"""Evidence packs as files: the same bytes for the same evidence, and no file of them changed unnoticed."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client import language
from governance_client.audit import pack
from governance_client.audit.evidence import check
from governance_client.audit.faults import ProofBrokenError, UnusableFileError
from governance_client.audit.pack_json import in_order
from governance_client.errors import ClientError
from tests.support.audited import Shown, lived
from tests.support.evidence import checked_of, key_of, with_event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived(150))


@pytest.fixture(scope="module")
def files(ledger: Shown) -> dict[str, bytes]:
    return pack.files_of(checked_of(ledger, with_event(ledger, "decision_escalated")))


def written(path: Path, files: Mapping[str, bytes]) -> Path:
    with path.open("wb") as file:
        pack.write(file, files)
    return path


def verify(path: Path, ledger: Shown) -> bool:
    found = pack.read(path)
    return pack.compare(found, check(found.evidence, key_of(ledger)))


def listed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with a manifest that was made to fit them, as a forger would."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"
    }
    return {**files, "manifest.json": f"{json.dumps(manifest, indent=2)}\n".encode()}


def test_a_pack_is_read_back_and_verifies(ledger: Shown, files: dict[str, bytes], tmp_path: Path) -> None:
    """A third party with the key finds the pack in order, its page included."""
    assert verify(written(tmp_path / "pack.zip", files), ledger)


def test_the_same_evidence_gives_the_same_bytes(ledger: Shown, files: dict[str, bytes], tmp_path: Path) -> None:
    """Two packs of one decision at one checkpoint are one and the same, by whomever they were made."""
    again = pack.files_of(checked_of(ledger, with_event(ledger, "decision_escalated")))
    first, second = written(tmp_path / "1.zip", files), written(tmp_path / "2.zip", again)
    assert first.read_bytes() == second.read_bytes()
    names = list(files)
    assert (names[:2], names[-1]) == (["README.txt", "report.html"], "manifest.json")
    with zipfile.ZipFile(first) as archive:
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_tables_are_told_in_one_order() -> None:
    """What core tells by name is sorted by it: a pack is compared to the letter, and a map keeps no order."""
    names = [f"name-{number}" for number in range(20)]
    forward, backward = (
        in_order(v1.Proposal(metadata=dict.fromkeys(order, "-"))) for order in (names, list(reversed(names)))
    )
    assert list(forward["metadata"]) == list(backward["metadata"]) == sorted(names)


def test_a_moment_in_no_year_is_told(ledger: Shown) -> None:
    """Of an entry that says what no form can say there is a sentence and no pack, whoever signed it."""
    checked = checked_of(ledger, with_event(ledger, "decision_rejected"))
    entry = v1.Entry()
    entry.CopyFrom(checked.entries[-1].entry)
    entry.recorded_at.seconds = 2**62
    forged = checked._replace(entries=[*checked.entries[:-1], checked.entries[-1]._replace(entry=entry)])
    with pytest.raises(ProofBrokenError, match="a value that no server writes"):
        pack.files_of(forged)


def test_any_changed_file_is_found(ledger: Shown, files: dict[str, bytes], tmp_path: Path) -> None:
    """A byte changed, added or taken in any file is found, also where the manifest was made to fit."""
    for name, content in files.items():
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        for changed in (flipped, content + b" ", content[:-2], b""):
            forged = {**files, name: changed}
            for each in (forged, listed(forged) if name != "manifest.json" else forged):
                with pytest.raises(ClientError):
                    verify(written(tmp_path / "pack.zip", each), ledger)


def test_a_file_added_or_taken_is_found(ledger: Shown, files: dict[str, bytes], tmp_path: Path) -> None:
    """A pack has its own files and no other."""
    for name in files:
        left = {each: content for each, content in files.items() if each != name}
        with pytest.raises(ClientError):
            verify(written(tmp_path / "pack.zip", left), ledger)
        if name != "manifest.json":
            with pytest.raises(ClientError):
                verify(written(tmp_path / "pack.zip", listed(left)), ledger)
    with pytest.raises(ProofBrokenError, match=r"extra\.html"):
        verify(written(tmp_path / "pack.zip", listed({**files, "extra.html": b"<p>"})), ledger)


def test_a_page_of_another_version_is_not_taken_for_compared(
    ledger: Shown, files: dict[str, bytes], tmp_path: Path
) -> None:
    """Where another version made the page, the evidence is checked and the page is said not to have been."""
    manifest = json.loads(files["manifest.json"])
    manifest["made_with"] = "another"
    forged = {**files, "report.html": b"<p>All is well.", "manifest.json": json.dumps(manifest).encode()}
    assert not verify(written(tmp_path / "pack.zip", listed(forged)), ledger)
    stranger = {**files, "keys.json": b'{"keys": []}', "manifest.json": json.dumps(manifest).encode()}
    with pytest.raises(ProofBrokenError):
        verify(written(tmp_path / "pack.zip", listed(stranger)), ledger)


def test_a_pack_in_another_language_is_compared_in_it(ledger: Shown, tmp_path: Path) -> None:
    """Whoever speaks another language than the pack finds it in order all the same, and speaks it afterwards."""
    language.use("pt_BR")
    try:
        files = pack.files_of(checked_of(ledger, with_event(ledger, "decision_escalated")))
    finally:
        language.use("en")
    assert b'<html lang="pt-BR">' in files["report.html"]
    path = written(tmp_path / "pack.zip", files)
    assert verify(path, ledger)
    assert language.spoken() == "en"
    manifest = {**json.loads(files["manifest.json"]), "language": "tlh"}
    assert not verify(written(path, {**files, "manifest.json": json.dumps(manifest).encode()}), ledger)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_what_is_no_pack_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    """A file that is no archive is refused in words."""
    (tmp_path / "pack.zip").write_bytes(content)
    with pytest.raises(UnusableFileError, match="no evidence pack"):
        pack.read(tmp_path / "pack.zip")
    with pytest.raises(UnusableFileError, match="no evidence pack"):
        pack.read(tmp_path / "missing.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compressed_archive_is_not_unpacked(method: int, files: dict[str, bytes], tmp_path: Path) -> None:
    """Nothing in a pack is compressed, so that nothing of a stranger's has to be unpacked to find out what it is."""
    with zipfile.ZipFile(tmp_path / "pack.zip", "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(UnusableFileError, match="compressed"):
        pack.read(tmp_path / "pack.zip")


def test_an_archive_that_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    """What says that it unpacks to more than a pack can have is refused before any of it is unpacked."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("report.html", "w") as file:
        for _number in range(260):
            file.write(bytes(1 << 20))
    (tmp_path / "pack.zip").write_bytes(made.getvalue())
    with pytest.raises(UnusableFileError, match="too large"):
        pack.read(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as archive:
        for number in range(1001):
            archive.writestr(str(number), b"")
    with pytest.raises(UnusableFileError, match="too many"):
        pack.read(tmp_path / "pack.zip")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"[]"),
        ("manifest.json", b"{"),
        ("manifest.json", b"[" * 100_000),
        ("proofs.json", b'{"proofs": 7}'),
        ("proofs.json", b'{"proofs": [{"offset": "x"}]}'),
        ("proofs.json", b'{"proofs": [{"offset": Infinity, "leaf_hash": "", "hashes": []}]}'),
        ("keys.json", b'{"keys": [{"\\ud800": 1}]}'),
        ("records.jsonl", b'{"\\ud800": 1}\n'),
        ("keys.json", b'{"keys": [{"no_such_field": 1}]}'),
        ("records.jsonl", b"{}\n7\n"),
        ("house.jsonl", b"\xff"),
        ("checkpoint.txt", b"\xff"),
    ],
)
def test_nonsense_is_refused_in_words(
    name: str, content: bytes, ledger: Shown, files: dict[str, bytes], tmp_path: Path
) -> None:
    """Whatever a file holds, checking it ends with a sentence."""
    forged = {**files, name: content}
    with pytest.raises(ClientError):
        verify(written(tmp_path / "pack.zip", forged if name == "manifest.json" else listed(forged)), ledger)
