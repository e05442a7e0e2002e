"""Batches: which of a group are decided at once, and what is left out."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.console.batches import Batches, left_out, may_join, plan
from tests.console.examples import decision, operator

YOU = operator("alice")
RULES = v1.ConsoleRules(batch_decisions=3, batch_score=1.2)
PAGE = [[("", "a group")]]


def _member(number: int, score: float = 0.4, **given: object) -> v1.Decision:
    made = decision(f"member{number}", risk=v1.RISK_LEVEL_MEDIUM, left_s=300 + number)
    made.assessment.score = score
    made.group_key = "block_ip/alert"
    for name, value in given.items():
        setattr(made, name, value)
    return made


def _plan(
    members: list[v1.Decision], now: list[v1.Decision] | None = None, rules: v1.ConsoleRules = RULES
) -> list[str]:
    known = {each.decision_id: each for each in (members if now is None else now)}
    found = plan(members, known.get, rules, YOU)
    return [*(each.decision_id for each in found.taken), *left_out(found.left, rules)]


def test_the_cap_on_count() -> None:
    """At most as many as the policy says are decided at once, the most urgent first."""
    members = [_member(4, 0.1), _member(1, 0.1), _member(3, 0.1), _member(2, 0.1)]
    left = "1 beyond the 3 decisions that the policy lets be decided at once"
    assert _plan(members) == ["member1", "member2", "member3", left]


def test_the_cap_on_risk() -> None:
    """The sum of the scores stays within the policy's; three times 0.4 is 1.2, whatever floating point says."""
    assert _plan([_member(1), _member(2), _member(3)]) == ["member1", "member2", "member3"]
    told = _plan([_member(1, 0.9), _member(2, 0.4), _member(3, 0.3)])
    assert told[:2] == ["member1", "member3"]
    assert told[2].startswith("1 beyond the total risk of 1.2")


def test_critical_ones_never_ride_along() -> None:
    """What is critical, or has become it, is left to be decided alone."""
    worse = _member(2)
    worse.assessment.risk = v1.RISK_LEVEL_CRITICAL
    assert _plan([_member(1), _member(2)], [_member(1), worse]) == [
        "member1",
        "1 critical, which are decided one by one",
    ]
    assert not may_join(worse, YOU)


def test_what_changed_meanwhile_is_left_out() -> None:
    """A member that ended, changed its action, or was claimed by another is not decided."""
    changed, claimed = _member(2, action_digest=b"y" * 32), _member(3)
    claimed.claim.operator = "operator-2"
    ended = _member(4, state=v1.DECISION_STATE_REJECTED)
    told = _plan([_member(n, 0.1) for n in range(1, 6)], [_member(1), changed, claimed, ended])
    assert told == [
        "member1",
        "1 changed since they were shown",
        "1 not yours to decide now",
        "2 decided or gone meanwhile",
    ]


def test_a_server_that_names_no_cap() -> None:
    """A server that does not say how many lets none be decided at once."""
    assert _plan([_member(1)], rules=v1.ConsoleRules())[0].startswith("1 beyond the 0 decisions")


@pytest.mark.parametrize(
    "alone", [_member(1, group_key=""), _member(1, state=v1.DECISION_STATE_APPROVED), _member(1, tier=v1.ROLE_CISO)]
)
def test_what_may_not_join(alone: v1.Decision) -> None:
    """Without a group, not pending, or for a higher role: that is decided alone, or by others."""
    assert may_join(_member(1), YOU)
    assert not may_join(alone, YOU)


def test_groups_are_remembered_as_they_were_shown() -> None:
    """A group's members stay those that were shown until it is decided on; a bounded number of groups is kept."""
    batches = Batches(lambda: 0.0)
    first = batches.show("first", [_member(1)], PAGE)
    assert batches.shown("first") is first
    assert batches.attention.presentation(_member(1)) is not None
    for number in range(64):
        batches.show(f"key{number}", [], PAGE)
    assert batches.shown("first") is None
    batches.forget("key63")
    assert batches.shown("key63") is None
