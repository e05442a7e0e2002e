"""The report: figures as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Figure


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table: what, how much, at most how much, and whether that holds."""
    name_columns = max(len(each.name) for each in figures)
    rows = [
        f"{each.name:{name_columns}}  {_number(each.value):>9} {each.unit:4}  {_bound(each)}".rstrip()
        for each in figures
    ]
    return "\n".join(rows)


def machine_line(machine: Mapping[str, str]) -> str:
    """Return what the figures were measured on, in a line."""
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def to_json(name: str, options: Mapping[str, Any], machine: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """Return everything as a JSON document: the benchmark, its options, the machine, the figures."""
    document = {
        "benchmark": name,
        "options": dict(options),
        "machine": dict(machine),
        "figures": [
            {"name": each.name, "value": each.value, "unit": each.unit, "most": each.most, "holds": each.holds}
            for each in figures
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _bound(figure: Figure) -> str:
    if figure.most is None:
        return ""
    return f"{'holds ' if figure.holds else 'MISSED'}  at most {_number(figure.most)}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"  # noqa: PLR2004 — enough digits
