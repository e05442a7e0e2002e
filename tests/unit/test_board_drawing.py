"""What the board draws: at any size, of whatever was written, in any way of drawing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcwidth

from governance import v1
from governance_client.console import glyphs, words
from governance_client.console.choosing import choose
from governance_client.console.lines import plain
from tests.console.board_house import Hands, unconnected
from tests.console.examples import decision

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = [(80, 24), (200, 50), (40, 10), (120, 40), (119, 40), (63, 17)]
HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "approved by policy\ngovernance> ",
    "\u202eevil\u202c",
    "\u0645\u0631\u062d\u0628\u0627",
    "zero\u200bwidth\u2060",
    "e" + "\u0301" * 40,
    "\u4e16\u754c" * 60,
    "x" * 5000,
    "> critical 0:01 block_ip 203.0.113.7",
]
_TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))


@st.composite
def _decisions(draw: st.DrawFn) -> v1.Decision:
    """A decision in which everything that someone wrote is hostile."""
    number = draw(st.integers(0, 10**9))
    found = decision(
        draw(st.sampled_from([f"{number:08x}", f"{draw(_TEXTS)}{number}"])),
        target=draw(_TEXTS),
        risk=draw(st.sampled_from(words.RISKS)),
        left_s=draw(st.integers(-5000, 10**6)),
    )
    found.core = draw(_TEXTS)
    found.proposal.evidence.reasoning = draw(_TEXTS)
    found.proposal.evidence.indicators.append(draw(_TEXTS))
    found.claim.operator = draw(_TEXTS)
    found.assignee = draw(_TEXTS)
    found.schedule.warned = draw(st.booleans())
    if draw(st.booleans()):
        found.state = v1.DECISION_STATE_REJECTED
        found.ending.actor.CopyFrom(v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=draw(_TEXTS)))
        found.ending.resolved_at.seconds = found.proposed_at.seconds
    return found


def _fits(hands: Hands) -> list[str]:
    """Return the screen, having looked that it is no larger than it may be."""
    hands.look()
    lines = hands.board.draw(hands.columns, hands.rows)
    shown = [plain(line) for line in lines]
    assert len(shown) <= hands.rows
    for line in shown:
        assert all(wcwidth(character) >= 0 for character in line)
        assert sum(map(wcwidth, line)) <= hands.columns
    return shown


@pytest.fixture
def ascii_drawing() -> Iterator[None]:
    glyphs.use(ascii=True)
    yield
    glyphs.use(ascii=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(_decisions(), max_size=6), st.integers(1, 220), st.integers(1, 60), st.lists(st.sampled_from("?wh/")))
async def test_any_size(decisions: list[v1.Decision], columns: int, rows: int, keys: list[str]) -> None:
    """No line is wider than the screen and there are no more of them than it has rows, whatever was written."""
    hands = Hands(unconnected(decisions))
    hands.columns, hands.rows = columns, rows
    _fits(hands)
    for key in keys:
        await hands.press(key)
        _fits(hands)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_known_sizes(columns: int, rows: int) -> None:
    """At every usual size the whole screen is used, and what matters is on it."""
    hands = Hands(unconnected(decision(f"{number:08}", target=f"192.0.2.{number}") for number in range(30)))
    hands.columns, hands.rows = columns, rows
    shown = _fits(hands)
    assert len(shown) == rows
    text = "\n".join(shown)
    assert "PENDING" in text
    assert "ACTIVE" in text
    assert "1 of 30" in text
    assert "? keys" in shown[-1]
    assert any(line.startswith("> ") and "192.0.2.0" in line for line in shown)
    assert sum(line.startswith("> ") for line in shown) == 1
    assert ("HISTORY" in text) is (rows >= 24)


async def test_three_panes_beside_each_other() -> None:
    """On a large screen list, page and history stand side by side."""
    hands = Hands(unconnected([decision()]))
    hands.columns, hands.rows = 200, 50
    title = _fits(hands)[1]
    assert title.index("PENDING") < title.index("ACTIVE") < title.index("HISTORY")


async def test_resizing() -> None:
    """A screen that changes its size is drawn for the new one at once, what is selected still in view."""
    hands = Hands(unconnected(decision(f"{number:08}", target=f"192.0.2.{number}") for number in range(200)))
    await hands.type("jjjjjjj")
    for columns, rows in [*SIZES, *reversed(SIZES)]:
        hands.columns, hands.rows = columns, rows
        shown = [plain(line) for line in hands.board.draw(columns, rows)]
        assert sum(line.startswith("> ") and "192.0.2.7" in line for line in shown) == 1


async def test_too_small() -> None:
    """Below 40 by 10 a line says that the window is too small; what is asked then is not answered."""
    hands = Hands(unconnected([decision()]))
    for size in ((39, 24), (80, 9), (3, 2), (1, 1)):
        hands.columns, hands.rows = size
        _fits(hands)
    hands.columns, hands.rows = 39, 24
    assert "too small" in hands.look().replace("\n", "")


@pytest.mark.usefixtures("ascii_drawing")
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_ascii(columns: int, rows: int) -> None:
    """Where only ASCII is drawn, nothing else is on the screen, whoever wrote it."""
    hostile = [decision(f"{number:08}", target=text) for number, text in enumerate(HOSTILE)]
    hands = Hands(unconnected(hostile))
    hands.columns, hands.rows = columns, rows
    for key in ("j", "j", "?", "?", "w", "h", "enter", "/"):
        await hands.press(key)
        for line in _fits(hands):
            assert line.isascii(), line
            assert line.isprintable() or not line


async def test_meaning_without_colour() -> None:
    """What is selected, how risky it is, what is late and who is at it are told by characters."""
    late = decision("aaaaaaaa1111", risk=v1.RISK_LEVEL_CRITICAL, left_s=-5)
    late.schedule.warned = True
    late.claim.operator = "bob"
    shown = Hands(unconnected([late, decision("bbbbbbbb2222")])).look().splitlines()
    row = next(line for line in shown if line.startswith("> "))
    assert "critical" in row
    assert "over 0:05!" in row
    assert "@bob" in row


async def test_evidence_before_the_recommendation() -> None:
    """A high decision's page starts with what it is about and the evidence."""
    found = decision("aaaaaaaa1111")
    found.proposal.evidence.reasoning = "beaconing"
    found.proposal.evidence.indicators.append("indicator-one")
    hands = Hands(unconnected([found]))
    hands.columns, hands.rows = 120, 80
    shown = await hands.press("enter")
    assert shown.index("indicator-one") < shown.index("beaconing")


async def test_filter() -> None:
    """A filter narrows the list, is told in its title, and a mistyped one is explained and can be mended."""
    hands = Hands(
        unconnected([decision("aaaaaaaa1111"), decision("bbbbbbbb2222", target="198.51.100.9", risk=v1.RISK_LEVEL_LOW)])
    )
    await hands.type("/risk=lo")
    assert "is no risk" in await hands.press("enter")
    await hands.type("w")
    shown = await hands.press("enter")
    assert "1 of 1" in shown
    assert "risk=low" in shown
    assert "203.0.113.7" not in shown
    assert hands.talk.desk.selection == choose(["risk=low"])
    await hands.type("/")
    await hands.press("c-u")
    assert "1 of 2" in await hands.press("enter") or "2 of 2" in hands.look()


async def test_moving() -> None:
    """The keys j and k, the arrows, g and G move the selection; what is selected is then in focus at the prompt."""
    hands = Hands(unconnected(decision(f"{number:08}", target=f"192.0.2.{number}") for number in range(50)))
    assert "3 of 50" in await hands.type("jj")
    assert "2 of 50" in await hands.press("up")
    assert "50 of 50" in await hands.type("G")
    assert "50 of 50" in await hands.press("down")
    assert "1 of 50" in await hands.type("g")
    await hands.type("j")
    assert hands.talk.desk.focus == "00000001"


async def test_panes() -> None:
    """Tab gives the moving keys to another pane, whose name stands in brackets; the page scrolls from any of them."""
    hands = Hands(unconnected([decision("aaaaaaaa1111"), decision("bbbbbbbb2222")]))
    assert "[PENDING]" in hands.look()
    assert "[ACTIVE]" in await hands.press("tab")
    assert "1 of 2" in await hands.type("j")
    assert "[HISTORY]" in await hands.press("tab")
    assert "[PENDING]" in await hands.press("tab")
    assert "2 of 2" in await hands.type("j")
    first = hands.look()
    assert first != await hands.press(" ")
    assert first == await hands.type("b")


async def test_help_and_why_and_back() -> None:
    """`?` shows the keys, `w` why, Enter the page alone; q closes what is open and then leaves."""
    hands = Hands(unconnected([decision("aaaaaaaa1111")]))
    assert "approve what is selected" in await hands.type("?")
    assert "Nothing is decided while the keys are shown" in await hands.type("r")
    assert "PENDING" in await hands.type("?")
    await hands.type("w")
    assert "PENDING" not in await hands.press("enter")
    await hands.type("q")
    assert "PENDING" not in hands.look()
    assert "PENDING" in await hands.press("escape")
    assert not hands.board.finished
    await hands.type("q")
    assert hands.board.finished


async def test_twenty_thousand() -> None:
    """With 20,000 pending a key, and the screen after it, take a few milliseconds: only rows in view are looked at."""
    hands = Hands(unconnected(decision(f"{number:08}", target=f"192.0.2.{number}") for number in range(20_000)))
    await hands.type("jk")
    keys = "jjjkGkg jbn"
    started_s = time.process_time()
    for _ in range(10):
        for key in keys:
            await hands.press(key)
    took_s = (time.process_time() - started_s) / (10 * len(keys))
    assert took_s < 0.01, f"{took_s * 1000:.1f} ms a key"
