"""The toolbar: what it shows, and what it leaves out first where there is no room."""

from __future__ import annotations

from governance import v1
from governance_client.console.lines import plain
from governance_client.console.toolbar import View, toolbar
from governance_client.operator import Link
from tests.console.examples import NOW_S, decision, operator

COUNTS: dict[int, int] = {v1.RISK_LEVEL_CRITICAL: 1, v1.RISK_LEVEL_MEDIUM: 4, v1.RISK_LEVEL_LOW: 200}
HALT = v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True))
FULL = View(
    Link.UP,
    operator("alice"),
    COUNTS,
    (HALT, HALT),
    alarms=3,
    due=decision("bbbbbbbb0001", left_s=125),
    now_us=NOW_S * 1_000_000,
    filtered="risk=high",
    hidden=7,
    focus=decision("aaaaaaaa0001"),
)


def _shown(view: View, width: int = 300) -> str:
    return plain(toolbar(view, width))


def test_everything() -> None:
    """With room it shows how we stand, who we are, what waits by risk, halts, alarms, filter, focus and what is due."""
    assert _shown(FULL) == (
        "connected  alice soc_operator  C1 H0 M4 L200  HALTED everything +1 more  ALARM 3  filter risk=high (hides 7)  "
        "focus aaaaaaaa0001  next due 2:05 block_ip 203.0.113.7"
    )


def test_nothing_special() -> None:
    """What there is nothing to tell of takes no room."""
    assert _shown(View(Link.DOWN, operator("alice"), {})) == "no connection  alice soc_operator  C0 H0 M0 L0"


def test_who_we_are_on_a_common_terminal() -> None:
    """At 80 columns what is due next is told by its time alone, so that operator, role and focus have room."""
    view = View(Link.UP, operator("alice"), COUNTS, due=FULL.due, now_us=FULL.now_us, focus=FULL.focus)
    assert _shown(view, 80) == "connected  alice soc_operator  C1 H0 M4 L200  focus aaaaaaaa0001  next due 2:05"


def test_what_goes_first() -> None:
    """The narrower it is, the more is left out by importance: that all is halted late, how we are connected never."""
    shown = [_shown(FULL._replace(link=Link.DOWN), width) for width in (110, 80, 60, 42, 30)]
    assert all(each.startswith("no connection") for each in shown)
    told = {word: [word in each for each in shown] for word in ("alice", "filter", "ALARM", "C1 H0", "HALTED")}
    assert told == {
        "alice": [False, False, False, False, False],
        "filter": [True, False, False, False, False],
        "ALARM": [True, True, False, False, False],
        "C1 H0": [True, True, True, False, False],
        "HALTED": [True, True, True, True, False],
    }


def test_it_is_never_wider() -> None:
    """Whatever the width, the line fits in it."""
    for width in range(1, 200):
        assert len(_shown(FULL, width)) <= width


def test_hostile_text() -> None:
    """A target that tries to draw over the toolbar is a picture of itself, and bounded."""
    shown = _shown(View(Link.UP, operator("alice"), {}, due=decision("b", target="\x1b[2J" + "x" * 500)))
    assert "\x1b" not in shown
    assert "␛[2J" in shown
    assert len(shown) < 100
