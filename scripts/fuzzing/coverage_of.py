"""Coverage: which lines of the code that a harness is about its inputs reach."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.fuzz.registry import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from tests.fuzz.registry import Harness

_PATIENCE_S: Final = 600.0


def share_of(harness: Harness, corpora: list[Path]) -> float:
    """Return how many of a hundred lines of a harness's modules its inputs reach, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="governance-fuzz-") as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "fuzzing.coverage_of", harness.name, str(report), *map(str, corpora)]
        subprocess.run(command, check=True, timeout=_PATIENCE_S, stdout=subprocess.DEVNULL)
        share: float = json.loads(report.read_text(encoding="utf-8"))["totals"]["percent_covered"]
        return share


def lines_of(harness: Harness, inputs: Mapping[str, bytes]) -> dict[str, set[tuple[str, int]]]:
    """Return the lines of a harness's modules that each input reaches."""
    target = harness.target()
    files = {importlib.import_module(name).__file__ for name in harness.measured}
    return {name: _reached(target, data, files) for name, data in inputs.items()}


def _reached(target: Any, data: bytes, files: set[str | None]) -> set[tuple[str, int]]:
    reached: set[tuple[str, int]] = set()

    def line(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            reached.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    def call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return line if frame.f_code.co_filename in files else None

    former = sys.gettrace()  # whoever measures the tests goes on afterwards
    sys.settrace(call)
    try:
        target(data)
    finally:
        sys.settrace(former)
    return reached


def _measure(name: str, report: str, *folders: str) -> None:
    """Run every input of the folders, and write which lines were reached."""
    import coverage

    harness = BY_NAME[name]
    measuring = coverage.Coverage(data_file=None, branch=False, config_file=False, source_pkgs=list(harness.measured))
    measuring.start()
    target = harness.target()
    for folder in folders:
        for path in sorted(Path(folder).iterdir()):
            target(path.read_bytes())
    measuring.stop()
    measuring.json_report(outfile=report)


if __name__ == "__main__":
    _measure(*sys.argv[1:])
