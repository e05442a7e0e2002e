"""`scripts/generate`: run by whatever Python there is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "scripts" / "generate"


def test_it_goes_on_in_the_environment_that_has_the_compiler(tmp_path: Path) -> None:
    """Whoever runs it with nothing installed gets the stubs, and no traceback."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\necho "went on:" "$@"\n')
    python.chmod(0o700)
    environment = {**os.environ, "GOVERNANCE_ENVIRONMENT": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-E", "-S", str(PROGRAM), "--check"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"went on: {PROGRAM} --check\n"
