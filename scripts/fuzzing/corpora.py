"""Corpora: what is worth keeping of all inputs of a harness, small enough for the tree."""

from __future__ import annotations

import hashlib
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fuzz.registry import CORPORA

from fuzzing.coverage_of import lines_of
from fuzzing.fuzzer import FuzzerError, start, write_seeds
from fuzzing.worker import LAUNCHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.fuzz.registry import Harness

MOST_FILES: Final = 60
MOST_BYTES: Final = 4096
"""Of a file, and so many files: what a repository should hold."""


def keep(harness: Harness, work: Path) -> int:
    """Put the smallest inputs that reach the most into the tree, in place of what is there; return how many.

    Args:
        harness: Which.
        work: The corpus that was grown.

    Raises:
        FuzzerError: The corpora could not be merged.
    """
    with tempfile.TemporaryDirectory(prefix="governance-fuzz-") as name:
        merged, seeds = Path(name) / "merged", Path(name) / "seeds"
        merged.mkdir()
        write_seeds(harness, seeds)
        kept = CORPORA / harness.name
        _merge(harness, Path(name), [merged, *(each for each in (kept, seeds, work) if each.is_dir())])
        inputs = {path.name: path.read_bytes() for path in sorted(merged.iterdir())}
        small = {name: data for name, data in inputs.items() if len(data) <= MOST_BYTES}
        chosen = [small[name] for name in _chosen(harness, small)]
    kept.mkdir(parents=True, exist_ok=True)
    for path in kept.iterdir():
        path.unlink()
    for data in chosen:
        (kept / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len(chosen)


def _merge(harness: Harness, folder: Path, corpora: list[Path]) -> None:
    """Have libFuzzer take those of all inputs that reach new places, the smallest first."""
    launcher = folder / "worker"
    program = shlex.join([sys.executable, "-m", "fuzzing.worker", harness.name])
    launcher.write_text(f'#!/bin/sh\nexec {program} "$@"\n', encoding="utf-8")
    launcher.chmod(0o700)
    options = ["-merge=1", "-use_counters=0", f"-max_len={MOST_BYTES}", *map(str, corpora)]
    merging = start(harness, options, {LAUNCHER: str(launcher)})
    said = merging.communicate()[1]
    if merging.returncode:
        raise FuzzerError(f"The corpora of {harness.name} cannot be merged:\n{said[-2000:]}")


def _chosen(harness: Harness, inputs: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the names of so many inputs that reach the most lines, each chosen for what it adds, then the smallest."""
    reached = lines_of(harness, inputs)
    known: set[tuple[str, int]] = set()
    left = dict(sorted(inputs.items(), key=lambda one: (len(one[1]), one[0])))
    for _ in range(min(MOST_FILES, len(left))):
        best = max(left, key=lambda name: len(reached[name] - known))
        known |= reached[best]
        del left[best]
        yield best
