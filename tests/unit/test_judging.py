"""Operators approve, reject, defer and return; enough approvals give leave."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.command import Surroundings
from governance_server.domain.house import House
from governance_server.domain.judging import JUDGEMENTS
from governance_server.domain.moment import microseconds
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    BOB,
    CISO,
    CORE,
    MINUTE_US,
    NOON_US,
    ORDER_ID,
    SUPERVISOR,
    Desk,
    approval,
    claiming,
    critical_proposal,
    escalation,
    kinds,
    rejection,
    verdict,
    withdrawal,
)
from tests.unit.verdicts import assigning, deferral, question, returning

TWO_FOR_ALL = Policy(required_approvals=dict.fromkeys(DEFAULT_POLICY.required_approvals, 2))
BY_TURNS = Policy(required_approvals=TWO_FOR_ALL.required_approvals, assignment="by_turns")
MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
CONNECTED = {actor.name: actor.role for actor in (ALICE, BOB, SUPERVISOR)}


def test_approved() -> None:
    """An approval gives leave in the same entry, for exactly the action that was seen."""
    desk = Desk().propose().wait(MINUTE_US)
    consequence = desk.accepted(ALICE, approval(desk.current, "Go."))
    assert kinds(consequence) == ["decision_approved", "order_issued"]
    assert consequence.personal == v1.PersonalData(remark="Go.")
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_APPROVED
    assert decision.version == 2
    assert decision.order.order_id == ORDER_ID
    assert decision.order.action_digest == decision.action_digest
    assert microseconds(decision.order.issued_at) == NOON_US + MINUTE_US
    assert microseconds(decision.order.accept_by) == NOON_US + 11 * MINUTE_US
    assert (decision.approval.actor, decision.approval.reason) == (ALICE, "Go.")
    [vote] = decision.votes
    assert (vote.actor, vote.approved, vote.comment) == (ALICE, True, "Go.")
    assert vote.action_digest == decision.action_digest
    assert not decision.HasField("schedule")


def test_approved_without_a_word() -> None:
    """An approval needs no comment, and without one there is no personal data."""
    desk = Desk().propose()
    assert desk.accepted(ALICE, approval(desk.current)).personal is None


def test_approved_by_digest() -> None:
    """A verdict that names the action holds in whatever version the decision is meanwhile."""
    desk = Desk().propose()
    command = v1.OperatorCommand(verdict=v1.Verdict(action_digest=desk.current.action_digest, approve=v1.Approve()))
    desk.accepted(ALICE, claiming())
    desk.accepted(ALICE, command)
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_rejected() -> None:
    """One rejection is enough, and its reason is kept."""
    desk = Desk().propose()
    consequence = desk.accepted(ALICE, rejection(desk.current, "Ours."))
    assert kinds(consequence) == ["decision_rejected"]
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_REJECTED
    assert (decision.ending.actor, decision.ending.reason) == (ALICE, "Ours.")
    [vote] = decision.votes
    assert (vote.approved, vote.comment) == (False, "Ours.")
    assert not decision.HasField("order")
    assert not decision.HasField("schedule")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_rejection_says_why(reason: str) -> None:
    """A rejection without a reason is refused."""
    desk = Desk().propose()
    assert desk.refused(ALICE, rejection(desk.current, reason)).reason == v1.REFUSAL_REASON_REASON_REQUIRED


def test_second_is_told_who_approved() -> None:
    """The second operator to decide is told who approved first, and when."""
    desk = Desk().approve(ALICE)
    refusal = desk.wait(MINUTE_US).refused(BOB, rejection(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED
    assert refusal.message == (
        "Approved by alice (soc_operator) at 2026-01-02T12:00:00Z; your verdict was not counted."
    )
    assert refusal.current == desk.current


def test_second_is_told_who_rejected() -> None:
    """The second operator to decide is told who rejected first, and when."""
    desk = Desk().propose()
    seen = desk.current
    desk.accepted(BOB, rejection(seen))
    refusal = desk.refused(ALICE, approval(seen))
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert refusal.message == ("Rejected by bob (soc_operator) at 2026-01-02T12:00:00Z; your verdict was not counted.")


def test_told_that_core_withdrew() -> None:
    """Whoever decides after core withdrew is told so."""
    desk = Desk().propose()
    desk.accepted(CORE, withdrawal())
    assert "Withdrawn by maximus (core)" in desk.refused(ALICE, approval(desk.current)).message


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (v1.OUTCOME_RESULT_EXECUTED, "Executed, as reported by maximus (core) at 2026-01-02T12:00:00Z"),
        (v1.OUTCOME_RESULT_FAILED, "Tried and failed, as reported by maximus (core) at 2026-01-02T12:00:00Z"),
        (v1.OUTCOME_RESULT_UNKNOWN, "Approved by alice (soc_operator) at 2026-01-02T12:00:00Z"),
    ],
)
def test_told_what_came_of_it(result: v1.OutcomeResult.ValueType, words: str) -> None:
    """Whoever decides after an order was executed is told what came of it."""
    desk = Desk().report(result)
    assert desk.refused(BOB, approval(desk.current)).message == f"{words}; your verdict was not counted."


def test_policys_approval_is_named() -> None:
    """Where the policy approved, whoever decides after it is told that policy did."""
    desk = Desk().propose(None)
    automatic = Desk()
    made = v1.Proposal()
    made.CopyFrom(desk.current.proposal)
    made.confidence = 1
    automatic.propose(made)
    assert "Approved by the policy at" in automatic.refused(ALICE, approval(automatic.current)).message


def test_version_stale() -> None:
    """A verdict on a version that is no longer current is refused, with the current one."""
    desk = Desk().propose()
    seen = desk.current
    desk.accepted(BOB, claiming())
    refusal = desk.refused(BOB, approval(seen))
    assert refusal.reason == v1.REFUSAL_REASON_VERSION_STALE
    assert "at version 2, and you saw version 1" in refusal.message
    assert refusal.current == desk.current


def test_another_action() -> None:
    """A verdict on another action is refused."""
    desk = Desk().propose()
    command = v1.OperatorCommand(verdict=v1.Verdict(action_digest=bytes(32), approve=v1.Approve()))
    assert desk.refused(ALICE, command).reason == v1.REFUSAL_REASON_ACTION_CHANGED


def test_nothing_seen() -> None:
    """A verdict that does not say what was seen is refused."""
    desk = Desk().propose()
    command = v1.OperatorCommand(verdict=v1.Verdict(approve=v1.Approve()))
    refusal = desk.refused(ALICE, command)
    assert refusal.reason == v1.REFUSAL_REASON_VERSION_STALE
    assert "does not say what you saw" in refusal.message


def test_tier_restricts() -> None:
    """After an escalation the tier below may decide no more, and those at the tier and above may."""
    desk = Desk().propose()
    desk.accepted(ALICE, escalation(v1.ROLE_SOC_SUPERVISOR))
    for command in (approval(desk.current), rejection(desk.current)):
        refusal = desk.refused(ALICE, command)
        assert refusal.reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
        assert "waits for soc_supervisor or above; you are soc_operator" in refusal.message
    for actor in (SUPERVISOR, CISO):
        assert not isinstance(desk.rule(actor, approval(desk.current)), v1.Refusal)


def test_auditor_decides_nothing() -> None:
    """An auditor is below every tier."""
    desk = Desk().propose()
    assert desk.refused(AUDITOR, approval(desk.current)).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW


def test_claim_keeps_others_from_approving() -> None:
    """While one operator has it in hand, another may reject it and not approve it."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    refusal = desk.refused(BOB, approval(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER
    assert "alice has it in hand until 2026-01-02T12:15:00Z" in refusal.message
    assert not isinstance(desk.rule(ALICE, approval(desk.current)), v1.Refusal)
    desk.accepted(BOB, rejection(desk.current))
    assert not desk.current.HasField("claim")


def test_expired_claim_keeps_nobody() -> None:
    """A claim that is over blocks nobody, even before the timekeeper noticed."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    desk.wait(15 * MINUTE_US).accepted(BOB, approval(desk.current))
    assert desk.current.approval.actor == BOB
    assert not desk.current.HasField("claim")


def test_no_such_decision() -> None:
    """A verdict on what does not exist is refused."""
    refusal = Desk().refused(ALICE, verdict(v1.Decision(), approve=v1.Approve()))
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    assert not refusal.HasField("current")


def test_empty_judgement() -> None:
    """A verdict without a judgement that this server knows is from a newer client, and refused."""
    desk = Desk().propose()
    command = v1.OperatorCommand(verdict=v1.Verdict(version=1))
    assert desk.refused(ALICE, command).reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND


def test_every_judgement_is_taken() -> None:
    """Every judgement of the contract is answered."""
    assert set(JUDGEMENTS) == {field.name for field in v1.Verdict.DESCRIPTOR.oneofs_by_name["judgement"].fields}


def test_critical_needs_two() -> None:
    """A critical decision needs two people: the first approval is a vote, the second gives leave."""
    desk = Desk(around=Surroundings(connected=CONNECTED)).propose(critical_proposal())
    consequence = desk.accepted(ALICE, approval(desk.current, "Yes."))
    assert kinds(consequence) == ["vote_cast"]
    assert consequence.personal == v1.PersonalData(remark="Yes.")
    assert desk.current.state == v1.DECISION_STATE_PENDING
    assert desk.current.HasField("schedule")
    assert not desk.current.HasField("order")
    assert kinds(desk.accepted(BOB, approval(desk.current, "Yes, too."))) == ["decision_approved", "order_issued"]
    assert [(vote.actor, vote.comment) for vote in desk.current.votes] == [(ALICE, "Yes."), (BOB, "Yes, too.")]
    assert desk.current.approval.actor == BOB


def test_nobody_counts_twice() -> None:
    """A second approval by the same person is refused."""
    desk = Desk().propose(critical_proposal()).approve(ALICE)
    refusal = desk.refused(ALICE, approval(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_ALREADY_VOTED
    assert refusal.current == desk.current


def test_one_rejection_beats_approvals() -> None:
    """One rejection ends what others have approved."""
    desk = Desk(policy=TWO_FOR_ALL).propose().approve(ALICE)
    desk.accepted(BOB, rejection(desk.current))
    assert desk.current.state == v1.DECISION_STATE_REJECTED
    assert [vote.approved for vote in desk.current.votes] == [True, False]


def test_approval_is_taken_back_by_a_rejection() -> None:
    """Who has approved may still reject: in doubt, no."""
    desk = Desk(policy=TWO_FOR_ALL).propose().approve(ALICE)
    desk.accepted(ALICE, rejection(desk.current))
    assert desk.current.state == v1.DECISION_STATE_REJECTED


def test_quorum_asks_for_a_role() -> None:
    """Where the quorum asks for a role, no number of people below it is enough."""
    desk = Desk().propose()
    asking = v1.Decision()
    asking.CopyFrom(desk.current)
    asking.quorum.roles.append(v1.ROLE_SECURITY_MANAGER)
    desk.decision = asking
    for actor in (ALICE, BOB, SUPERVISOR):
        assert kinds(desk.accepted(actor, approval(desk.current)))[0] == "vote_cast"
    desk.accepted(MANAGER, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_own_proposal() -> None:
    """Whoever stands behind the proposing core may reject what it proposes, and not approve it."""
    namesake = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=CORE.name, role=v1.ROLE_CISO)
    desk = Desk(policy=Policy(core_owners={CORE.name: frozenset({"alice"})})).propose()
    for actor in (ALICE, namesake):
        assert desk.refused(actor, approval(desk.current)).reason == v1.REFUSAL_REASON_OWN_PROPOSAL
        assert desk.refused(actor, claiming()).reason == v1.REFUSAL_REASON_OWN_PROPOSAL
        assert not isinstance(desk.rule(actor, rejection(desk.current)), v1.Refusal)


def test_a_vote_lets_go() -> None:
    """Who has it in hand and votes lets go of it, so that others can vote, and takes it no more."""
    desk = Desk(policy=TWO_FOR_ALL).propose()
    desk.accepted(ALICE, claiming())
    assert kinds(desk.accepted(ALICE, approval(desk.current))) == ["vote_cast", "decision_released"]
    assert not desk.current.HasField("claim")
    assert desk.refused(ALICE, claiming()).reason == v1.REFUSAL_REASON_ALREADY_VOTED
    desk.accepted(BOB, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_assignee_who_voted() -> None:
    """Who was assigned and has voted is asked no more."""
    desk = Desk(policy=TWO_FOR_ALL).propose()
    desk.accepted(ALICE, assigning("alice"))
    desk.accepted(ALICE, approval(desk.current))
    assert desk.current.assignee == ""


def test_next_turn_after_a_vote() -> None:
    """By turns, the next person is asked for the next vote; an assignee who has not voted stays."""
    around = Surroundings(connected=CONNECTED)
    desk = Desk(policy=BY_TURNS, around=around).propose()
    assert desk.current.assignee == "alice"
    desk.house = House(turn="alice")
    by_bob = desk.rule(BOB, approval(desk.current))
    assert not isinstance(by_bob, v1.Refusal)
    assert kinds(by_bob) == ["vote_cast"]
    desk.accepted(ALICE, approval(desk.current))
    assert desk.current.assignee == "bob"


def test_nobody_left_for_the_next_vote() -> None:
    """Where nobody is there for the second vote on what is critical, that is an alarm."""
    desk = Desk(around=Surroundings(connected={"alice": ALICE.role})).propose(critical_proposal())
    assert not desk.current.alarms
    assert kinds(desk.accepted(ALICE, approval(desk.current))) == ["vote_cast", "alarm_raised"]
    assert [alarm.kind for alarm in desk.current.alarms] == [v1.ALARM_KIND_NOBODY_REACHABLE]


def test_approved_while_halted() -> None:
    """What is approved during a halt waits, visibly, and has no order."""
    desk = Desk(house=House(halts={"h": v1.Halt(halt_id="h", scope=v1.HaltScope(all=True))})).propose()
    assert kinds(desk.accepted(ALICE, approval(desk.current))) == ["decision_approved", "order_held"]
    assert desk.current.held
    assert not desk.current.HasField("order")


def test_policy_changed_meanwhile() -> None:
    """An approval has to satisfy the policy of the assessment and the one now in force."""
    desk = Desk().propose()
    desk.policy = TWO_FOR_ALL
    assert kinds(desk.accepted(ALICE, approval(desk.current))) == ["vote_cast"]
    desk.accepted(BOB, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_policy_now_asks_for_a_higher_tier() -> None:
    """Whom the policy now in force would not ask cannot approve any more, and may reject."""
    desk = Desk().propose()
    desk.policy = Policy(chain=(v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO))
    refusal = desk.refused(ALICE, approval(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
    assert "The policy now in force leaves this action to soc_supervisor or above; you are soc_operator" in (
        refusal.message
    )
    assert not isinstance(desk.rule(ALICE, rejection(desk.current)), v1.Refusal)
    desk.accepted(SUPERVISOR, approval(desk.current))


def test_deferred() -> None:
    """A decision is set aside for a time; its deadline stays, and the comment is kept as a note."""
    desk = Desk().propose()
    deadline = desk.current.schedule.deadline
    consequence = desk.accepted(ALICE, deferral(desk.current, 300, "After the call."))
    assert kinds(consequence) == ["decision_deferred"]
    schedule = desk.current.schedule
    assert microseconds(schedule.deferred_until) == NOON_US + 5 * MINUTE_US
    assert schedule.deadline == deadline
    assert [(note.actor, note.text) for note in desk.current.notes] == [(ALICE, "After the call.")]
    assert desk.accepted(ALICE, deferral(desk.current, 60)).personal is None
    assert len(desk.current.notes) == 1


def test_deferred_within_the_deadline() -> None:
    """It can be set aside up to its deadline, and no further."""
    desk = Desk().propose()
    refusal = desk.refused(ALICE, deferral(desk.current, 15 * 60 + 1))
    assert refusal.reason == v1.REFUSAL_REASON_BEYOND_DEADLINE
    assert "before 2026-01-02T12:15:00Z" in refusal.message
    desk.accepted(ALICE, deferral(desk.current, 15 * 60))


def test_escalation_ends_a_deferral() -> None:
    """What one tier set aside is not set aside for the next."""
    desk = Desk().propose()
    desk.accepted(ALICE, deferral(desk.current, 600))
    desk.accepted(ALICE, escalation())
    assert not desk.current.schedule.HasField("deferred_until")


def test_deferred_decision_is_still_decided() -> None:
    """Setting it aside keeps nobody from deciding."""
    desk = Desk().propose()
    desk.accepted(ALICE, deferral(desk.current, 600))
    desk.accepted(BOB, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_returned() -> None:
    """A return ends the decision rejected, says so, and keeps the instructions and the comment."""
    desk = Desk().propose()
    consequence = desk.accepted(ALICE, returning(desk.current, "Name the rule.", "Not urgent."))
    assert kinds(consequence) == ["proposal_returned"]
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_REJECTED
    assert decision.returned
    assert decision.ending.reason == "Name the rule.\n\nNot urgent."
    assert [vote.approved for vote in decision.votes] == [False]
    assert desk.refused(BOB, approval(decision)).reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED


def test_return_needs_instructions_and_the_tier() -> None:
    """A return says what to do otherwise, and comes from the tier."""
    desk = Desk().propose()
    assert desk.refused(ALICE, returning(desk.current, " ")).reason == v1.REFUSAL_REASON_REASON_REQUIRED
    desk.accepted(ALICE, escalation())
    for command in (returning(desk.current), deferral(desk.current, 60), question(desk.current)):
        assert desk.refused(ALICE, command).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
