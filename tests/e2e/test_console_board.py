"""The board on a real terminal: live, with keys, and back to the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.alerts import MALWARE, SCAN, alert
from tests.support.house import House
from tests.support.screen import LARGE, SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.screen import Screen

SELECTED = "> "
ADDRESSES = ("203.0.113.1", "203.0.113.2", "203.0.113.3")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.propose([alert(f"scan-{number:04d}", SCAN, each) for number, each in enumerate(ADDRESSES, 1)])
        yield house


@pytest.fixture(params=[pytest.param(SMALL, id="80x24"), pytest.param(LARGE, id="200x50")])
def board(house: House, request: pytest.FixtureRequest) -> Iterator[Screen]:
    with house.console("duty", size=request.param) as screen:
        screen.until("3 wait for a decision")
        screen.until("connected")
        screen.enter("board")
        screen.until("PENDING")
        screen.until(lambda screen: ADDRESSES[0] in selected(screen))
        yield screen


def selected(screen: Screen) -> str:
    """The selected row."""
    return next((row for row in screen.lines() if row.startswith(SELECTED)), "")


def test_keys(house: House, board: Screen) -> None:
    """The keys j and k go down and up, a asks and approves what it names, and q comes back to the prompt as it was."""
    board.press("j")
    board.until(lambda screen: ADDRESSES[1] in selected(screen))
    board.press("k")
    board.until(lambda screen: ADDRESSES[0] in selected(screen))
    board.press("a")
    board.until("type yes to approve")
    for key in ("y", "e", "s", "enter"):
        board.press(key)
    board.until("Approved, entry")
    board.until("of 2")
    board.press("q")
    board.until(lambda screen: screen.cursor_row == "governance>")
    assert "3 wait for a decision" in board.text
    kinds = [event.WhichOneof("kind") for entry in house.entries() for event in entry.events]
    assert kinds.count("decision_approved") == 1


def test_live(house: House, board: Screen) -> None:
    """What arrives, and what others decide, is on the board at once, and the selection stays on what it was on."""
    board.press("j")
    board.until(lambda screen: ADDRESSES[1] in selected(screen))
    house.propose([alert("grave-0001", MALWARE, "fs-02.example.org")])
    board.until("fs-02.example.org")
    assert ADDRESSES[1] in selected(board)
    house.run("relief", "reject", "scan-0001", "--reason", "known scanner")
    board.until("relief")
    assert ADDRESSES[1] in selected(board)


def test_what_changes_under_a_question(house: House, board: Screen) -> None:
    """When someone else decides what is being asked about, the question goes, and the answer to it decides nothing."""
    board.press("a")
    board.until("type yes to approve")
    house.run("relief", "reject", "scan-0001", "--reason", "known scanner")
    board.until("Enter or Escape goes on")
    for key in ("y", "e", "s", "enter"):
        board.press(key)
    board.until(lambda screen: "Enter or Escape goes on" not in screen.text)
    board.press("q")
    board.until(lambda screen: screen.cursor_row == "governance>")
    kinds = [event.WhichOneof("kind") for entry in house.entries() for event in entry.events]
    assert "decision_approved" not in kinds
