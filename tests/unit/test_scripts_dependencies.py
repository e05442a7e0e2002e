"""`scripts/dependencies`: nothing is installed without a reason, and the check of that bites."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from depending.judging import problems
from depending.locks import PROJECT, read_lock

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "requirements"
HASH: Final = f"--hash=sha256:{'0' * 64}"
LOCK: Final = f"""\
# A lock.
asked==1.0 \\
    {HASH} \\
    {HASH}
    # via governance-workspace (pyproject.toml)
brought==2.0 ; python_version < "3.12" \\
    {HASH}
    # via
    #   -c requirements/runtime.txt
    #   asked
    #   other
"""
README: Final = """\
| `asked` | not installed | direct |
| `brought` | not installed | asked: what asked needs it for |
"""
TOML: Final = """\
[project]
dependencies = [
    "Asked>=1,<2", # what we need it for
]
[project.optional-dependencies]
"""


def test_every_package_of_the_project_is_accounted_for() -> None:
    """Pinned, hashed, with its reason and its licence; no row without its package."""
    locks = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(locks) == 2
    assert problems(locks, readme, (ROOT / "pyproject.toml").read_text(encoding="utf-8")) == []


def test_the_check_reads_as_many_packages_as_there_are() -> None:
    """Nothing escapes it by being written in another way."""
    for path in FOLDER.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        pins, strange = read_lock(text)
        assert not strange
        assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 40
        assert sum(pin.hashes for pin in pins) == text.count("--hash=")


def test_a_lock_is_read() -> None:
    """Name, version, hashes and askers, whether pip-compile writes them on one line or on several."""
    (asked, brought), strange = read_lock(LOCK)
    assert not strange
    assert (asked.name, asked.version, asked.hashes, asked.askers) == ("asked", "1.0", 2, frozenset({PROJECT}))
    assert (brought.name, brought.hashes, brought.askers) == ("brought", 1, frozenset({"asked", "other"}))
    assert problems({"a.txt": LOCK}, README, TOML) == []


@pytest.mark.parametrize(
    "line",
    [
        f"new @ https://example.com/new.whl {HASH}",
        "git+https://example.com/new",
        "new>=1.0",
        "new",
        "--index-" + "url=https://example.com",
        "-e .",
        f"new==1.0 --hash=md5:{'0' * 32}",
        f"new==1.0 --no-binary {HASH}",
    ],
)
def test_what_is_no_pinned_package_is_found(line: str) -> None:
    """A URL, an option, a range, a weaker hash."""
    (found,) = problems({"a.txt": f"{LOCK}{line}\n"}, README, TOML)
    assert "no pinned package with hashes alone" in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("brought==2.0", "bought==2.0", "bought has no row"),
        (f" \\\n    {HASH}\n    # via\n", "\n    # via\n", "brought has no hash"),
        ("    #   asked\n    #   other\n", "", "nobody asks for it"),
        ("| `brought` | not installed | asked: what asked needs it for |\n", "", "brought has no row"),
        ("asked: what asked needs it for", "somebody: what for", "who pulls it in (asked, other)"),
        ("asked: what asked needs it for", "asked:", "who pulls it in (asked, other)"),
        ("asked: what asked needs it for", "direct", "who pulls it in (asked, other)"),
        ("| direct |", "| other: nothing |", "asked is asked for by pyproject.toml"),
        (" # what we need it for", "", "Asked>=1,<2 has no reason"),
        ('"Asked>=1,<2"', '"Other"', "do not agree"),
    ],
)
def test_what_is_not_accounted_for_is_found(old: str, new: str, said: str) -> None:
    """A package that appears, a row that is missing, empty or names somebody else, a requirement without a reason."""
    parts = [part.replace(old, new) for part in (LOCK, README, TOML)]
    assert parts != [LOCK, README, TOML]
    assert any(said in problem for problem in problems({"a.txt": parts[0]}, parts[1], parts[2]))


def test_a_row_that_is_left_over_is_found() -> None:
    """So that the page never speaks of what is not there, nor twice of what is."""
    readme = f"{README}| `gone` | MIT | asked: something |\n| `asked` | not installed | direct |\n"
    found = problems({"a.txt": LOCK}, readme, TOML)
    assert found == ["README.md: asked has more than one row.", "README.md: gone has a row and is in no lock."]


def test_a_licence_that_is_another_is_found() -> None:
    """What the installed package says of itself counts."""
    lock, readme = (text.replace("brought", "pytest") for text in (LOCK, README))
    (found,) = problems({"a.txt": lock}, readme, TOML)
    assert "its own metadata say MIT" in found
