"""Evidence packs: one archive with all it takes to check one decision, but the key. Layout: `docs/audit.md`."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zipfile
import zlib
from contextlib import contextmanager
from importlib import metadata
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf import json_format

from governance import v1
from governance_client import language
from governance_client.audit.evidence import Checked, Evidence
from governance_client.audit.evidence_story import story_of
from governance_client.audit.faults import ProofBrokenError, UnusableFileError
from governance_client.audit.pack_facts import decision_json, readme
from governance_client.audit.pack_json import in_order
from governance_client.audit.pack_page import page
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FORMAT: Final = "governance-workspace evidence 1"
MANIFEST: Final = "manifest.json"
_MADE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that an archive can name: the same evidence gives the same bytes."""
_MODE: Final = 0o100600 << 16
_UNIX: Final = 3
_MOST_BYTES: Final = 256 * 1024 * 1024
"""Of all files together: far beyond a decision with the most entries and the largest proposal there can be."""
_MOST_FILES: Final = 1000
_NO_ARCHIVE: Final = (
    *(OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error),
    ValueError,  # of a place before the file's beginning
)
"""All that reading an archive ends with where it is none."""
_ADVICE: Final = N_(
    "Do not believe the pack; have it made anew by somebody whom you trust, or verify the ledger itself."
)


class Pack(NamedTuple):
    """What an archive holds. Nothing of it is believed yet.

    Attributes:
        evidence: What its page is about.
        language: The language of its page.
        made_with: The version of the program that made it.
        files: Its files, by name.
    """

    evidence: Evidence
    language: str
    made_with: str
    files: Mapping[str, bytes]


def program() -> str:
    """Return what makes packs here, to the version: another may tell the same in other words."""
    return f"{metadata.version('governance-workspace')} Unicode {unicodedata.unidata_version}"


def files_of(checked: Checked) -> dict[str, bytes]:
    """Return the files of a pack in their order, by name, told in the language in use.

    The same evidence gives the same bytes.

    Raises:
        ProofBrokenError: An entry holds what cannot be told, such as a moment in no year that there is.
    """
    try:
        return _files_of(checked)
    except (ValueError, json_format.Error):
        raise ProofBrokenError(0, _("it holds a value that no server writes"), _(_ADVICE)) from None


def _files_of(checked: Checked) -> dict[str, bytes]:
    evidence, story = checked.evidence, story_of(checked)
    files = {
        "README.txt": readme(story).encode(),
        "report.html": page(story).encode(),
        "decision.json": decision_json(story).encode(),
        "records.jsonl": _lines(evidence.records),
        "house.jsonl": _lines(evidence.house),
        "proofs.json": _proofs(evidence, checked.checkpoint.size),
        "checkpoint.txt": evidence.note.encode(),
        "keys.json": _json({"keys": [in_order(each) for each in evidence.keys]}),
        **{f"policy-{each.told.entry.offset}.toml": each.event.document.encode() for each in story.policies},
    }
    manifest = {
        "format": FORMAT,
        "decision_id": evidence.decision_id,
        "ledger_id": checked.checkpoint.ledger_id,
        "language": language.spoken(),
        "made_with": program(),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return {**files, MANIFEST: _json(manifest)}


def write(file: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Write an archive: the same files give the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _MADE)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            archive.writestr(entry, content)


def read(archive_file: Path | IO[bytes]) -> Pack:
    """Read an archive, and check that it is whole: that it has the files of its manifest, as that describes them.

    Args:
        archive_file: Where it is, or the archive itself, open.

    Raises:
        UnusableFileError: It cannot be read, or is no pack.
        ProofBrokenError: A file is missing, too many, or not as the manifest says.
    """
    try:
        with zipfile.ZipFile(archive_file) as archive:
            files = _unpacked(archive)
    except _NO_ARCHIVE as error:
        raise _unusable(str(error)) from None
    manifest = _parsed(files, MANIFEST)
    if manifest.get("format") != FORMAT:
        raise _unusable(_("it is of a form that this version does not know"))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != MANIFEST}
    if digests != manifest.get("files"):
        listed = manifest.get("files")
        named = listed if isinstance(listed, dict) else {}
        raise _differs(min(name for name in {*digests, *named} if digests.get(name) != named.get(name)))
    return Pack(_evidence(files, manifest), str(manifest.get("language")), str(manifest.get("made_with")), files)


def compare(pack: Pack, checked: Checked) -> bool:
    """Check that the files that tell of the evidence are those that it gives.

    Args:
        pack: As it was read.
        checked: Its evidence, which holds.

    Returns:
        Whether the page and what else is told in words was compared. It is not where another version of this program
        made it, or where its language is not there: it may then say what the evidence does not.

    Raises:
        ProofBrokenError: A file is not what the evidence gives.
    """
    alike = pack.made_with == program()
    with _speaking(pack.language) as speaking:
        files = files_of(checked)
    words = set() if alike and speaking else {"README.txt", "report.html", "decision.json", MANIFEST}
    if files.keys() != pack.files.keys():
        raise _differs(min(files.keys() ^ pack.files.keys()))
    for name, content in files.items():
        if name not in words and pack.files[name] != content:
            raise _differs(name)
    return not words


@contextmanager
def _speaking(wished: str) -> Iterator[bool]:
    """Speak a language for as long as the block lasts; say whether that is so."""
    before = language.spoken()
    if wished == before:
        yield True
        return
    try:
        language.use(wished if wished in language.LANGUAGES else before)
    except FileNotFoundError:
        yield False
        return
    try:
        yield language.spoken() == wished
    finally:
        language.use(before)


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    found = archive.infolist()
    names = [each.filename for each in found]
    if len(found) > _MOST_FILES or len(set(names)) < len(names):
        raise _unusable(_("it has too many files, or two of one name"))
    if sum(each.file_size for each in found) > _MOST_BYTES:
        raise _unusable(_("it is too large"))
    if any(each.compress_type != zipfile.ZIP_STORED for each in found):
        raise _unusable(_("something in it is compressed, which nothing in a pack is"))
    return {each.filename: archive.read(each) for each in found}


def _evidence(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Evidence:
    """Return what the files hold as evidence. Raises UnusableFileError."""
    try:
        proofs = _parsed(files, "proofs.json")["proofs"]
        keys = _parsed(files, "keys.json")["keys"]
        return Evidence(
            decision_id=str(manifest.get("decision_id")),
            note=files["checkpoint.txt"].decode(),
            keys=[json_format.ParseDict(each, v1.CheckpointKey()) for each in keys],
            records=[json_format.Parse(line, v1.LedgerRecord()) for line in files["records.jsonl"].splitlines()],
            house=[json_format.Parse(line, v1.LedgerRecord()) for line in files["house.jsonl"].splitlines()],
            proofs={int(each["offset"]): _proof(each) for each in proofs},
        )
    except (KeyError, TypeError, ValueError, OverflowError, json_format.ParseError, SystemError) as error:
        raise _unusable(str(error)) from None  # SystemError is protobuf's for half a character in a name


def _proof(told: Mapping[str, Any]) -> v1.GetInclusionProofResponse:
    return v1.GetInclusionProofResponse(
        leaf_hash=bytes.fromhex(told["leaf_hash"]), hashes=[bytes.fromhex(each) for each in told["hashes"]]
    )


def _parsed(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        found = json.loads(files[name])
    except (KeyError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _unusable(_("{file} is missing, or cannot be read").format(file=name))
    return found


def _proofs(evidence: Evidence, size: int) -> bytes:
    listed = [
        {"offset": offset, "leaf_hash": proof.leaf_hash.hex(), "hashes": [each.hex() for each in proof.hashes]}
        for offset, proof in sorted(evidence.proofs.items())
    ]
    return _json({"tree_size": size, "proofs": listed})


def _lines(records: Iterable[v1.LedgerRecord]) -> bytes:
    return "".join(f"{json.dumps(in_order(record))}\n" for record in records).encode()


def _json(value: object) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()


def _unusable(why: str) -> UnusableFileError:
    return UnusableFileError(_("This is no evidence pack that can be checked: {why}.").format(why=why))


def _differs(name: str) -> ProofBrokenError:
    said = _("{file} in the pack is not what the evidence in it gives").format(file=name)
    return ProofBrokenError(0, said, _(_ADVICE))
