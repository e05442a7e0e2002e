"""Reads the locks in requirements/ as pip-compile writes them: what is pinned, its hashes, and who asked for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = "governance-workspace"
"""How pip-compile names pyproject.toml among those who ask."""
_PIN: Final = re.compile(r"([a-z0-9][a-z0-9._-]*)==([A-Za-z0-9.!+_-]+)(?: ; [^#\\]+)?")
_HASH: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Pin(NamedTuple):
    """One package of a lock.

    Attributes:
        name: The package.
        version: Exactly this one.
        hashes: How many files of it are known by their hash.
        askers: Who asked for it: packages, and the project itself.
    """

    name: str
    version: str
    hashes: int
    askers: frozenset[str]


def read_lock(text: str) -> tuple[list[Pin], list[str]]:
    """Return what a lock pins, and its lines that are anything else: an option, a URL, a path, no exact version."""
    pins, strange = [], []
    for words, comments in _requirements(text):
        pin, *rest = [word.strip() for word in words.split("\\")]
        found = _PIN.fullmatch(pin)
        if found is None or not all(_HASH.fullmatch(word) for word in rest):
            strange.append(words.strip())
            continue
        pins.append(Pin(found[1], found[2], len(rest), _askers(comments)))
    return pins, strange


def _requirements(text: str) -> Iterator[tuple[str, list[str]]]:
    """Give each requirement, its continued lines joined, with the comments that follow it."""
    words, comments = "", list[str]()
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            comments.append(line.strip("# "))
        elif words.endswith("\\"):
            words += line.strip()
        elif line.strip():
            if words:
                yield words, comments
            words, comments = line.strip(), []
    if words:
        yield words, comments


def _askers(comments: list[str]) -> frozenset[str]:
    said = [comment.removeprefix("via").strip() for comment in comments]
    return frozenset(asker.partition(" ")[0] for asker in said if asker and not asker.startswith("-c "))
