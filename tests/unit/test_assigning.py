"""Decisions are given to operators, who say whether they are there."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.command import Consequence, Surroundings
from governance_server.domain.house import House, evolve_house
from governance_server.domain.policy import Policy
from tests.unit.deciding import ALICE, AUDITOR, BOB, CORE, SUPERVISOR, Desk, critical_proposal, escalation, kinds
from tests.unit.verdicts import assigning

AROUND = Surroundings(
    connected={"alice": v1.ROLE_SOC_OPERATOR, "bob": v1.ROLE_SOC_OPERATOR, "sue": v1.ROLE_SOC_SUPERVISOR}
)


def test_assigned_by_hand() -> None:
    """Whoever may judge a decision may give it to one who could approve it, and to nobody."""
    desk = Desk(around=AROUND).propose()
    assert kinds(desk.accepted(ALICE, assigning("bob"))) == ["decision_assigned"]
    assert desk.current.assignee == "bob"
    assert not desk.entries[-1][0].events[0].decision_assigned.by_turns
    desk.accepted(BOB, assigning(""))
    assert desk.current.assignee == ""


def test_assigned_to_oneself() -> None:
    """One may take it oneself, also without a stream."""
    desk = Desk().propose()
    desk.accepted(BOB, assigning("bob"))
    assert desk.current.assignee == "bob"


@pytest.mark.parametrize("operator", ["nobody", "olga", "alice", CORE.name])
def test_not_eligible(operator: str) -> None:
    """Nothing is given to who is not there, stands behind it, has approved it or is the core itself."""
    around = Surroundings(connected={**AROUND.connected, "olga": v1.ROLE_CISO, CORE.name: v1.ROLE_CISO})
    policy = Policy(core_owners={CORE.name: frozenset({"olga"})})
    desk = Desk(around=around, policy=policy).propose(critical_proposal()).approve(ALICE)
    assert desk.refused(BOB, assigning(operator)).reason == v1.REFUSAL_REASON_OPERATOR_NOT_ELIGIBLE


def test_below_the_tier() -> None:
    """Below the tier nobody gives it away, and nobody is given it."""
    desk = Desk(around=AROUND).propose()
    desk.accepted(ALICE, escalation(v1.ROLE_SOC_SUPERVISOR))
    assert desk.refused(ALICE, assigning("sue")).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
    refusal = desk.refused(SUPERVISOR, assigning("bob"))
    assert refusal.reason == v1.REFUSAL_REASON_OPERATOR_NOT_ELIGIBLE
    assert "soc_supervisor or above" in refusal.message
    desk.accepted(SUPERVISOR, assigning("sue"))


def test_only_what_waits() -> None:
    """What is not there or is decided is given to nobody."""
    assert Desk().refused(ALICE, assigning("")).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    assert Desk().approve().refused(ALICE, assigning("")).reason == v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED


@pytest.mark.parametrize("away", [True, False])
def test_availability(away: bool) -> None:
    """Operators say of themselves whether they are there; it is about the house and no decision."""
    command = v1.OperatorCommand(request_id="r", set_availability=v1.SetAvailability(away=away))
    ruling = Desk().rule(ALICE, command)
    assert isinstance(ruling, Consequence)
    [event] = ruling.events
    assert event.availability_changed == v1.AvailabilityChanged(operator="alice", away=away)
    entry = v1.Entry(actor=ALICE, events=ruling.events)
    assert evolve_house(House(), entry, None).away == (frozenset({"alice"}) if away else frozenset())


def test_auditor_is_not_expected() -> None:
    """Who decides nothing is neither there nor away."""
    command = v1.OperatorCommand(request_id="r", set_availability=v1.SetAvailability(away=True))
    assert Desk().refused(AUDITOR, command).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
