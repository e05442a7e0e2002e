"""Packs: an archive of evidence that was changed is refused, or says what the honest one says."""

from __future__ import annotations

import functools
import hashlib
import io
import json
from typing import TYPE_CHECKING, Final

from governance_client.audit import pack as packs
from governance_client.audit.evidence import check
from governance_client.audit.faults import UnusableFileError
from governance_client.audit.pack_check import check_pack
from governance_client.errors import ProtocolError
from governance_client.verify import ChainBrokenError
from tests.fuzz.choices import Choices
from tests.fuzz.harnesses.exports import vector
from tests.fuzz.harnesses.proofs import mutated
from tests.fuzz.telling import assert_told

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS: Final = frozenset({"README.txt", "report.html", "decision.json", packs.MANIFEST})
_REFUSED: Final = (UnusableFileError, ChainBrokenError, ProtocolError)


def target(data: bytes) -> None:
    """Check an archive that was made by somebody else."""
    choices = Choices(data)
    way = choices.byte() & 3
    content = choices.rest() if way == 0 else _archive(choices, sealed=way != 1)
    if way == 3:
        content = mutated(choices, content[-400:]) if choices.chance() else mutated(choices, content)
    try:
        found = check_pack(io.BytesIO(content), vector().key)
    except _REFUSED as error:
        assert_told(error)
        return
    honest = vector().evidence
    assert found.checked.evidence.decision_id == honest.decision_id
    assert [each.entry for each in found.checked.evidence.records] == [each.entry for each in honest.records]
    files = packs.read(io.BytesIO(content)).files
    for name, text in _files().items():
        if found.compared or name not in _WORDS:
            assert files[name] == text or name == packs.MANIFEST, f"{name} was changed, and nobody noticed"


@functools.cache
def _files() -> dict[str, bytes]:
    known = vector()
    return packs.files_of(check(known.evidence, known.key))


def _archive(choices: Choices, *, sealed: bool) -> bytes:
    """Return an archive with some of its files changed, and its manifest made anew where it is sealed."""
    files = dict(_files())
    for _ in range(choices.below(3)):
        name = choices.pick(tuple(files) or ("x",))
        way = choices.byte() & 3
        if way == 0:
            files.pop(name, None)
        elif way == 1:
            files[choices.text(12).replace("\0", "") or "x"] = choices.raw()
        else:
            files[name] = mutated(choices, files.get(name, b""))
    if sealed and packs.MANIFEST in files:
        files[packs.MANIFEST] = _sealed(choices, files)
    written = io.BytesIO()
    packs.write(written, files)
    return written.getvalue()


def _sealed(choices: Choices, files: dict[str, bytes]) -> bytes:
    manifest = json.loads(_files()[packs.MANIFEST])
    manifest["files"] = {name: hashlib.sha256(it).hexdigest() for name, it in files.items() if name != packs.MANIFEST}
    if choices.byte() & 7 == 7:
        manifest[choices.pick(tuple(manifest))] = choices.pick((choices.text(8), None, [], {"a": 1}, 7, "pt_BR"))
    return f"{json.dumps(manifest, indent=2)}\n".encode()


def seeds() -> Iterator[bytes]:
    """Give the honest archive's start, and changes to every file of it."""
    yield b"\2\0\0"
    yield b"\0PK\5\6" + bytes(18)
    yield b"\0" + _archive(Choices(b""), sealed=True)[:3000]
    for number in range(len(_files())):
        yield bytes([2, 1, number, 2, 1, number * 9, 0, 48, 0])
        yield bytes([1, 1, number, 0, 0])
        yield bytes([2, 1, number, 2, 1, number * 7, 2, 3, 48, 49, 50, 7])
    yield bytes([3, 0, 0, 1, 2, 40, 0, 7])
