"""Core proposes and withdraws."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.command import Consequence, Surroundings
from governance_server.domain.digest import action_digest
from governance_server.domain.moment import SECOND_US, microseconds, span_us
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.proposing import group_key
from tests.unit.deciding import (
    ALICE,
    CORE,
    DECISION_ID,
    MINUTE_US,
    NOON_US,
    ORDER_ID,
    OTHER_CORE,
    Desk,
    approval,
    critical_proposal,
    kinds,
    proposal,
    rejection,
    withdrawal,
)


def test_proposal_waits_for_the_first_tier() -> None:
    """A proposal becomes a decision that waits for the first tier, with the times of its risk."""
    made = proposal()
    desk = Desk()
    consequence = desk.accepted(CORE, v1.CoreCommand(proposal=made))
    assert kinds(consequence) == ["decision_proposed"]
    assert consequence.personal == v1.PersonalData(proposal=made)
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_PENDING
    assert (decision.decision_id, decision.core, decision.version, decision.offset) == (DECISION_ID, "maximus", 1, 3)
    assert decision.proposal == made
    assert decision.action_digest == action_digest(made.action)
    assert decision.tier == v1.ROLE_SOC_OPERATOR
    assert decision.quorum == v1.Quorum(required=1)
    assert decision.assessment.risk == v1.RISK_LEVEL_MEDIUM
    assert microseconds(decision.proposed_at) == NOON_US
    assert microseconds(decision.schedule.warn_at) == NOON_US + 15 * MINUTE_US * 3 // 4
    assert microseconds(decision.schedule.deadline) == NOON_US + 15 * MINUTE_US
    assert (decision.action_version, decision.occurrences) == (1, 1)


def test_entry_says_what_is_not_personal() -> None:
    """The entry itself tells what was proposed as far as that is nobody's personal data."""
    desk = Desk().propose()
    proposed = desk.entries[0][0].events[0].decision_proposed
    assert proposed.action_type == v1.ACTION_TYPE_BLOCK_IP
    assert proposed.action_scope == v1.ACTION_SCOPE_HOST
    assert proposed.target_count == 1
    assert proposed.confidence == 0.9
    assert b"203.0.113.9" not in desk.entries[0][0].SerializeToString()


def test_critical_risk_has_five_minutes() -> None:
    """The worse the risk, the shorter the time."""
    desk = Desk().propose(critical_proposal())
    assert desk.current.assessment.automation == v1.AUTOMATION_LEVEL_MANUAL
    assert microseconds(desk.current.schedule.deadline) == NOON_US + 5 * MINUTE_US


def test_full_automation_is_approved_by_policy() -> None:
    """With full automation policy approves in the same entry, gives leave, and the decision says that policy did."""
    desk = Desk()
    consequence = desk.accepted(CORE, v1.CoreCommand(proposal=proposal(confidence=0.95)))
    assert kinds(consequence) == ["decision_proposed", "decision_approved", "order_issued"]
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_APPROVED
    assert decision.version == 1
    assert decision.approval.actor == v1.Actor(kind=v1.ACTOR_KIND_POLICY, name="policy")
    assert not decision.votes
    assert decision.order.order_id == ORDER_ID
    assert decision.order.action_digest == decision.action_digest
    assert microseconds(decision.order.accept_by) == NOON_US + 10 * MINUTE_US
    assert not decision.HasField("schedule")


def test_known_id_is_taken() -> None:
    """An id that was used stands for its proposal for ever; only its own core is shown what became of it."""
    desk = Desk().propose()
    own = desk.refused(CORE, v1.CoreCommand(proposal=proposal(confidence=0.1)))
    assert own.reason == v1.REFUSAL_REASON_DECISION_ID_TAKEN
    assert own.current == desk.current
    others = desk.refused(OTHER_CORE, v1.CoreCommand(proposal=proposal()))
    assert others.reason == v1.REFUSAL_REASON_DECISION_ID_TAKEN
    assert not others.HasField("current")


def test_bound_on_open_decisions() -> None:
    """At the bound a proposal is refused, with when to come back; below it, taken."""
    policy = replace(DEFAULT_POLICY, open_decisions_limit=3)
    refusal = Desk(policy=policy, open_decisions=3).refused(CORE, v1.CoreCommand(proposal=proposal()))
    assert refusal.reason == v1.REFUSAL_REASON_TOO_MANY_OPEN
    assert span_us(refusal.retry_after) == 30 * SECOND_US
    Desk(policy=policy, open_decisions=2).propose()


def test_the_same_again_joins() -> None:
    """A proposal of the same action, while it is open, is counted to the open decision, and makes none of its own."""
    twin = Desk().propose().current
    made = proposal(decision_id="decision-2", confidence=0.99)
    desk = Desk(around=Surroundings(twin=twin), open_decisions=DEFAULT_POLICY.open_decisions_limit)
    ruling = desk.rule(CORE, v1.CoreCommand(proposal=made))
    assert isinstance(ruling, Consequence)
    assert ruling.joined == DECISION_ID
    assert ruling.personal == v1.PersonalData(proposal=made)
    (event,) = ruling.events
    assert event.proposal_repeated == v1.ProposalRepeated(repeated_as="decision-2", occurrences=2)


def test_another_reversal_does_not_join() -> None:
    """The same action for another purpose, to reverse an executed one, is a decision of its own."""
    executed = Desk().report().current
    twin = Desk().propose(proposal(decision_id="decision-3")).current
    made = proposal(decision_id="decision-2")
    made.reverses = DECISION_ID
    desk = Desk(around=Surroundings(twin=twin, original=executed))
    assert kinds(desk.accepted(CORE, v1.CoreCommand(proposal=made))) == ["decision_proposed"]


def test_too_many_proposals() -> None:
    """Beyond the rate a proposal is refused, with when to come back; what is critical is taken at any rate."""
    hurried = Surroundings(retry_after_us=90 * SECOND_US)
    refusal = Desk(around=hurried).refused(CORE, v1.CoreCommand(proposal=proposal()))
    assert refusal.reason == v1.REFUSAL_REASON_RATE_LIMITED
    assert span_us(refusal.retry_after) == 90 * SECOND_US
    Desk(around=hurried).propose(critical_proposal())


def test_rates_of_operators() -> None:
    """An operator that asks too often is told when to come back; a rejection is never one too many."""
    desk = Desk().propose()
    desk.around = Surroundings(retry_after_us=SECOND_US)
    refusal = desk.refused(ALICE, approval(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_RATE_LIMITED
    assert span_us(refusal.retry_after) == SECOND_US
    desk.accepted(ALICE, rejection(desk.current))


def test_withdrawn_while_pending() -> None:
    """Core may withdraw what waits, and its reason is kept."""
    desk = Desk().propose()
    consequence = desk.accepted(CORE, withdrawal("Host is gone."))
    assert consequence.personal == v1.PersonalData(remark="Host is gone.")
    assert desk.current.state == v1.DECISION_STATE_CANCELLED
    assert desk.current.ending.reason == "Host is gone."
    assert desk.current.ending.actor == CORE
    assert not desk.current.HasField("schedule")


def test_withdrawn_before_the_order_was_accepted() -> None:
    """Core may withdraw what was approved, as long as nobody accepted the order."""
    desk = Desk().approve()
    assert desk.accepted(CORE, withdrawal()).personal is None
    assert desk.current.state == v1.DECISION_STATE_CANCELLED
    assert desk.current.HasField("approval")


def test_not_withdrawn_after_the_order_was_accepted() -> None:
    """What may have been done cannot be withdrawn; core is told which instance accepted, and when."""
    desk = Desk().execute()
    refusal = desk.refused(CORE, withdrawal())
    assert refusal.reason == v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED
    assert "core-1 accepted the order at 2026-01-02T12:00:00Z" in refusal.message
    desk.report(v1.OUTCOME_RESULT_UNKNOWN)
    assert desk.refused(CORE, withdrawal()).reason == v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED


def test_not_withdrawn_after_the_end() -> None:
    """A decision ends once: whoever withdraws after a rejection is told who rejected."""
    desk = Desk().propose()
    desk.accepted(ALICE, rejection(desk.current))
    refusal = desk.refused(CORE, withdrawal())
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert "Rejected by alice (soc_operator)" in refusal.message


def test_others_decisions_do_not_exist() -> None:
    """To a core, another core's decision and none at all look the same."""
    theirs = Desk().propose().refused(OTHER_CORE, withdrawal())
    nobodys = Desk().refused(OTHER_CORE, withdrawal())
    assert theirs == nobodys
    assert theirs.reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND


def grouped(
    kind: v1.TargetKind.ValueType,
    *values: str,
    threat: str = "scan",
    action: v1.ActionType.ValueType = v1.ACTION_TYPE_BLOCK_IP,
) -> str:
    targets = [v1.Target(kind=kind, value=value) for value in values]
    return group_key(v1.Proposal(action=v1.Action(type=action, targets=targets), threat=v1.Threat(type=threat)))


IP, HOST = v1.TARGET_KIND_IP_ADDRESS, v1.TARGET_KIND_HOST


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (grouped(IP, "203.0.113.9"), grouped(IP, "203.0.113.200"), True),
        (grouped(IP, "203.0.113.9"), grouped(IP, "203.0.114.9"), False),
        (grouped(IP, "203.0.113.9"), grouped(IP, "203.0.113.9", threat="worm"), False),
        (grouped(IP, "203.0.113.9"), grouped(IP, "203.0.113.9", action=v1.ACTION_TYPE_ISOLATE_HOST), False),
        (grouped(IP, "2001:db8:0:1::1"), grouped(IP, "2001:db8:0:1:ffff::"), True),
        (grouped(IP, "2001:db8:0:1::1"), grouped(IP, "2001:db8:0:2::1"), False),
        (grouped(IP, "no address"), grouped(IP, "no address"), True),
        (grouped(IP, "no.address.9"), grouped(IP, "no.address.9"), True),
        (grouped(IP, "no.address.9"), grouped(IP, "no.address.8"), False),
        (grouped(IP, "203.0.113.9"), grouped(IP, "203.0.113.256"), False),
        (grouped(HOST, "web-1"), grouped(HOST, "web-1", "web-2"), True),
        (grouped(HOST, "web-1"), grouped(HOST, "web-2"), False),
        (grouped(HOST), grouped(HOST), True),
    ],
)
def test_like_decisions_share_a_key(one: str, other: str, alike: bool) -> None:
    """Same action, same threat, same neighbourhood: the same key, which shows nothing of them."""
    assert (one == other) is alike
    assert len(one) == 16
    int(one, 16)


def test_first_address_counts() -> None:
    """The first address among the targets says the neighbourhood, wherever it stands."""
    made = v1.Action(targets=[v1.Target(kind=HOST, value="web-1"), v1.Target(kind=IP, value="203.0.113.9")])
    plain = v1.Action(targets=[v1.Target(kind=IP, value="203.0.113.1")])
    assert group_key(v1.Proposal(action=made)) == group_key(v1.Proposal(action=plain))
