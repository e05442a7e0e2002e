"""Decisions are claimed, released and escalated."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.command import Surroundings
from governance_server.domain.moment import microseconds
from governance_server.domain.policy import Policy
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    BOB,
    CISO,
    MINUTE_US,
    NOON_US,
    SUPERVISOR,
    Desk,
    claiming,
    critical_proposal,
    escalation,
    kinds,
    proposal,
    rejection,
    releasing,
)


def test_claimed() -> None:
    """A claim is a lease: who, since when, until when."""
    desk = Desk().propose()
    assert kinds(desk.accepted(ALICE, claiming())) == ["decision_claimed"]
    claim = desk.current.claim
    assert claim.operator == "alice"
    assert microseconds(claim.claimed_at) == NOON_US
    assert microseconds(claim.expires_at) == NOON_US + 15 * MINUTE_US
    assert desk.current.state == v1.DECISION_STATE_PENDING


def test_own_claim_is_renewed() -> None:
    """Claiming again renews the lease; it still says since when."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    desk.wait(MINUTE_US).accepted(ALICE, claiming())
    assert microseconds(desk.current.claim.claimed_at) == NOON_US
    assert microseconds(desk.current.claim.expires_at) == NOON_US + 16 * MINUTE_US


def test_claim_after_the_lease_starts_anew() -> None:
    """Who claims again after the lease was over has it since then."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    desk.wait(15 * MINUTE_US).accepted(ALICE, claiming())
    assert microseconds(desk.current.claim.claimed_at) == NOON_US + 15 * MINUTE_US


def test_anothers_claim() -> None:
    """What another has in hand cannot be claimed, until the lease is over."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    desk.wait(15 * MINUTE_US - 1)
    assert desk.refused(BOB, claiming()).reason == v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER
    desk.wait(1).accepted(BOB, claiming())
    assert desk.current.claim.operator == "bob"


def test_claim_needs_the_tier() -> None:
    """Only who may decide may claim."""
    desk = Desk().propose()
    assert desk.refused(AUDITOR, claiming()).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW


def test_released() -> None:
    """Who has it in hand may let it go."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    assert kinds(desk.accepted(ALICE, releasing())) == ["decision_released"]
    assert not desk.entries[-1][0].events[0].decision_released.expired
    assert not desk.current.HasField("claim")


def test_only_ones_own_is_released() -> None:
    """What nobody has in hand, or another has, one cannot let go."""
    desk = Desk().propose()
    refusal = desk.refused(ALICE, releasing())
    assert refusal.reason == v1.REFUSAL_REASON_NOT_CLAIMED
    assert refusal.message.startswith("Nobody has it in hand")
    desk.accepted(ALICE, claiming())
    refusal = desk.refused(CISO, releasing())
    assert refusal.reason == v1.REFUSAL_REASON_NOT_CLAIMED
    assert refusal.message.startswith("alice has it in hand, not you")
    assert desk.wait(15 * MINUTE_US).refused(ALICE, releasing()).message.startswith("Nobody has it in hand")


@pytest.mark.parametrize(
    ("made", "target"),
    [
        (proposal(), v1.ROLE_SOC_SUPERVISOR),
        (critical_proposal(), v1.ROLE_CISO),
    ],
    ids=["medium", "critical"],
)
def test_escalated_by_risk(made: v1.Proposal, target: v1.Role.ValueType) -> None:
    """An escalation that names nobody goes to whom the risk asks for."""
    desk = Desk().propose(made)
    desk.accepted(ALICE, escalation())
    assert desk.current.tier == target


def test_escalated_to_a_named_role() -> None:
    """An escalation may skip tiers; it starts the times anew and ends a claim."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    consequence = desk.wait(MINUTE_US).accepted(BOB, escalation(v1.ROLE_CISO, "Too big."))
    assert kinds(consequence) == ["decision_escalated"]
    decision = desk.current
    assert decision.tier == v1.ROLE_CISO
    assert decision.state == v1.DECISION_STATE_PENDING
    assert microseconds(decision.schedule.warn_at) == NOON_US + MINUTE_US + 15 * MINUTE_US * 3 // 4
    assert microseconds(decision.schedule.deadline) == NOON_US + 16 * MINUTE_US
    assert not decision.schedule.warned
    assert not decision.HasField("claim")
    [note] = decision.notes
    assert (note.actor, note.text) == (BOB, "Too big.")


def test_one_step_up_where_risk_asks_for_no_more() -> None:
    """Where the risk's target is no step up any more, the next tier is asked."""
    desk = Desk().propose()
    for tier in (v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO):
        desk.accepted(ALICE, escalation())
        assert desk.current.tier == tier
    refusal = desk.refused(ALICE, escalation())
    assert refusal.reason == v1.REFUSAL_REASON_NO_HIGHER_TIER
    assert "top of the chain" in refusal.message


@pytest.mark.parametrize(
    "to_role", [v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR, v1.ROLE_CORE, v1.ROLE_AUDITOR], ids=v1.Role.Name
)
def test_no_step_up(to_role: v1.Role.ValueType) -> None:
    """An escalation goes up the chain and nowhere else."""
    desk = Desk().propose()
    desk.accepted(ALICE, escalation())
    refusal = desk.refused(SUPERVISOR, escalation(to_role))
    assert refusal.reason == v1.REFUSAL_REASON_NO_HIGHER_TIER
    assert "is no step up from there" in refusal.message


def test_escalated_from_below_the_tier() -> None:
    """Who may not decide it any more may still send it further up."""
    desk = Desk().propose()
    desk.accepted(ALICE, escalation())
    desk.accepted(ALICE, escalation(v1.ROLE_CISO))
    assert desk.current.tier == v1.ROLE_CISO


def test_auditor_escalates_nothing() -> None:
    """Only operators escalate."""
    assert Desk().propose().refused(AUDITOR, escalation()).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW


def test_escalation_says_why() -> None:
    """An escalation without a reason is refused."""
    assert Desk().propose().refused(ALICE, escalation(reason=" ")).reason == v1.REFUSAL_REASON_REASON_REQUIRED


@pytest.mark.parametrize("command", [claiming(), releasing(), escalation()], ids=["claim", "release", "escalate"])
def test_only_what_waits(command: v1.OperatorCommand) -> None:
    """What does not exist, was approved or has ended is neither claimed nor released nor escalated."""
    assert Desk().refused(ALICE, command).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    approved = Desk().approve()
    assert approved.refused(BOB, command).reason == v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED
    closed = Desk().propose()
    closed.accepted(ALICE, rejection(closed.current))
    assert closed.refused(BOB, command).reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED


def test_escalated_by_turns() -> None:
    """By turns, an escalation gives the decision to the next who is there and of the new tier."""
    connected = {"alice": v1.ROLE_SOC_OPERATOR, "chris": v1.ROLE_CISO, "sue": v1.ROLE_SOC_SUPERVISOR}
    desk = Desk(policy=Policy(assignment="by_turns"), around=Surroundings(connected=connected)).propose()
    assert desk.current.assignee == "alice"
    assert kinds(desk.accepted(ALICE, escalation())) == ["decision_escalated", "decision_assigned"]
    assert desk.current.assignee == "chris"
    desk.accepted(ALICE, escalation(v1.ROLE_CISO))
    assert desk.current.assignee == "chris"


def test_escalated_to_nobody_there() -> None:
    """A critical decision that goes up to a tier of which nobody is there raises an alarm, for each tier anew."""
    desk = Desk(around=Surroundings(connected={"alice": v1.ROLE_SOC_OPERATOR})).propose(critical_proposal())
    assert not desk.current.alarms
    assert kinds(desk.accepted(ALICE, escalation(v1.ROLE_SOC_SUPERVISOR))) == ["decision_escalated", "alarm_raised"]
    assert kinds(desk.accepted(ALICE, escalation(v1.ROLE_CISO))) == ["decision_escalated", "alarm_raised"]
    assert [alarm.kind for alarm in desk.current.alarms] == [v1.ALARM_KIND_NOBODY_REACHABLE] * 2


def test_escalated_usually() -> None:
    """What is not critical raises no alarm: the next tier has its time, and the one after it."""
    desk = Desk().propose()
    assert kinds(desk.accepted(ALICE, escalation())) == ["decision_escalated"]
