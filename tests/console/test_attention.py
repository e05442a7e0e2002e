"""Attention: what was shown of a decision, and for how long."""

from __future__ import annotations

import hashlib

from governance import v1
from governance_client.console.attention import REMEMBERED, Attention
from tests.console.examples import decision

PAGE = [[("class:title", "high "), ("", "block_ip")], [("", "evidence")]]


class _Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_what_was_shown_is_said() -> None:
    """A presentation has the digest of the text, the version, and the time since the action was first in view."""
    clock = _Clock()
    attention = Attention(clock)
    attention.shown(decision(version=3), PAGE)
    clock.now_s += 12.25
    shown = attention.presentation(decision(version=4))
    assert shown is not None
    assert shown.rendering_digest == hashlib.sha256(b"high block_ip\nevidence\n").digest()
    assert (shown.version, shown.reading.seconds, shown.reading.nanos) == (3, 12, 250_000_000)


def test_what_was_not_shown_is_not_said() -> None:
    """Nothing is said of what was not shown, nor of an action that has changed since."""
    attention = Attention(_Clock())
    assert attention.presentation(decision()) is None
    attention.shown(decision(), PAGE)
    changed = decision(target="192.0.2.1")
    assert attention.presentation(changed) is None
    assert attention.read_s(changed) == 0


def test_showing_it_again_goes_on() -> None:
    """Looking again does not start the time anew; another action does."""
    clock = _Clock()
    attention = Attention(clock)
    attention.shown(decision(), PAGE)
    clock.now_s += 5
    attention.shown(decision(version=2), PAGE)
    assert attention.read_s(decision()) == 5
    attention.shown(decision(target="192.0.2.1"), PAGE)
    assert attention.read_s(decision(target="192.0.2.1")) == 0


def test_a_day_is_the_most() -> None:
    """A reading time stays within the contract's bound."""
    clock = _Clock()
    attention = Attention(clock)
    attention.shown(decision(), PAGE)
    clock.now_s += 1e6
    shown = attention.presentation(decision())
    assert shown is not None
    assert shown.reading.seconds == 86400


def test_memory_is_bounded() -> None:
    """The decisions shown longest ago are forgotten first."""
    attention = Attention(_Clock())
    for number in range(REMEMBERED + 1):
        attention.shown(v1.Decision(decision_id=f"d{number}", action_digest=b"x" * 32), PAGE)
    assert attention.presentation(v1.Decision(decision_id="d0", action_digest=b"x" * 32)) is None
    assert attention.presentation(v1.Decision(decision_id="d1", action_digest=b"x" * 32)) is not None
