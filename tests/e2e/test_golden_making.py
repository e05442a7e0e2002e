"""`scripts/golden` makes golden ledgers that later versions are held to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from golden_ledgers.making import STORIES, make
from governance import v1
from governance_client.audit.memory import Memory
from governance_client.audit.notes import VerifierKey
from governance_client.audit.verifying import verify_records
from tests.support.golden import CHECKPOINT, DATABASE, FACTS, FIRST_KEY, FOLDER, RECORDS, WITNESS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("story", STORIES)
def test_made(story: str, tmp_path: Path) -> None:
    """A golden ledger has all its files, is small, and holds every kind of event that its story is to have."""
    folder = tmp_path / "golden"
    assert make(story, folder) < 150_000
    assert {path.name for path in folder.iterdir()} == {CHECKPOINT, DATABASE, FACTS, FIRST_KEY, RECORDS, WITNESS}
    facts = json.loads((folder / FACTS).read_text())
    assert facts["verified"]["witnessed"] == facts["verified"]["size"] == facts["verified"]["head"]
    kinds = {field.name for field in v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields}
    if story == "everything":
        assert set(facts["events"]) == kinds - {"entries_pruned"}
        key = VerifierKey.parse((folder / FIRST_KEY).read_text().strip())
        lines = (folder / RECORDS).read_text().splitlines()
        verify_records(lines, (folder / CHECKPOINT).read_text(), Memory(tmp_path), key=key)
    else:
        assert facts["verified"]["removed"] > 200
        assert facts["events"]["entries_pruned"] == 1
    assert b"PRIVATE" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_one_that_is_there_is_not_made_again() -> None:
    """A golden ledger never changes: the program that makes them refuses a name that is taken."""
    name = next(FOLDER.iterdir()).name
    done = subprocess.run(
        [sys.executable, FOLDER.parents[2] / "scripts" / "golden", "everything", name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOVERNANCE_ENVIRONMENT": sys.prefix},
    )
    assert done.returncode == 1, done.stderr
    assert "never changes" in done.stderr
