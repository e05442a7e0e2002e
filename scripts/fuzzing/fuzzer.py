"""The fuzzer: runs the worker for one harness, follows what libFuzzer says, and starts anew after a finding."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fuzz.registry import Harness

MOST_FINDINGS: Final = 10
"""Of one harness in one run: whoever has so many has enough to mend."""
_RSS_LIMIT_MB: Final = 2048
_TIMEOUT_S: Final = 30
"""An input that hangs is a finding after that; what merely takes long, the harness itself finds."""
_STATUS: Final = re.compile(r"#(?P<count>\d+)\s+\w+\s+cov: (?P<edges>\d+) ft: (?P<features>\d+)")
_COUNT: Final = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_NEW: Final = re.compile(r"stat::new_units_added:\s*(\d+)")
_LAST_LINES: Final = 60
_FOUND: Final = 77
"""How a worker ends that an input broke something in."""
_ENDED: Final = (0, 72, 128 + signal.SIGINT)
"""How a worker ends that found nothing: by itself, or told to stop; then what it last said counts."""


class FuzzerError(Exception):
    """The fuzzer could not run; the text has its last words."""


@dataclass
class Outcome:
    """What came of fuzzing one harness.

    Attributes:
        name: Which harness.
        executions: How many inputs were run, as libFuzzer counts them.
        new_inputs: How many of them reached what none before had reached, or reached it in a new way.
        edges: How many places in the code were reached, as libFuzzer counts them.
        features: The same with how often each was.
        took_s: How long it took.
        findings: The inputs that broke something.
        said: The last words of the run that found one.
        failure: What kept the fuzzer itself from going on; empty where nothing did.
    """

    name: str
    executions: int = 0
    new_inputs: int = 0
    edges: int = 0
    features: int = 0
    took_s: float = 0.0
    findings: list[Path] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def per_second(self) -> float:
        """Executions a second."""
        return self.executions / self.took_s if self.took_s else 0.0


class Fuzzer:
    """Fuzzes one harness, keeping its corpus and findings in a folder.

    Args:
        harness: Which.
        folder: Of this harness alone: `corpus` in it grows from run to run, `found` has what broke something.
    """

    def __init__(self, harness: Harness, folder: Path) -> None:
        self._harness = harness
        self._corpus = folder / "corpus"
        self._found = folder / "found"
        for each in (self._corpus, self._found):
            each.mkdir(parents=True, exist_ok=True)

    def run(self, executions: int, seconds: float, tell: Callable[[Outcome], None]) -> Outcome:
        """Fuzz for so many executions, or so long if that is shorter; 0 for no such bound."""
        outcome, started = Outcome(self._harness.name), time.monotonic()
        write_seeds(self._harness, self._corpus)
        while len(outcome.findings) < MOST_FINDINGS:
            left = executions - outcome.executions if executions else 0
            left_s = max(seconds - (time.monotonic() - started), 0.0) if seconds else 0.0
            if (executions and left <= 0) or (seconds and left_s < 1):
                break
            try:
                found = self._once(outcome, left, int(left_s), tell)
            except FuzzerError as error:
                outcome.failure, found = str(error), False
            outcome.took_s = time.monotonic() - started
            if not found:
                break
        return outcome

    def _once(self, outcome: Outcome, left: int, left_s: int, tell: Callable[[Outcome], None]) -> bool:
        """Run the worker once; return whether it ended with a finding."""
        known = set(self._found.iterdir())
        before, new_before = outcome.executions, outcome.new_inputs
        limits = [f"-runs={left}"] if left else []
        limits += [f"-max_total_time={left_s}"] if left_s else []
        said: list[str] = []
        with start(self._harness, [*limits, *self._options()]) as worker:
            assert worker.stderr is not None
            for line in worker.stderr:
                said = [*said[-_LAST_LINES:], line]
                if status := _STATUS.search(line):
                    outcome.executions = before + int(status["count"])
                    outcome.edges, outcome.features = int(status["edges"]), int(status["features"])
                    tell(outcome)
                elif count := _COUNT.search(line):
                    outcome.executions = before + int(count[1])
                elif new := _NEW.search(line):
                    outcome.new_inputs = new_before + int(new[1])
        found = sorted(set(self._found.iterdir()) - known)
        if worker.returncode == _FOUND and known and not found:
            return False  # what it found is among what was found before, and it would find nothing else
        if worker.returncode not in _ENDED and not found:
            raise FuzzerError(f"The fuzzer of {outcome.name} ended with {worker.returncode}:\n{''.join(said)}")
        outcome.findings += found
        outcome.said = said if found else outcome.said
        return bool(found)

    def _options(self) -> list[str]:
        dictionary = self._harness.dictionary()
        kept = self._harness.corpus()
        return [
            f"-max_len={self._harness.most_bytes}",
            f"-artifact_prefix={self._found}{os.sep}",
            f"-rss_limit_mb={_RSS_LIMIT_MB}",
            f"-timeout={_TIMEOUT_S}",
            "-print_final_stats=1",
            "-reload=0",
            *([f"-dict={dictionary}"] if dictionary else []),
            str(self._corpus),
            *([str(kept[0].parent)] if kept else []),
        ]


def start(harness: Harness, options: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start the worker for a harness; what libFuzzer says comes out of its standard error."""
    return subprocess.Popen(
        [sys.executable, "-m", "fuzzing.worker", harness.name, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(environment or {})},
    )


def write_seeds(harness: Harness, folder: Path) -> None:
    """Write a harness's seeds into a corpus, each under a number of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(harness.seeds()):
        (folder / f"seed-{number:03}").write_bytes(seed[: harness.most_bytes])
