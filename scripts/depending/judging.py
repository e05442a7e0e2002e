"""Judges the locks by what is written about them: everything pinned and hashed, everything with its reason."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Final

from depending.locks import PROJECT, read_lock
from depending.reasons import DIRECT, read_project, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message

    from depending.locks import Pin
    from depending.reasons import Row

UNKNOWN: Final = "not said"


def problems(locks: Mapping[str, str], readme: str, project: str) -> list[str]:
    """Return all that is wrong, each in a sentence.

    Args:
        locks: The texts of the locks, by their files' names.
        readme: The text of requirements/README.md.
        project: The text of pyproject.toml.
    """
    rows, twice = read_rows(readme)
    direct, unreasoned = read_project(project)
    found = [f"pyproject.toml: {each} has no reason beside it." for each in unreasoned]
    found += [f"README.md: {name} has more than one row." for name in twice]
    pinned: dict[str, Pin] = {}
    for file, text in locks.items():
        pins, strange = read_lock(text)
        found += [f"{file}: this is no pinned package with hashes alone: {line[:100]}" for line in strange]
        found += [f"{file}: {pin.name} has no hash." for pin in pins if not pin.hashes]
        pinned |= {pin.name: pin for pin in pins}
    for pin in pinned.values():
        found += _of_pin(pin, rows.get(pin.name), direct)
    found += [f"README.md: {name} has a row and is in no lock." for name in sorted(rows.keys() - pinned.keys())]
    return found


def _of_pin(pin: Pin, row: Row | None, direct: set[str]) -> Iterator[str]:
    askers = pin.askers - {PROJECT}
    if not pin.askers:
        yield f"{pin.name} is in a lock, and nobody asks for it."
    if (PROJECT in pin.askers) != (pin.name in direct):
        yield f"{pin.name}: the lock and pyproject.toml do not agree on who asks for it. Run scripts/lock."
    if row is None:
        yield f"{pin.name} has no row in README.md. Say why it is there, or do without it."
        return
    if pin.name in direct and row.why != DIRECT:
        yield f'{pin.name} is asked for by pyproject.toml, which has the reason: its row says "{DIRECT}".'
    if pin.name not in direct and row.puller not in askers:
        who = ", ".join(sorted(askers))
        yield f'{pin.name}: its row has to say who pulls it in ({who}) and what for, as in "alembic: templates".'
    licence = licence_of(pin.name)
    if licence not in {None, row.licence}:
        yield f"{pin.name}: its row says the licence is {row.licence}; its own metadata say {licence}."


def licence_of(name: str) -> str | None:
    """Return the licence of an installed package, as its metadata have it; None where it is not installed."""
    try:
        metadata: Message = importlib.metadata.metadata(name)  # type: ignore[assignment]  # an email.message.Message
    except importlib.metadata.PackageNotFoundError:
        return None
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [str(each) for each in metadata.get_all("Classifier") or []]
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    (said, *_) = str(metadata.get("License") or "").splitlines() or [""]
    return "; ".join(each for each in named if each != "OSI Approved") or said.strip() or UNKNOWN


def rows_for(locks: Mapping[str, str], readme: str, project: str) -> list[str]:
    """Return a row for each package that has none, to be completed by hand where nobody can know what it is for."""
    rows, _ = read_rows(readme)
    direct, _ = read_project(project)
    pinned = {pin.name: pin for text in locks.values() for pin in read_lock(text)[0]}
    made = []
    for name, pin in sorted(pinned.items()):
        if name not in rows:
            why = DIRECT if name in direct else f"{', '.join(sorted(pin.askers - {PROJECT}))}: "
            made.append(f"| `{name}` | {licence_of(name) or UNKNOWN} | {why} |")
    return made
