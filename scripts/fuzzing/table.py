"""The table: what came of fuzzing, a line a harness, and all of it together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fuzzing.fuzzer import Outcome

_HEAD: Final = ("harness", "executions", "a second", "new inputs", "edges", "features", "lines", "findings")


def table(outcomes: Sequence[Outcome], lines: Mapping[str, float]) -> str:
    """Return the outcomes as a table.

    Args:
        outcomes: What came of each harness.
        lines: How many of a hundred lines of the code that it is about its corpus reaches, by harness.
    """
    rows = [_HEAD, *(_row(each, lines) for each in outcomes), _total(outcomes)]
    sizes = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(_line(row, sizes) for row in rows)


def _row(outcome: Outcome, lines: Mapping[str, float]) -> tuple[str, ...]:
    covered = f"{lines[outcome.name]:.0f} %" if outcome.name in lines else ""
    return (
        outcome.name,
        f"{outcome.executions:,}",
        f"{outcome.per_second:,.0f}",
        f"{outcome.new_inputs:,}",
        f"{outcome.edges:,}",
        f"{outcome.features:,}",
        covered,
        str(len(outcome.findings)),
    )


def _total(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    executions, findings = sum(each.executions for each in outcomes), sum(len(each.findings) for each in outcomes)
    return (
        "together",
        f"{executions:,}",
        "",
        f"{sum(each.new_inputs for each in outcomes):,}",
        "",
        "",
        "",
        str(findings),
    )


def _line(row: Sequence[str], sizes: Sequence[int]) -> str:
    first, *others = row
    padded = [cell.rjust(size) for cell, size in zip(others, sizes[1:], strict=True)]
    return "  ".join([first.ljust(sizes[0]), *padded]).rstrip()
