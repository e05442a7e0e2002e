"""`scripts/check`: what it looks for itself."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """The program, as a module: it has no ending that the import system knows."""
    loader = importlib.machinery.SourceFileLoader("scripts_check", str(ROOT / "scripts" / "check"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "line",
    [
        "see https://" + "py" + "pi.org/simple",
        "--index-" + "url elsewhere",
        "cd " + "/wo" + "rk/main",
        "/ho" + "me/somebody/project",
        "/ro" + "ot/x",
    ],
)
def test_local_name(check: ModuleType, line: str) -> None:
    """A registry's host or option, or a path of one machine, is found with its line."""
    assert check.local_names("a.txt", f"first\n{line}\n") == [f"a.txt:2: {line}"]


@pytest.mark.parametrize(
    "line",
    [
        "/var/lib/governance",
        "pip install governance-workspace",
        "a network/work/day",
        "https://example.com/home/",
        "~/wo" + "rk/",
    ],
)
def test_other_names(check: ModuleType, line: str) -> None:
    """Paths that every machine has, and other people's addresses, are left alone."""
    assert check.local_names("a.txt", line) == []


def test_one_requirement_a_hash() -> None:
    """Every requirement in the locks has one exact version and at least one hash, and no option beside it."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            words = line.partition(" #")[0].split()
            if words and not line.lstrip().startswith("#"):
                assert "==" in words[0], line
                assert any(word.startswith("--hash=sha256:") for word in words), line
                assert all(word.startswith("--hash=") for word in words[1:] if word.startswith("-")), line


def test_locks_agree() -> None:
    """The environment of the tests holds the very versions that the demo and a server run with."""
    pins = {
        lock.stem: {line.split()[0] for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line}
        for lock in (ROOT / "requirements").glob("*.txt")
    }
    assert pins["runtime"] < pins["dev"]
