"""Every input that the fuzzer kept, and every one that once broke something, through its harness without the fuzzer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.registry import CORPORA, CRASHES, HARNESSES, Harness

if TYPE_CHECKING:
    from pathlib import Path

MOST_FILES = 60
MOST_BYTES = 4096
FOUND = (CRASHES / "FOUND.md").read_text(encoding="utf-8")
CASES = [
    pytest.param(harness, path, id=f"{harness.name}-{path.name}") for harness in HARNESSES for path in harness.crashes()
]


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_what_the_fuzzer_kept(harness: Harness) -> None:
    """Whatever others wrote is taken as documented: in order, or refused with the error that says so."""
    target = harness.target()
    for data in (*harness.seeds(), *(path.read_bytes() for path in harness.corpus())):
        target(data)


@pytest.mark.parametrize(("harness", "crash"), CASES)
def test_what_once_broke_something(harness: Harness, crash: Path) -> None:
    """What broke something once is listed with what it broke, and breaks it no more."""
    assert f"`{harness.name}/{crash.name}`" in FOUND
    harness.target()(crash.read_bytes())


def test_the_list_of_findings_names_what_is_there() -> None:
    """Every input that the list names is kept."""
    named = re.findall(r"`([a-z]+/[a-z0-9-]+)`", FOUND)
    assert named
    assert all((CRASHES / name).is_file() for name in named)


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_corpora_are_small(harness: Harness) -> None:
    """A corpus is what a repository should hold: few inputs, and short ones; and no folder is without its harness."""
    kept = harness.corpus()
    assert 0 < len(kept) <= MOST_FILES
    assert all(path.stat().st_size <= MOST_BYTES for path in kept)
    assert {path.name for path in CORPORA.iterdir()} == {each.name for each in HARNESSES}
