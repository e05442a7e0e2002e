"""Golden ledgers: what real programs of earlier versions left, in tests/vectors/ledgers, a folder each."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).parents[1] / "vectors" / "ledgers"
DATABASE: Final = "ledger.db.xz"
"""The server's database, as `governance-server backup` wrote it."""
RECORDS: Final = "records.jsonl"
"""Every entry, as `governance audit ls --format records` wrote it for a reader who may see everything."""
CHECKPOINT: Final = "checkpoint.txt"
"""The last checkpoint, as `governance audit verify --output` wrote it."""
FIRST_KEY: Final = "first.vkey"
"""The first key that checkpoints were signed with, as `governance-server init` wrote it."""
WITNESS: Final = "witness.vkey"
"""The key of who has cosigned the last checkpoint."""
FACTS: Final = "facts.json"
"""What `governance audit verify --json` found at the time, and how often each event is there."""


class Golden:
    """One golden ledger.

    Attributes:
        name: Its folder's name.
    """

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder

    @property
    def facts(self) -> dict[str, Any]:
        """What was found when it was made."""
        found: dict[str, Any] = json.loads(self.text(FACTS))
        return found

    @property
    def has_proof(self) -> bool:
        """It has a tree and checkpoints; it was not made before there were any."""
        return (self._folder / CHECKPOINT).exists()

    def text(self, file: str) -> str:
        """Return what one of its files says."""
        return (self._folder / file).read_text(encoding="utf-8")

    def unpack(self, path: Path) -> Path:
        """Write its database there; return the path."""
        path.write_bytes(lzma.decompress((self._folder / DATABASE).read_bytes()))
        path.chmod(0o600)
        return path


def goldens() -> list[Golden]:
    """Return all golden ledgers, by name."""
    return [Golden(path.parent) for path in sorted(FOLDER.glob(f"*/{FACTS}"))]


def recorded(records: str) -> list[v1.LedgerRecord]:
    """Return the records of an export."""
    return [json_format.Parse(line, v1.LedgerRecord()) for line in records.splitlines()]


def kinds_of(records: str) -> Iterator[str]:
    """Yield the kind of each event in an export of records."""
    for record in recorded(records):
        for event in v1.Entry.FromString(record.entry).events:
            yield event.WhichOneof("kind") or ""
