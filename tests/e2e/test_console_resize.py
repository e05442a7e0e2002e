"""A window that changes its size: nothing is lost, nothing is decided, and everything is drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.alerts import SCAN, alert, scans
from tests.support.house import House
from tests.support.screen import LARGE, SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.screen import Screen

SIZES = (LARGE, (61, 17), SMALL, (40, 12), (132, 43))
LINE = "approve first-0001 seen in the proxy log"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Screen]:
    with House(tmp_path) as house:
        house.propose([alert("first-0001", SCAN, "192.0.2.254"), *scans(40)])
        with house.console("duty") as screen:
            screen.until("41 wait for a decision")
            screen.until("connected")
            yield screen


def test_at_the_prompt(console: Screen) -> None:
    """A line that is half typed stays whole at every size, with the toolbar at the foot, and can be typed on."""
    typed = "approve first-0001 "
    console.type(typed)
    for size, more in zip(SIZES, ("seen ", "in ", "the ", "proxy ", "log"), strict=True):
        console.resize(*size)
        console.until(lambda screen: screen.lines()[-1].startswith("connected"))
        console.type(more)
        typed += more
        assert console.before_cursor.endswith(typed)
    assert typed == LINE
    console.press("enter")
    console.answer("type yes to approve", "yes")
    console.until("Approved, entry")


def test_at_a_question(console: Screen) -> None:
    """A question still stands after the window has changed, and takes its answer."""
    console.enter("approve first-0001")
    for size in SIZES:
        console.until("type yes to approve")
        console.resize(*size)
        console.until(lambda screen: screen.lines()[-1].startswith("connected"))
    console.answer("type yes to approve", "yes")
    console.until("Approved, entry")


def test_on_the_board(console: Screen) -> None:
    """The board fills whatever window there is, names a window that is too small, and comes back from that."""
    console.enter("board")
    console.until("PENDING")
    for columns, rows in SIZES:
        console.resize(columns, rows)
        console.until(lambda screen: bool(screen.lines()[-1]) and "PENDING" in screen.text)
        assert len(console.lines()) == rows
        assert all(len(row) <= columns for row in console.lines())
    console.resize(30, 6)
    console.until("too small")
    console.resize(*SMALL)
    console.until("PENDING")
    console.press("q")
    console.until(lambda screen: screen.cursor_row == "governance>")
