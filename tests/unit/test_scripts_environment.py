"""`scripts/environment.py`: the project's own environment."""

from __future__ import annotations

import sys
import venv
from typing import TYPE_CHECKING

import pytest

import environment

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "first==1.0 \\\n    --hash=sha256:00\nsecond==2.0 \\\n    --hash=sha256:00\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two locks, and an environment that holds nothing yet."""
    monkeypatch.delenv(environment.READY_VARIABLE, raising=False)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "requirements").mkdir()
    for lock in ("runtime", "dev"):
        (tmp_path / "requirements" / f"{lock}.txt").write_text(f"# {lock}\n{LOCK}", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    venv.create(tmp_path / ".venv", with_pip=False)
    return tmp_path


def hold(project: Path, lock: str) -> None:
    (project / ".venv" / environment.STAMP).write_text(environment._stamp(lock), encoding="utf-8")


def test_ready_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that the caller names as ready is used as it is."""
    monkeypatch.setenv(environment.READY_VARIABLE, str(project / "elsewhere"))
    assert environment.ensure("dev") == project / "elsewhere" / "bin"


def test_current_environment(project: Path) -> None:
    """An environment that holds the lock is used without installing anything."""
    hold(project, "runtime")
    assert environment.ensure("runtime") == project / ".venv" / "bin"


def test_larger_environment(project: Path) -> None:
    """What the tests need holds what the demo needs."""
    hold(project, "dev")
    assert environment.ensure("runtime") == project / ".venv" / "bin"


def test_smaller_environment(project: Path) -> None:
    """What the demo needs does not hold what the tests need."""
    hold(project, "runtime")
    assert not environment._holds(project / ".venv", "dev")


@pytest.mark.parametrize("name", ["requirements/runtime.txt", "pyproject.toml"])
def test_changed_lock(project: Path, name: str) -> None:
    """An environment made from another lock is brought up to date."""
    hold(project, "runtime")
    (project / name).write_text("# another\n", encoding="utf-8")
    assert not environment._holds(project / ".venv", "runtime")


def test_failing_installation(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failing installation ends with a sentence, shows what pip said, and is not taken for a finished one."""
    with pytest.raises(environment.InstallationError, match="run it again"):
        environment.ensure("runtime")
    assert "No module named pip" in capsys.readouterr().out
    assert not environment._holds(project / ".venv", "runtime")


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """Each requirement is told once, when pip comes to it, with how many there are."""
    seen: set[str] = set()
    for line in (
        "Collecting first==1.0 (from -r requirements/runtime.txt (line 1))\n",
        "  Using cached first-1.0-py3-none-any.whl\n",
        "Collecting first==1.0 (from second)\n",
        "Requirement already satisfied: second==2.0 in somewhere\n",
        "Installing collected packages: first\n",
    ):
        environment._tell(line, seen, 2)
    assert capsys.readouterr().out.splitlines() == [
        "    1/2 first 1.0",
        "    2/2 second 2.0",
        "  All are here; unpacking them.",
    ]


def test_supported_python() -> None:
    """Under a Python that is new enough, the program just goes on."""
    before = list(sys.argv)
    environment.with_supported_python()
    assert sys.argv == before
