"""The tests' harness for programs beside them: a real server, a real console, a terminal that is typed at and read."""

from __future__ import annotations

import os
import sys

import environment

_PATH = os.pathsep.join([str(environment.ROOT / "scripts"), str(environment.ROOT)])
"""Where `tests.support` and the parts of the scripts are imported from, by this program and by those it starts."""


def go_on() -> None:
    """Go on under the environment's Python, which has the tools; return where this is it already.

    Raises:
        InstallationError: The environment could not be made.
    """
    environment.with_supported_python()
    python = str(environment.ensure("dev") / "python")
    if sys.executable == python and os.environ.get("PYTHONPATH", "").endswith(_PATH):
        return
    sys.stdout.flush()
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([before, _PATH]) if before else _PATH
    os.execv(python, [python, *sys.argv])  # noqa: S606 - the same program, where what it needs is installed
