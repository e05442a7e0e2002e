"""Panes: what is on the board's screen, as lines. Pure: values in, styled text out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console import words
from governance_client.console.board.layout import Layout, Pane, Rectangle
from governance_client.console.board.rows import ended_lines, lines_of_an_end, pending_row
from governance_client.console.glyphs import GLYPHS
from governance_client.console.inert import fit, inert, width_of
from governance_client.console.rendering import clip, short_id
from governance_client.language import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance import v1
    from governance_client.console.rendering import Line

NAMES: Final[Mapping[Pane, str]] = {
    Pane.PENDING: N_("PENDING"),
    Pane.ACTIVE: N_("ACTIVE"),
    Pane.HISTORY: N_("HISTORY"),
}


class Content(NamedTuple):
    """A pane's lines and what its title says.

    Attributes:
        note: Beside the pane's name; inert.
        lines: Below the title, as many as there is room for.
        name: In the place of the pane's own name; empty for that.
    """

    note: str
    lines: Sequence[Line]
    name: str = ""


def pending(rows: Sequence[v1.Decision], window: range, selected: int, now_us: int, width: int, told: str) -> Content:
    """Return the list of what waits: only the rows in view are looked at.

    Args:
        rows: All of them.
        window: Which are in view.
        selected: Which is selected.
        now_us: The server's time.
        width: Columns.
        told: The filter that is on, as it is typed; empty for none.
    """
    lines = [pending_row(rows[index], now_us, width, selected=index == selected) for index in window]
    if not rows:
        nothing = _("Nothing that passes the filter waits.") if told else _("Nothing waits for a decision.")
        lines = [clip([("class:dim", nothing)], width)]
    note = _("{row} of {count}").format(row=selected + 1 if rows else 0, count=len(rows))
    return Content(f"{note} {GLYPHS.separator} {inert(told)}" if told else note, lines)


def active(decision: v1.Decision | None, page: Sequence[Line], window: range, now_us: int, width: int) -> Content:
    """Return what is told of the selected decision, the countdown in the title."""
    lines = [clip(page[index], width) for index in window]
    if decision is None:
        return Content("", [clip([("class:dim", _("Nothing is selected."))], width)])
    note = short_id(decision.decision_id)
    if decision.schedule.HasField("deadline"):
        note = _("{id} left {left}").format(id=note, left=words.countdown(decision.schedule.deadline, now_us))
    return Content(f"{note} {GLYPHS.separator} {_where(window, len(page))}", lines)


def ended(recent: Sequence[v1.Decision], window: range, now_us: int, width: int) -> Content:
    """Return the lines in view of what ended lately, newest first, with who ended it."""
    each = lines_of_an_end(width)
    lines = [ended_lines(recent[index // each], now_us, width)[index % each] for index in window]
    if not recent:
        lines = [clip([("class:dim", _("Nothing has ended since you connected."))], width)]
    return Content(
        ngettext("{count} lately", "{count} lately", len(recent)).format(count=len(recent)) if recent else "", lines
    )


def text(name: str, lines: Sequence[Line], window: range, width: int) -> Content:
    """Return any lines under a name of their own, such as the keys."""
    return Content(_where(window, len(lines)), [clip(lines[index], width) for index in window], name)


def too_small(columns: int, rows: int) -> list[Line]:
    """Return what stands in a window that is too small for the board."""
    told = _("The window is too small for the board: make it larger, or q goes back.")
    pieces = [told[start : start + columns] for start in range(0, len(told), max(columns, 1))] if columns else []
    return [[("class:warning", fit(piece, columns))] for piece in pieces[:rows]]


def compose(layout: Layout, contents: Mapping[Pane, Content], focus: Pane, columns: int) -> list[Line]:
    """Return the body's lines: each pane in its place, its title above it, the one that has the keys in brackets."""
    drawn = {
        pane: _boxed(pane, contents[pane], place, focused=pane is focus and len(layout.panes) > 1)
        for pane, place in layout.panes.items()
    }
    if not layout.beside:
        body = [line for lines in drawn.values() for line in lines]
    else:
        places = layout.panes
        body = [_joined([(drawn[pane][row], places[pane].columns) for pane in places]) for row in range(layout.body)]
    return [clip(line, columns) for line in body[: layout.body]]


def _boxed(pane: Pane, content: Content, place: Rectangle, *, focused: bool) -> list[Line]:
    name = content.name or _(NAMES[pane])
    title = _title(f"[{name}]" if focused else f" {name} ", content.note, place.columns)
    lines = [title, *content.lines][: place.rows]
    return [*lines, *([] for _row in range(place.rows - len(lines)))]


def _title(name: str, note: str, width: int) -> Line:
    line: Line = [("class:border", GLYPHS.horizontal), ("class:pane.title", name)]
    room = width - width_of(name) - 1
    shown = fit(f" {note} ", max(room, 0)) if note else ""
    return clip([*line, ("class:pane", shown), ("class:border", GLYPHS.horizontal * (room - width_of(shown)))], width)


def _joined(cells: Sequence[tuple[Line, int]]) -> Line:
    line: Line = []
    for number, (cell, width) in enumerate(cells):
        if number:
            line.append(("class:border", GLYPHS.vertical))
        line += cell
        if number < len(cells) - 1:
            line.append(("", " " * (width - sum(width_of(text) for _style, text in cell))))
    return line


def _where(window: range, count: int) -> str:
    """Return which lines of how many are in view, and whether there are more above and below."""
    if not count or len(window) >= count:
        return _("all of it")
    arrows = (GLYPHS.up if window.start else "") + (GLYPHS.down if window.stop < count else "")
    return _("{first}-{last} of {count} {arrows}").format(
        first=window.start + 1, last=window.stop, count=count, arrows=arrows
    )
