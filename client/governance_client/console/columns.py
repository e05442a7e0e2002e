"""The table of decisions: its columns, and how they share the width of a terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console import words
from governance_client.console.inert import fit, name, pad, width_of
from governance_client.console.lines import NARROWEST, Line, clip, line_width
from governance_client.console.settings import COLUMNS
from governance_client.console.telling import left, risk_style, short_id, standing, targets
from governance_client.language import pgettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from governance import v1

_PART: Final = "  "
_TARGET: Final = "target"
_TARGET_LEAST: Final = 15
"""Columns that the target keeps if the others can be drawn in less: an IPv4 address is whole."""


class _Seen(NamedTuple):
    """What a cell is drawn from.

    Attributes:
        decision: The decision.
        now_us: The server's time.
        short: How ids are shortened.
    """

    decision: v1.Decision
    now_us: int
    short: Callable[[str], str]


class Column(NamedTuple):
    """A column of the table.

    Attributes:
        title: What stands above it, in the language in use.
        cell: What stands in it.
        least: It is not drawn in less; it is left out where there is no room for that.
        most: It is not drawn in more.
        rank: The higher, the sooner it gives way to the target.
    """

    title: Callable[[], str]
    cell: Callable[[_Seen], Line]
    least: int
    most: int
    rank: int


def _risk(seen: _Seen) -> Line:
    risk = seen.decision.assessment.risk
    return [(risk_style(risk), words.risk(risk))]


def _age(seen: _Seen) -> Line:
    if not seen.now_us:
        return [("class:dim", "?")]
    return [("class:dim", words.span(seen.now_us - words.microseconds(seen.decision.proposed_at)))]


ALL: Final[Mapping[str, Column]] = {
    "risk": Column(lambda: pgettext("column", "risk"), _risk, 4, 8, 0),
    "left": Column(lambda: pgettext("column", "left"), lambda seen: left(seen.decision, seen.now_us), 5, 12, 3),
    "state": Column(lambda: pgettext("column", "state"), lambda seen: [("", standing(seen.decision))], 5, 18, 5),
    "action": Column(
        lambda: pgettext("column", "action"),
        lambda seen: [("", words.action_type(seen.decision.proposal.action.type))],
        *(8, 22, 4),
    ),
    "id": Column(
        lambda: pgettext("column", "id"), lambda seen: [("class:id", seen.short(seen.decision.decision_id))], 8, 64, 0
    ),
    "target": Column(
        lambda: pgettext("column", "target"),
        lambda seen: [("class:target", targets(seen.decision.proposal.action))],
        *(_TARGET_LEAST, 400, 0),
    ),
    "group": Column(
        lambda: pgettext("column", "group"), lambda seen: [("class:id", name(seen.decision.group_key))], 6, 16, 9
    ),
    "core": Column(lambda: pgettext("column", "core"), lambda seen: [("", name(seen.decision.core))], 4, 16, 8),
    "tier": Column(lambda: pgettext("column", "tier"), lambda seen: [("", words.role(seen.decision.tier))], 6, 18, 7),
    "confidence": Column(
        lambda: pgettext("column", "sure"), lambda seen: [("", f"{seen.decision.proposal.confidence:.0%}")], 4, 6, 6
    ),
    "age": Column(lambda: pgettext("column", "age"), _age, 5, 8, 6),
    "score": Column(
        lambda: pgettext("column", "score"), lambda seen: [("", f"{seen.decision.assessment.score:.2f}")], 5, 5, 6
    ),
}
"""By the names that the settings have for them."""


def table(
    decisions: Sequence[v1.Decision],
    now_us: int,
    width: int,
    *,
    numbered: bool = True,
    first: int = 1,
    columns: Sequence[str] = COLUMNS,
    short: Callable[[str], str] = short_id,
) -> list[Line]:
    """Return decisions as a table, in the order given, a header before them.

    Columns are as wide as what stands in them; where that is too much, those that matter least are narrowed and then
    left out, until the target has room.

    Args:
        decisions: What to list; what is listed is drawn, so give one page.
        now_us: The server's time, for what is left until the deadline.
        width: Columns of the terminal; no line is wider.
        numbered: Number the rows, for commands that take a row's number.
        first: The first row's number.
        columns: Names of `ALL`, in order; unknown ones are passed over.
        short: Shortens an id to what is shown of it.
    """
    width = max(width, NARROWEST)
    shown = [each for each in dict.fromkeys(columns) if each in ALL]
    rows = [[ALL[each].cell(_Seen(decision, now_us, short)) for each in shown] for decision in decisions]
    numbers = len(str(first + len(decisions) - 1)) if numbered else 0
    room = width - (numbers + len(_PART) if numbered else 0)
    sizes = _fitted(shown, rows, room)
    lines = [_line([[("class:header", ALL[each].title())] for each in shown], shown, sizes)]
    lines += [_line(row, shown, sizes) for row in rows]
    if numbered:
        before = ["#".rjust(numbers), *(str(first + row).rjust(numbers) for row in range(len(decisions)))]
        styles = ["class:header", *["class:dim"] * len(decisions)]
        lines = [[(style, n + _PART), *line] for style, n, line in zip(styles, before, lines, strict=True)]
    return [clip(line, width) for line in lines]


def _fitted(shown: Sequence[str], rows: Sequence[Sequence[Line]], room: int) -> dict[str, int]:
    """Return the columns that are drawn, with their widths."""
    sizes = {
        each: min(max([width_of(ALL[each].title()), *(line_width(row[index]) for row in rows)]), ALL[each].most)
        for index, each in enumerate(shown)
    }
    wanted = sizes.get(_TARGET, 0)
    if _TARGET in sizes:
        sizes[_TARGET] = min(_TARGET_LEAST, wanted)
    yielding = sorted((each for each in shown if ALL[each].rank), key=lambda each: -ALL[each].rank)
    for each in yielding:
        if (over := _taken(sizes) - room) > 0:
            sizes[each] = max(sizes[each] - over, min(ALL[each].least, sizes[each]))
    for each in yielding:
        if _taken(sizes) > room:
            del sizes[each]
    if _TARGET in sizes:
        sizes[_TARGET] += max(min(room - _taken(sizes), wanted - sizes[_TARGET]), 0)
    return sizes


def _taken(sizes: Mapping[str, int]) -> int:
    return sum(sizes.values()) + len(_PART) * (len(sizes) - 1)


def _line(cells: Sequence[Line], shown: Sequence[str], sizes: dict[str, int]) -> Line:
    """Return one row: each cell cut or filled up to its column's width, but for the last, which is not filled up."""
    line: Line = []
    last = next(reversed(sizes), "")
    for each, cell in zip(shown, cells, strict=True):
        if each not in sizes:
            continue
        style = cell[0][0]
        text = "".join(text for _, text in cell)
        line.append((style, fit(text, sizes[each]) if each == last else pad(text, sizes[each])))
        if each != last:
            line.append(("", _PART))
    return line
