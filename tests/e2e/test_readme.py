"""The README's two-minute tour works as it stands there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOUR_TIMEOUT_S = 100
"""Below the time limit of a test, so that a tour that hangs shows how far it came."""


def tour() -> str:
    """Return the tour's blocks in their order, but for the port: a free one, since others may run beside it."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Two minutes\n")[2].partition("\n## ")[0]
    blocks = "".join(re.findall(r"^```bash\n(.*?)^```", section, re.DOTALL | re.MULTILINE))
    assert blocks.count("serve house ") == 1
    return blocks.replace("serve house ", "serve house --listen 127.0.0.1:0 ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the examples in it, as the project's root has them."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.fixture
def bash(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A shell on that folder; whatever it started ends with the test."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GOVERNANCE_")}
    environ["TMPDIR"] = str(folder)
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    with subprocess.Popen(
        ["bash", "-e", "-u"],
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        yield shell
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def test_tour(bash: subprocess.Popen[str]) -> None:
    """Whoever types the tour's commands sees each of them do what the README says."""
    ending = "\nkill $(jobs -p) 2> /dev/null; wait; exit 0\n"
    try:
        said, _ = bash.communicate(tour() + ending, timeout=TOUR_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        pytest.fail(f"The tour did not end; it said so far:\n{(error.output or b'').decode(errors='replace')}")
    assert bash.returncode == 0, said
    assert "serving, answered in" in said
    assert "refused, as it has to be" in said
    assert "The ledger is in order" in said
    assert " by maximus" in said, "watch showed nothing"
    assert '"action"' in said, "nothing was executed"
