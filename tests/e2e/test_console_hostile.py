"""Whatever core, an alert or another operator wrote is inert on a real terminal; and what the terminal cannot show."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from tests.support.alerts import MALWARE, alert
from tests.support.house import House
from tests.support.screen import LARGE, SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1
    from tests.support.screen import Screen

PROMPT = "governance>"
HOSTILE = (
    "\x1b[2J\x1b[Hgone",
    "\x1b]0;owned\x07",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b]8;;http://evil.example.org\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP$q\x1b\\",
    "\x9b31mred\x9d0;owned\x9c",
    "\a\b\b\b\x7f",
    "safe\rApproved, entry 9: low",
    "\u202eexe.tset\u2066\u200b\u200d\ufeff",
    "a" + "\u0301" * 200,
    "approved by policy\ngovernance> yes\nApproved, entry 12: everything",
    "x" * 2_000,
)
NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
MARKS = 3
"""So many combining marks a character are more than any language here needs."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all: nothing is decided here."""
    with House(tmp_path_factory.mktemp("hostile")) as house:
        house.propose([hostile(number, text) for number, text in enumerate(HOSTILE)])
        house.run("relief", "note", "evil-0000", "\x1b]0;owned\x07 approved by policy")
        yield house


def hostile(number: int, text: str) -> v1.Proposal:
    """A proposal that has the text wherever core can write one."""
    proposal = alert(f"evil-{number:04d}", MALWARE, f"{text[:200]}-{number}", asset=text[:500])
    proposal.evidence.reasoning = text
    proposal.evidence.indicators[:] = [text[:1000]]
    proposal.evidence.exhibits.add(name="payload", text=text)
    proposal.threat.type = text[:100]
    proposal.business_impact.description = text
    proposal.metadata["note"] = text
    return proposal


@pytest.mark.parametrize("size", [pytest.param(SMALL, id="80x24"), pytest.param(LARGE, id="200x50")])
def test_inert(house: House, size: tuple[int, int]) -> None:
    """Every view of hostile decisions leaves the terminal's title, clipboard, bell and cells alone."""
    with house.console("duty", size=size) as console:
        console.until(f"{len(HOSTILE)} wait for a decision")
        console.until("connected")
        for verb in ("queue", "show 1", "why", "history", "batch", "help"):
            console.enter(verb)
            console.until(lambda screen: screen.cursor_row == PROMPT)
            assert_inert(console)
        for number in range(len(HOSTILE)):
            console.enter(f"show evil-{number:04d}")
            console.until(lambda screen: screen.cursor_row == PROMPT)
            assert_inert(console)
        console.enter("board")
        console.until("PENDING")
        for _ in HOSTILE:
            console.press("j")
            console.steady()
            assert_inert(console)
        console.press("q")
        console.until(lambda screen: screen.cursor_row == PROMPT)


def test_a_lookalike_is_a_quotation(house: House) -> None:
    """A reasoning that imitates a prompt, a `yes` and a receipt stands behind a bar, line by line."""
    with house.console("duty", size=LARGE) as console:
        console.until("connected")
        console.enter(f"show evil-{HOSTILE.index(next(each for each in HOSTILE if 'policy' in each)):04d}")
        console.until(lambda screen: screen.cursor_row == PROMPT)
        told = [row for row in console.told if "Approved, entry 12" in row or "governance> yes" in row]
        assert told
        assert all(row.lstrip().startswith("│ ") or "governance> yes" not in row[:16] for row in told)
        assert not any(row.startswith(("governance> yes", "Approved, entry 12")) for row in console.told)


def test_ascii(house: House) -> None:
    """Where the locale has no more than ASCII, nothing else is on the screen, whoever wrote it."""
    with house.console("duty", LC_ALL="C") as console:
        console.until("connected")
        for verb in ("queue", "show 1", "why", "batch"):
            console.enter(verb)
            console.until(lambda screen: screen.cursor_row == PROMPT)
            assert console.text.isascii(), console.text
        console.enter("board")
        console.until("PENDING")
        console.steady()
        assert console.text.isascii(), console.text


def test_no_colour(house: House) -> None:
    """With NO_COLOR set no cell has a colour, and risks are told by word and letter."""
    with house.console("duty", NO_COLOR="1") as console:
        console.until("connected")
        for verb in ("queue", "show 1", "why"):
            console.enter(verb)
            console.until(lambda screen: screen.cursor_row == PROMPT)
            assert colours(console) == {("default", "default")}
        console.until(f"H{len(HOSTILE)}")
        console.enter("board")
        console.until("PENDING")
        console.steady()
        assert colours(console) == {("default", "default")}


def test_colour(house: House) -> None:
    """Without it, risks have colours."""
    with house.console("duty") as console:
        console.until("connected")
        console.enter("queue")
        console.until(lambda screen: screen.cursor_row == PROMPT)
        assert len(colours(console)) > 1


def assert_inert(console: Screen) -> None:
    """Nothing was sent to the terminal itself, and no cell holds more than something to read."""
    emulator = console.emulator
    assert emulator.commands == []
    assert emulator.bells == 0
    for row in console.told:
        marks = 0
        for character in row:
            category = unicodedata.category(character)
            assert category not in NEVER, f"U+{ord(character):04X} in {row!r}"
            marks = marks + 1 if category in {"Mn", "Me", "Mc"} else 0
            assert marks <= MARKS


def colours(console: Screen) -> set[tuple[str, str]]:
    """The colours of the screen's cells: of the character, and behind it."""
    emulator = console.emulator
    cells = (emulator.buffer[row][column] for row in range(emulator.lines) for column in range(emulator.columns))
    return {(cell.fg, cell.bg) for cell in cells}
