"""`scripts/bench parts`, run small: with a program in the profiler's place, which is no part of the environment."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import parts
from benchmarks.progress import Progress
from benchmarks.shown import PARTS

if TYPE_CHECKING:
    from pathlib import Path

LOOKING = """\
import signal, sys
pid, output = sys.argv[sys.argv.index("--pid") + 1], sys.argv[sys.argv.index("--output") + 1]
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("Sampling process", flush=True)
signal.sigwait([signal.SIGINT])
open(output, "w").write(f"thread ({pid}): MainThread;decide (governance_server/domain/decide.py:1) 3\\n")
"""
BLIND = 'print("Permission denied: try again as root")\n'


def profiler(folder: Path, text: str) -> str:
    path = folder / "profiler"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


def measured(folder: Path, text: str) -> dict[str, float]:
    """What a run finds, by name."""
    asked = {"folder": str(folder), "rounds": 1, "cycles": 64, "at_once": 64, "profiler": profiler(folder, text)}
    return {each.name: each.value for each in parts.measure(argparse.Namespace(**asked), Progress(io.StringIO()))}


def test_a_small_run(tmp_path: Path) -> None:
    """The server is looked at while cycles go on, and its threads' time is told by parts; nothing is left behind."""
    found = measured(tmp_path, LOOKING)
    assert found["looks of the profiler"] == 3
    assert found[f"{PARTS}rules: decide and evolve"] > 0, "all of the main thread"
    assert found[f"{PARTS}{parts.TRANSPORT}"] > 0, "the threads that nobody looked at"
    assert found[f"{PARTS}govern and record"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["profiler"]


def test_a_profiler_that_may_not_look(tmp_path: Path) -> None:
    """Where the profiler saw nothing, people read what it said."""
    with pytest.raises(parts.ProfilerError, match=r"saw nothing\. It said: Permission denied: try again as root"):
        measured(tmp_path, BLIND)
