"""The project's own environment: `.venv`, holding exactly what a lock in requirements/ names.

Needs nothing but Python itself, so that a fresh clone can start with it.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")
READY_VARIABLE = "GOVERNANCE_ENVIRONMENT"
"""Names an environment that is ready and is used as it is, instead of `.venv`."""
STAMP = "governance-lock"
"""What the environment holds: the lock's name and a digest, written last."""
INCLUDED = {"runtime": ("dev", "runtime"), "dev": ("dev",)}
"""Which locks hold all that a lock holds."""
LAST_LINES = 25
"""How much of pip's output is shown when it fails: its error is at the end."""

_REQUIREMENT = re.compile(r"^(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)(?:==(\S+))?")


class InstallationError(Exception):
    """The environment could not be made; the message says why and what to do."""


def ensure(lock: str) -> Path:
    """Make the environment hold what a lock names, with visible progress, unless it does already.

    Args:
        lock: `runtime` or `dev`.

    Returns:
        The folder of the environment's programs.

    Raises:
        InstallationError: It could not be made.
    """
    ready = os.environ.get(READY_VARIABLE)
    if ready:
        return Path(ready) / "bin"
    home = ROOT / ".venv"
    binaries = home / "bin"
    if _holds(home, lock):
        return binaries
    if not _works(binaries / "python"):
        _make(home)
    _install(binaries, lock)
    (home / STAMP).write_text(_stamp(lock), encoding="utf-8")
    return binaries


def with_supported_python() -> None:
    """Go on under a Python that is new enough: this one, or else one found on PATH.

    Raises:
        SystemExit: There is none.
    """
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            program = os.path.join(folder, name)  # noqa: PTH118 — Pythons too old for the rest come by here
            if _works(program):
                os.execv(program, [program, *sys.argv])  # noqa: S606 — the same program, under another Python
    sys.exit("This needs Python 3.11 or newer and finds none on PATH. Install one and run it again.")


def _works(python: Path | str) -> bool:
    try:
        return subprocess.run([str(python), "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _stamp(lock: str) -> str:
    digest = hashlib.sha256()
    for name in (f"requirements/{lock}.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return f"{lock} {digest.hexdigest()}\n"


def _holds(home: Path, lock: str) -> bool:
    try:
        present = (home / STAMP).read_text(encoding="utf-8")
    except OSError:
        return False
    return present in {_stamp(other) for other in INCLUDED[lock]} and _works(home / "bin" / "python")


def _make(home: Path) -> None:
    print(f"Making an environment in {home.name} with Python {sys.version.split()[0]}.", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=False)
    if done.returncode != 0:
        raise InstallationError(
            "Python could not make a virtual environment; it says above why. On Debian and Ubuntu the package "
            "python3-venv is needed."
        )


def _install(binaries: Path, lock: str) -> None:
    requirements = ROOT / "requirements" / f"{lock}.txt"
    total = sum("==" in line for line in requirements.read_text(encoding="utf-8").splitlines())
    print(f"Installing the {total} packages of requirements/{lock}.txt, each checked against its hash.", flush=True)
    _pip(binaries, ["--require-hashes", "--requirement", str(requirements)], total)
    print("Installing the project itself.", flush=True)
    _pip(binaries, ["--no-build-isolation", "--no-deps", "--editable", str(ROOT)], 0)


def _pip(binaries: Path, arguments: list[str], total: int) -> None:
    """Run pip install, telling each requirement as pip comes to it; show pip's own words only if it fails."""
    command = [str(binaries / "python"), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    said: list[str] = []
    seen: set[str] = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line)
            if total:
                _tell(line, seen, total)
    if pip.returncode != 0:
        sys.stdout.writelines(said[-LAST_LINES:])
        raise InstallationError(
            "pip could not install what is needed; it says above why. Nothing else was changed; run it again when that "
            "is put right."
        )


def _tell(line: str, seen: set[str], total: int) -> None:
    found = _REQUIREMENT.match(line)
    if found is not None and found[1] not in seen:
        seen.add(found[1])
        print(f"  {len(seen):3}/{total} {found[1]} {found[2] or ''}".rstrip(), flush=True)
    elif line.startswith("Installing collected packages"):
        print("  All are here; unpacking them.", flush=True)
