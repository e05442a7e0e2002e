"""The layout: which pane stands where on a screen of some size. Pure."""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

LEAST_COLUMNS: Final = 40
LEAST_ROWS: Final = 10
"""Below this, a decision could not be named, shown and asked about at once."""
_SIDE_COLUMNS: Final = 120
_SIDE_ROWS: Final = 40
"""From here on the panes stand side by side."""
_THREE_ROWS: Final = 24
"""From here on there is room for a few lines of history below the other panes."""
_PAGE_COLUMNS: Final = 46
_ENDED_COLUMNS: Final = 30
"""What a page, and a line about an end, take at least beside other panes."""
_STACKED_HISTORY: Final = 4


class Pane(enum.Enum):
    """A part of the board."""

    PENDING = "pending"
    ACTIVE = "active"
    HISTORY = "history"


class Rectangle(NamedTuple):
    """A pane's place: its title is its first row.

    Attributes:
        top: Its first row, counted from 0 below the header.
        left: Its first column.
        columns: How many it has.
        rows: How many it has, the title among them.
    """

    top: int
    left: int
    columns: int
    rows: int


class Wishes(NamedTuple):
    """What is to be seen.

    Attributes:
        alone: This pane gets all the room; None for all of them.
        history: What ended lately is shown; None where there is room.
        foot: Rows at the bottom.
    """

    alone: Pane | None = None
    history: bool | None = None
    foot: int = 2


class Layout(NamedTuple):
    """Where everything is.

    Attributes:
        panes: The panes that are shown, in the order of Tab.
        body: Rows between the header and the foot.
        foot: Rows at the bottom.
        beside: Panes stand side by side.
    """

    panes: dict[Pane, Rectangle]
    body: int
    foot: int
    beside: bool


def fits(columns: int, rows: int) -> bool:
    """Return whether a window is large enough for the board."""
    return columns >= LEAST_COLUMNS and rows >= LEAST_ROWS


def most_foot(rows: int) -> int:
    """Return how many rows the foot may take at most: header, a title and a row stay above it."""
    return max(rows - 4, 2)


def layout(columns: int, rows: int, wishes: Wishes) -> Layout:
    """Return where everything is on a screen that is large enough. The first row is the header's."""
    foot = min(wishes.foot, most_foot(rows))
    body = rows - 1 - foot
    if wishes.alone is not None:
        return Layout({wishes.alone: Rectangle(0, 0, columns, body)}, body, foot, beside=False)
    if columns >= _SIDE_COLUMNS and rows >= _SIDE_ROWS:
        return Layout(_beside(columns, body, history=wishes.history is not False), body, foot, beside=True)
    return Layout(_stacked(columns, body, rows, wishes.history), body, foot, beside=False)


def _beside(columns: int, body: int, *, history: bool) -> dict[Pane, Rectangle]:
    ended = max(columns // 5, _ENDED_COLUMNS) if history else 0
    left = columns - ended - (2 if history else 1)  # a column between panes
    page = max(left // 2, _PAGE_COLUMNS)
    listed = left - page
    panes = {
        Pane.PENDING: Rectangle(0, 0, listed, body),
        Pane.ACTIVE: Rectangle(0, listed + 1, page, body),
    }
    if history:
        panes[Pane.HISTORY] = Rectangle(0, listed + page + 2, ended, body)
    return panes


def _stacked(columns: int, body: int, rows: int, history: bool | None) -> dict[Pane, Rectangle]:
    listed = max(body * 2 // 5, 2)
    below = body - listed
    panes = {Pane.PENDING: Rectangle(0, 0, columns, listed)}
    if rows < _THREE_ROWS:
        panes[Pane.HISTORY if history else Pane.ACTIVE] = Rectangle(listed, 0, columns, below)
        return panes
    ended = 0 if history is False else body // 3 if history else min(_STACKED_HISTORY, below // 3)
    ended = ended if 1 < ended < below else 0
    panes[Pane.ACTIVE] = Rectangle(listed, 0, columns, below - ended)
    if ended:
        panes[Pane.HISTORY] = Rectangle(listed + below - ended, 0, columns, ended)
    return panes
