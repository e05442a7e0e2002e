"""The report: figures as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Figure

_ENOUGH_DIGITS = 100
_FEW_DIGITS = 10
_SMALL = 0.1


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table: what, how much, between what over the rounds, its bar and aim, and whether held.

    A figure that was measured in several rounds is their median; between which values they lay is told beside it.
    """
    head = ("", "", "", "rounds", "bar", "aim")
    rows = [(each.name, number(each.value), each.unit, _spread(each), _bar(each), _aim(each)) for each in figures]
    shown = [head, *rows] if any(row[3] for row in rows) else rows
    name_columns, spread_columns, bar_columns = (max(len(row[place]) for row in shown) for place in (0, 3, 4))
    spread_columns += 2 if spread_columns else 0
    return "\n".join(
        f"{name:{name_columns}}  {value:>9} {unit:4}  {spread:{spread_columns}}{bar:{bar_columns}}  {aim}".rstrip()
        for name, value, unit, spread, bar, aim in shown
    )


def machine_line(machine: Mapping[str, str]) -> str:
    """Return what the figures were measured on, in a line."""
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def to_json(name: str, options: Mapping[str, Any], machine: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """Return everything as a JSON document: the benchmark, its options, the machine, the figures."""
    document = {
        "benchmark": name,
        "options": dict(options),
        "machine": dict(machine),
        "figures": [_document(each) for each in figures],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _document(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "most": figure.most,
        "least": figure.least,
        "holds": figure.holds,
        "aim": figure.aim,
        "reaches": figure.reaches,
        "rounds": list(figure.rounds),
    }


def _spread(figure: Figure) -> str:
    if not figure.rounds:
        return ""
    return f"{number(min(figure.rounds))} to {number(max(figure.rounds))} in {len(figure.rounds)}"


def _bar(figure: Figure) -> str:
    if figure.most is None and figure.least is None:
        return ""
    word = "holds " if figure.holds else "MISSED"
    return f"{word}  at most {number(figure.most)}" if figure.most is not None else f"{word}  {_least(figure.least)}"


def _aim(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    word = "reached" if figure.reaches else "not yet"
    side = f"at most {number(figure.aim)}" if figure.least is None else _least(figure.aim)
    return f"{word}  {side}"


def _least(value: float | None) -> str:
    return "" if value is None else f"at least {number(value)}"


def number(value: float) -> str:
    """Return a figure in as many digits as tell something."""
    if value >= _ENOUGH_DIGITS or value == int(value):
        return f"{value:.0f}"
    if value >= _FEW_DIGITS:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= _SMALL else f"{value:.4f}"
