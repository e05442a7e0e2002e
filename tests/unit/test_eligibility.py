"""Who may decide, who is there, and whose turn it is."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.command import Surroundings
from governance_server.domain.eligibility import (
    by_turns,
    eligible,
    handed_on,
    may_decide,
    nobody_reachable,
    reachable,
    stands_behind,
)
from governance_server.domain.house import House
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from tests.unit.deciding import ALICE, CORE, SUPERVISOR, Desk, critical_proposal

OWNED = Policy(core_owners={CORE.name: frozenset({"olga", "otto"})})
CONNECTED = {
    "alice": v1.ROLE_SOC_OPERATOR,
    "bob": v1.ROLE_SOC_OPERATOR,
    "olga": v1.ROLE_CISO,
    "sue": v1.ROLE_SOC_SUPERVISOR,
    CORE.name: v1.ROLE_CISO,
}
AROUND = Surroundings(connected=CONNECTED)


def test_who_stands_behind() -> None:
    """Behind a core stands the operator of its name, and whom the policy lists."""
    assert stands_behind(OWNED, CORE.name, CORE.name)
    assert stands_behind(OWNED, CORE.name, "olga")
    assert not stands_behind(OWNED, CORE.name, "alice")
    assert not stands_behind(OWNED, "minimus", "olga")
    assert not stands_behind(DEFAULT_POLICY, CORE.name, "olga")


def test_who_may_decide() -> None:
    """A decision is decided by its tier and above, and never by whoever stands behind it."""
    decision = v1.Decision(core=CORE.name, tier=v1.ROLE_SOC_SUPERVISOR)
    assert may_decide(OWNED, decision, "sue", v1.ROLE_SOC_SUPERVISOR)
    assert may_decide(OWNED, decision, "chris", v1.ROLE_CISO)
    assert not may_decide(OWNED, decision, "alice", v1.ROLE_SOC_OPERATOR)
    assert not may_decide(OWNED, decision, "olga", v1.ROLE_CISO)


def test_eligible() -> None:
    """Eligible is who may decide and has not approved the action as it stands."""
    desk = Desk(policy=OWNED).propose(critical_proposal())
    assert eligible(OWNED, desk.current, CONNECTED) == ["alice", "bob", "sue"]
    desk.approve(ALICE)
    assert eligible(OWNED, desk.current, CONNECTED) == ["bob", "sue"]
    other = v1.Decision()
    other.CopyFrom(desk.current)
    other.action_digest = bytes(32)
    assert eligible(OWNED, other, CONNECTED) == ["alice", "bob", "sue"]


def test_reachable() -> None:
    """Reachable is who is eligible, connected and not away."""
    decision = Desk(policy=OWNED).propose().current
    assert reachable(House(policy=OWNED, away=frozenset({"bob"})), AROUND, decision) == ["alice", "sue"]
    assert reachable(House(policy=OWNED), Surroundings(), decision) == []


@pytest.mark.parametrize(
    ("turn", "expected"), [("", "alice"), ("alice", "bob"), ("aaron", "alice"), ("bob", "sue"), ("sue", "alice")]
)
def test_by_turns(turn: str, expected: str) -> None:
    """Turns go through the alphabet and start again; who has left leaves no hole."""
    assert by_turns(House(turn=turn), ["sue", "alice", "bob"]) == expected


def test_handed_on_by_hand() -> None:
    """Where people assign by hand, nobody is assigned."""
    assert handed_on(House(), AROUND, Desk().propose().current) == []


def test_handed_on_by_turns() -> None:
    """Where it goes by turns, the next who is there is assigned."""
    house = House(policy=Policy(assignment="by_turns"), turn="alice")
    [event] = handed_on(house, AROUND, Desk().propose().current)
    assert event.decision_assigned == v1.DecisionAssigned(operator="bob", by_turns=True)


def test_nobody_reachable() -> None:
    """That nobody can be reached is an alarm for what is critical, once."""
    usual, critical = Desk().propose().current, v1.Decision()
    critical.CopyFrom(Desk(around=AROUND).propose(critical_proposal()).current)
    assert handed_on(House(), Surroundings(), usual) == []
    [event] = handed_on(House(), Surroundings(), critical)
    assert event.alarm_raised.kind == v1.ALARM_KIND_NOBODY_REACHABLE
    critical.alarms.add(kind=v1.ALARM_KIND_NOBODY_REACHABLE)
    assert nobody_reachable(critical) == []


def test_tier_counts_for_who_is_reachable() -> None:
    """Only those count that the tier admits."""
    decision = v1.Decision(core=CORE.name, tier=SUPERVISOR.role)
    assert reachable(House(policy=OWNED), AROUND, decision) == ["sue"]
