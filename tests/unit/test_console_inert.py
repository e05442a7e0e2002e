"""Text that someone wrote is inert on the screen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.console.announcing import LINES_AT_ONCE, announce
from governance_client.console.halts import halt_news, who_lines
from governance_client.console.inert import CUT, MARKS_PER_CHARACTER, fit, inert, inert_lines, pad, width_of, wrap
from governance_client.console.page import page
from governance_client.console.rendering import NARROWEST, clip, plain, summary, table
from governance_client.console.toolbar import View, toolbar
from governance_client.operator import Link, Update
from tests.console.examples import NOW_S, decision, operator

HOSTILE = (
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m",
    "\x90q\x9c",
    "safe\rAPPROVED",
    "two\nlines",
    "\x08\x08\x08\x7f",
    "\u202eexe.tset",
    "\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "zero\u200bwidth\u200d\u2060\ufeff",
    "a" + "\u0301" * 500,
    "\u0301leading",
    "line\u2028para\u2029next\x85",
    "\ud800 lone",
    "blank\u3164\u2800\u115f",
    "tag\U000e0041\U000e0042",
    "variation\ufe0f",
    "\ue000private\U0010ffff",
    "x" * 100_000,
    "漢字" * 200,
    "a\u00a0b\u2003c",
)
_NOTHING_ELSE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _assert_inert(text: str) -> None:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        assert category not in _NOTHING_ELSE, f"U+{ord(character):04X}"
        marks = marks + 1 if category in {"Mn", "Me", "Mc"} else 0
        assert marks <= MARKS_PER_CHARACTER
    text.encode()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_corpus(hostile: str) -> None:
    """None of the known tricks leaves a character that does anything but be read."""
    _assert_inert(inert(hostile))


@given(st.text(st.characters(codec=None)))
def test_any_text(text: str) -> None:
    """Whatever is written, what is shown is inert, and showing it again changes nothing."""
    shown = inert(text)
    _assert_inert(shown)
    assert inert(shown) == shown


def test_what_is_harmless_stays() -> None:
    """Names in living languages are shown as they are written."""
    for text in ("block 203.0.113.7", "C:\\Temp\\a.exe", "Zoë Müller", "서울", "नमस्ते", "東京"):
        assert inert(text) == text


def test_controls_can_be_seen() -> None:
    """A control character is shown as its picture, anything else unseen as its number."""
    assert inert("a\x1b[31mb\n\x7f\u202e") == "a␛[31mb␊␡<U+202E>"


def test_long_lines_are_cut_with_a_mark() -> None:
    """A line nobody would read to its end is cut, and the cut can be seen."""
    assert inert("x" * 5000, limit=10) == "x" * 10 + CUT


@given(st.text(), st.integers(min_value=0, max_value=30))
def test_widths(text: str, width: int) -> None:
    """Fitted text never takes more columns than it may, padded text takes exactly as many."""
    shown = inert(text)
    assert width_of(fit(shown, width)) <= width
    assert width_of(pad(shown, width)) == width


@given(st.text(), st.integers(min_value=2, max_value=30))
def test_wrapping(text: str, width: int) -> None:
    """Wrapped pieces fit, and lose nothing but the spaces they were parted at."""
    shown = inert(text)
    pieces = wrap(shown, width)
    assert all(width_of(piece) <= width for piece in pieces)
    assert "".join(pieces).replace(" ", "") == shown.replace(" ", "")


def test_many_lines_are_bounded() -> None:
    """Of a text with more lines than are shown, the last line says how many are left."""
    lines = inert_lines("\n".join(str(n) for n in range(100)), 40, 5)
    assert lines == ["0", "1", "2", "3", "4", f"{CUT} and 95 more lines"]


def _hostile_decision(hostile: str) -> v1.Decision:
    written = hostile.encode("utf-8", "replace").decode()
    made = v1.Decision()
    made.CopyFrom(decision(target=written[:500]))
    made.core = made.claim.operator = made.ending.reason = made.ending.actor.name = written
    made.proposal.action.parameters[written[:20]] = written
    made.proposal.evidence.reasoning = written
    made.proposal.evidence.indicators.append(written)
    made.proposal.evidence.exhibits.add(name=written, text=written)
    made.proposal.threat.type = made.assessment.justification = written
    made.proposal.assets.add(name=written, type=written)
    made.notes.add(text=written, actor=v1.Actor(name=written))
    made.votes.add(comment=written, actor=v1.Actor(name=written))
    made.order.order_id = made.order.accepted_by = made.outcome.detail = written
    made.outcome.reported_by.name = written
    made.modifications.add(
        actor=v1.Actor(name=written), changes=[v1.ActionChange(part=written, before=written, after=written)]
    )
    evidence = v1.Evidence(reasoning=written, indicators=[written], exhibits=[v1.Exhibit(name=written, text=written)])
    made.inquiries.add(question=written, asked_by=v1.Actor(name=written), answer=evidence).answered_at.seconds = 1
    made.undo_requested.reason = made.undo_requested.actor.name = written
    made.assignee = made.reversed_by = written
    made.alarms.add(kind=v1.ALARM_KIND_NOBODY_REACHABLE)
    made.held = made.returned = True
    return made


@pytest.mark.parametrize("width", [20, 80, 200])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_view_of_a_hostile_decision(hostile: str, width: int) -> None:
    """Wherever a hostile text stands in a decision, no view of it does anything, and none is wider than the screen."""
    shown = _hostile_decision(hostile)
    now_us = NOW_S * 1_000_000
    halt = v1.Halt(
        halt_id="halt-1", scope=v1.HaltScope(target=shown.core), reason=shown.core, actor=operator(shown.core)
    )
    found = v1.ListEligibleOperatorsResponse(
        operators=[v1.EligibleOperator(operator=v1.Operator(name=shown.core, role=v1.ROLE_CISO))]
    )
    view = View(Link.UP, operator(shown.core), [shown], [halt], 1, now_us)
    cause = v1.Cause(actor=operator(shown.core))
    lines = [
        *table([shown], now_us, width),
        *page(shown, now_us, width),
        summary(shown, now_us, width),
        toolbar(view, width),
        *(clip(line, width) for line in who_lines(found)),
        *halt_news({}, {"halt-1": halt}, now_us, width),
        *halt_news({"halt-1": halt}, {}, now_us, width),
        *announce([Update(None, shown, cause), Update(decision(), shown, cause)], now_us, width),
    ]
    for line in lines:
        _assert_inert(plain(line))
        assert width_of(plain(line)) <= max(width, NARROWEST)


def test_clip_keeps_styles_and_width() -> None:
    """A clipped line ends with the mark exactly where the screen does."""
    line = [("a", "12345"), ("b", "67890")]
    assert clip(line, 10) == line
    assert plain(clip(line, 9)) == "12345678" + CUT
    assert plain(clip(line, 5)) == "1234" + CUT
    assert plain(clip(line, 1)) == CUT


def test_announcements_are_bounded() -> None:
    """However many decisions arrive and change at once, it is told in a few lines."""
    arrived = [Update(None, decision(f"a{n:08}"), v1.Cause()) for n in range(500)]
    ended = decision(state=v1.DECISION_STATE_REJECTED)
    moved = [Update(decision(), ended, v1.Cause(actor=operator("bob"))) for _ in range(500)]
    assert len(announce(arrived + moved, 0, 80)) == 2
    assert len(announce(arrived[:LINES_AT_ONCE], 0, 80)) == LINES_AT_ONCE
    (line,) = announce(moved[:1], 0, 80)
    assert plain(line).startswith("rejected by bob (soc_operator)")


def test_toolbar_counts_down() -> None:
    """The toolbar shows the nearest deadline by the server's clock, and the counts by risk."""
    pending = [decision("aaaaaaaa", left_s=90), decision("bbbbbbbb", left_s=600, risk=v1.RISK_LEVEL_LOW)]
    text = plain(toolbar(View(Link.UP, operator("alice"), pending, (), 0, NOW_S * 1_000_000), 120))
    assert text.startswith("connected  alice soc_operator  C0 H1 M0 L1  next due 1:30 block_ip")


def _bounded(text: str) -> bool:
    """Tell whether the first and the last character with a direction of its own run from left to right."""
    strong = [kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"}]
    return not strong or strong[0] == strong[-1] == "L"


@given(st.text(alphabet="\u05d0\u0628a1 .\u0660", max_size=12))
def test_scripts_from_right_to_left_stay_by_themselves(text: str) -> None:
    """A text in Hebrew or Arabic cannot change the order of what stands beside it, and is quoted once at most."""
    shown = inert(text)
    assert _bounded(shown)
    assert inert(shown) == shown
    assert shown.strip("\u02bb\u02bc") == text


def test_a_target_from_right_to_left_leaves_the_rest_of_its_line() -> None:
    """Between such a target and the figures after it stands a letter that runs from left to right."""
    line = plain(summary(decision(decision_id="12345678", target="\u05d0\u05d1"), NOW_S * 1_000_000, 80))
    assert "\u02bb\u05d0\u05d1\u02bc 12345678" in line
