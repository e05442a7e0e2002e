"""Operators approve and reject."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.moment import microseconds
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
    escalation,
    kinds,
    rejection,
    verdict,
    withdrawal,
)


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


@pytest.mark.parametrize(
    "judgement",
    [
        v1.Verdict(modify_and_approve=v1.ModifyAndApprove()),
        v1.Verdict(defer=v1.Defer()),
        v1.Verdict(request_information=v1.RequestInformation()),
        v1.Verdict(return_for_revision=v1.ReturnForRevision()),
    ],
)
def test_not_offered(judgement: v1.Verdict) -> None:
    """A judgement that the contract knows and this server does not take is refused as such."""
    desk = Desk().propose()
    refusal = desk.refused(ALICE, v1.OperatorCommand(verdict=judgement))
    assert refusal.reason == v1.REFUSAL_REASON_NOT_OFFERED
    assert refusal.current == desk.current


def test_empty_judgement() -> None:
    """A verdict without a judgement that this server knows is from a newer client, and refused."""
    desk = Desk().propose()
    command = v1.OperatorCommand(verdict=v1.Verdict(version=1))
    assert desk.refused(ALICE, command).reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND
