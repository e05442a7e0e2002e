"""The console as a person has it: the real program on a pseudo-terminal, against the real server."""

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

PROMPT = "governance>"
GOES_ON = "Enter goes on, q stops"
JUDGEMENTS = {"vote_cast", "decision_approved", "decision_rejected"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.propose([alert("first-0001", SCAN, "203.0.113.7"), alert("grave-0001", MALWARE, "fs-02.example.org")])
        yield house


@pytest.fixture(params=[pytest.param(SMALL, id="80x24"), pytest.param(LARGE, id="200x50")])
def console(house: House, request: pytest.FixtureRequest) -> Iterator[Screen]:
    with house.console("duty", size=request.param) as screen:
        screen.until("2 wait for a decision")
        screen.until("connected")
        yield screen


def judgements(house: House) -> list[tuple[str, str]]:
    """The judgements in the ledger: of which decision, and of what kind."""
    return [
        (entry.decision_id, str(event.WhichOneof("kind")))
        for entry in house.entries()
        for event in entry.events
        if event.WhichOneof("kind") in JUDGEMENTS
    ]


def test_approval(house: House, console: Screen) -> None:
    """A decision that arrives is announced, approved by the start of its id with `yes`, and in the ledger."""
    house.propose([alert("second-0002", SCAN, "198.51.100.9")])
    console.until("new low block_ip 198.51.100.9")
    console.enter("approve second")
    console.answer("type yes to approve", "yes")
    console.until("Approved, entry")
    console.enter("quit")
    assert console.end() == 0
    assert judgements(house) == [("second-0002", "decision_approved")]


def read_to_the_question(console: Screen, question: str) -> None:
    """Go on from one part of a page to the next, where it is longer than the terminal, until the question comes."""
    while True:
        console.until(lambda screen: GOES_ON in screen.cursor_row or question in screen.cursor_row)
        console.steady()
        if question in console.cursor_row:
            return
        console.press("enter")
        console.until(lambda screen: GOES_ON not in screen.cursor_row)


def test_evidence_comes_first(house: House, console: Screen) -> None:
    """Approving a high decision shows its evidence, then what core recommends, and then wants its target typed.

    Where that is longer than the terminal, nothing of it scrolls off before somebody has gone on.
    """
    console.enter("approve grave")
    read_to_the_question(console, "type fs-02.example.org to approve")
    told = "\n".join(console.told)
    places = [told.index(each) for each in (MALWARE.seen[:20], "What core recommends", "isolate_host", "type fs-02")]
    assert places == sorted(places)
    assert (GOES_ON in told) is (console.emulator.lines == SMALL[1])  # the page is longer than that
    console.enter("yes")
    console.until("Nothing was decided")
    console.enter("approve grave")
    console.answer("type fs-02.example.org to approve", "fs-02.example.org")
    console.until("Approved, entry")
    assert judgements(house) == [("grave-0001", "decision_approved")]


def test_what_was_shown_is_in_the_ledger(house: House, console: Screen) -> None:
    """The verdict on a decision whose page was shown carries the version and a digest of what was on the screen."""
    console.enter("show grave")
    console.asked(PROMPT)
    console.enter("reject . our own tests")
    console.answer("type yes to reject", "yes")
    console.until("Rejected, entry")
    [entry] = [each for each in house.entries() if each.decision_id == "grave-0001" and each.HasField("presentation")]
    assert entry.presentation.version == 1
    assert len(entry.presentation.rendering_digest) == 32


def test_lost_race(house: House, console: Screen) -> None:
    """Who says yes after someone else has decided is told who was first, and nothing is called approved."""
    console.enter("approve first")
    console.asked("type yes to approve")
    house.run("relief", "reject", "first-0001", "--reason", "known scanner")
    console.until("rejected by relief (soc_operator)")
    console.enter("yes")
    console.until("was rejected")
    assert any("first-0001 was rejected" in row and "by relief" in row for row in console.told)
    assert "Approved" not in console.text
    assert judgements(house) == [("first-0001", "decision_rejected")]


def test_server_restart(house: House, console: Screen) -> None:
    """When the server goes the console says so and keeps what was typed; when it is back it goes on by itself."""
    assert house.server.stop() == 0
    console.until("The connection is lost")
    console.until("no connection")
    console.enter("reject first because")
    console.until("Your line is kept")
    console.asked("reject first because")
    house.server.start()
    console.until("Connected again")
    console.press("enter")
    console.answer("type yes to reject", "yes")
    console.until("Rejected, entry")
    console.press("c-d")
    assert console.end() == 0


def test_nothing_is_decided_by_accident(house: House, console: Screen) -> None:
    """Ctrl-C, Ctrl-D, Enter on an empty line and a paste of several lines leave everything as it was."""
    console.press("enter")
    console.enter("approve first")
    console.asked("type yes to approve")
    console.press("c-c")
    console.until("Nothing was decided")
    console.enter("approve first")
    console.asked("type yes to approve")
    console.press("enter")
    console.asked(PROMPT)
    console.enter("approve first")
    console.asked("type yes to approve")
    console.press("c-d")
    console.asked(PROMPT)
    console.paste("approve first\nyes\nyes\n")
    console.until("approve first yes yes")
    console.press("c-c")
    console.until(lambda screen: screen.cursor_row == PROMPT)
    console.enter("quit")
    assert console.end() == 0
    assert judgements(house) == []


def test_a_paste_is_no_answer(house: House, console: Screen) -> None:
    """What is pasted at a question does not answer it; typed, it does."""
    console.enter("approve first")
    console.asked("type yes to approve")
    console.paste("yes\n")
    console.steady()
    console.press("enter")
    console.asked(PROMPT)
    assert judgements(house) == []
    console.enter("approve first")
    console.answer("type yes to approve", "yes")
    console.until("Approved, entry")


def test_what_was_typed_ahead_is_no_answer(house: House, console: Screen) -> None:
    """A `yes` that was typed before the question stood there does not answer it."""
    console.type("approve first")
    console.press_ahead("\ryes\r")
    console.asked("type yes to approve")
    console.press("enter")
    console.asked(PROMPT)
    assert judgements(house) == []
