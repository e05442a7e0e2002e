"""How two TOML documents differ in meaning, key by key. Pure."""

from __future__ import annotations

import json
import tomllib
from typing import Any, Final, NamedTuple

_ABSENT: Final = object()


class Difference(NamedTuple):
    """One key that says something else.

    Attributes:
        key: The keys from the top, as in "sla.critical_s"; a table of a list by its name where all of them have one.
        before: What it was, as JSON writes it; None where it was not there.
        after: What it is; None where it is not there any more.
    """

    key: str
    before: str | None
    after: str | None


def differences(before: str, after: str) -> list[Difference]:
    """Return what differs between two documents, in the order of the keys; how they are written does not count.

    Raises:
        ValueError: One of them is no TOML.
        RecursionError: One of them is nested too deeply.
    """
    old, new = _flat(tomllib.loads(before)), _flat(tomllib.loads(after))
    found = []
    for key in sorted({*old, *new}):
        was, now = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if type(was) is not type(now) or was != now:
            found.append(Difference(key, _told(was), _told(now)))
    return found


def _told(value: object) -> str | None:
    return None if value is _ABSENT else json.dumps(value, default=str)


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return every value below, by its path. Empty tables and lists are values too."""
    below: list[tuple[str, Any]] = []
    if isinstance(value, dict) and value:
        below = [(f"{path}.{key}" if path else key, each) for key, each in value.items()]
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        below = [(f"{path}[{name}]", each) for name, each in zip(_names(value), value, strict=True)]
    else:
        return {path: value}
    return {key: each for name, found in below for key, each in _flat(found, name).items()}


def _names(tables: list[dict[str, Any]]) -> list[str]:
    names = [each.get("name") for each in tables]
    told = [name for name in names if isinstance(name, str)]
    if len(set(told)) == len(tables):
        return told
    return [str(number) for number in range(len(tables))]
