"""Reads why each package is there: in requirements/README.md, and in pyproject.toml where it asks for it."""

from __future__ import annotations

import re
import tomllib
from typing import Final, NamedTuple

_ROW: Final = re.compile(r"\| `(?P<name>[^`]+)` \| (?P<licence>[^|]+) \| (?P<why>[^|]+) \|")
_REQUIREMENT: Final = re.compile(r'^\s*"(?P<requirement>[A-Za-z0-9][^"]*)",?\s*(?:#\s*(?P<reason>\S.*))?$')
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
DIRECT: Final = "direct"
"""Why a package is there that pyproject.toml asks for, with its reason."""


class Row(NamedTuple):
    """What requirements/README.md says of a package.

    Attributes:
        licence: As its own metadata has it.
        why: `DIRECT`, or who pulls it in, a colon, and what for.
    """

    licence: str
    why: str

    @property
    def puller(self) -> str:
        """Who pulls it in; empty where nobody is named."""
        who, colon, what_for = self.why.partition(":")
        return who.strip("` ") if colon and what_for.strip() else ""


def read_rows(text: str) -> tuple[dict[str, Row], list[str]]:
    """Return the rows of the tables by package, and the packages that have more than one."""
    rows: dict[str, Row] = {}
    twice = []
    for found in _ROW.finditer(text):
        if found["name"] in rows:
            twice.append(found["name"])
        rows[found["name"]] = Row(found["licence"].strip(), found["why"].strip())
    return rows, twice


def read_project(text: str) -> tuple[set[str], list[str]]:
    """Return the packages that pyproject.toml asks for, and the requirements that have no reason beside them."""
    project = tomllib.loads(text)["project"]
    asked = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    lines = [found for line in text.splitlines() if (found := _REQUIREMENT.match(line)) is not None]
    reasoned = {found["requirement"] for found in lines if found["reason"]}
    return {canonical(each) for each in asked}, sorted({each for each in asked if each not in reasoned})


def canonical(requirement: str) -> str:
    """Return the name in a requirement as locks write it."""
    found = _NAME.match(requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()
