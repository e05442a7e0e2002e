"""A decision's next value: built once an entry, from the entry alone."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.evolve import evolve
from governance_server.domain.moment import timestamp
from tests.unit.deciding import (
    ALICE,
    BOB,
    CISO,
    CORE,
    DECISION_ID,
    MINUTE_US,
    NOON_US,
    Desk,
    acceptance,
    approval,
    claiming,
    critical_proposal,
    escalation,
    outcome,
)
from tests.unit.verdicts import answer, assigning, deferral, modification, noting, question


def lived() -> Desk:
    """Bring a decision through much of what can happen to one."""
    desk = Desk().propose(critical_proposal())
    desk.accepted(ALICE, claiming())
    desk.accepted(ALICE, question(desk.current))
    desk.accepted(CORE, answer())
    desk.accepted(ALICE, deferral(desk.current, 60, "In a minute."))
    desk.accepted(ALICE, approval(desk.current, "Yes."))
    desk.accepted(BOB, assigning("bob"))
    desk.accepted(BOB, modification(desk.current, host_only(desk.current), "Only there."))
    desk.accepted(ALICE, escalation(v1.ROLE_SOC_SUPERVISOR))
    desk.wait(60 * MINUTE_US).tick()
    desk.approve(CISO)
    desk.accepted(CORE, acceptance(desk.current))
    desk.accepted(CORE, outcome(desk.current, detail="rc=0"))
    desk.accepted(ALICE, noting())
    return desk


def host_only(decision: v1.Decision) -> v1.Action:
    """Narrow a decision's action to one host."""
    action = v1.Action()
    action.CopyFrom(decision.proposal.action)
    action.scope = v1.ACTION_SCOPE_HOST
    return action


def replay(desk: Desk, *, erased: bool = False) -> v1.Decision:
    """Build the decision anew from its entries."""
    decision = None
    for entry, personal in desk.entries:
        decision = evolve(decision, entry, None if erased else personal)
    assert decision is not None
    return decision


def entry(*events: v1.Event, offset: int = 100, decision_id: str = DECISION_ID) -> v1.Entry:
    return v1.Entry(offset=offset, decision_id=decision_id, actor=CISO, recorded_at=timestamp(NOON_US), events=events)


def test_replay() -> None:
    """The entries alone lead to the same decision, as often as they are read."""
    desk = lived()
    assert replay(desk) == desk.current
    assert replay(desk).SerializeToString(deterministic=True) == replay(desk).SerializeToString(deterministic=True)


def test_inputs_stay() -> None:
    """Neither the decision before nor the entry nor its personal data is changed."""
    desk = lived()
    decision: v1.Decision | None = None
    for written, personal in desk.entries:
        inputs = [message for message in (decision, written, personal) if message is not None]
        before = [message.SerializeToString(deterministic=True) for message in inputs]
        decision = evolve(decision, written, personal)
        assert [message.SerializeToString(deterministic=True) for message in inputs] == before


def test_version_and_offset() -> None:
    """An entry is one version, however many events it has, and the decision names the entry."""
    desk = lived()
    assert desk.current.version == len(desk.entries)
    assert desk.current.offset == desk.entries[-1][0].offset


def said_of(action: v1.Action) -> v1.Action:
    """Return what entries say of an action."""
    return v1.Action(type=action.type, scope=action.scope)


def test_erased() -> None:
    """Once personal data is erased, the decision can still be built: without what was erased, otherwise the same."""
    desk = lived()
    erased = replay(desk, erased=True)
    expected = v1.Decision()
    expected.CopyFrom(desk.current)
    expected.proposal.CopyFrom(v1.Proposal(action=said_of(expected.proposal.action)))
    expected.original_action.CopyFrom(said_of(expected.original_action))
    expected.outcome.ClearField("detail")
    expected.approval.ClearField("reason")
    del expected.modifications[0].changes[:]
    for vote in expected.votes:
        vote.ClearField("comment")
    for inquiry in expected.inquiries:
        inquiry.ClearField("question")
        inquiry.answer.Clear()
    # a remark that was kept as a note leaves none; a note that was made as one leaves who made it, and when
    del expected.notes[:-1]
    expected.notes[0].ClearField("text")
    assert erased == expected


def test_bytes_are_enough() -> None:
    """A decision that was written and read again goes on as the one in memory does."""
    decision: v1.Decision | None = None
    for written, personal in lived().entries:
        kept = None if decision is None else v1.Decision.FromString(decision.SerializeToString())
        again = v1.Entry.FromString(written.SerializeToString())
        known = None if personal is None else v1.PersonalData.FromString(personal.SerializeToString())
        following = evolve(decision, written, personal)
        assert evolve(kept, again, known) == following
        decision = following


def test_another_decisions_entry() -> None:
    """An entry about another decision is a bug."""
    desk = Desk().propose()
    cancelled = v1.Event(decision_cancelled=v1.DecisionCancelled())
    with pytest.raises(AssertionError, match="another decision"):
        evolve(desk.current, entry(cancelled, decision_id="decision-2"), None)


def test_applied_twice() -> None:
    """An entry that was applied before is a bug."""
    desk = Desk().propose()
    with pytest.raises(AssertionError, match="applied before"):
        evolve(desk.current, desk.entries[0][0], None)


def test_empty_entry() -> None:
    """An entry in which nothing happens is a bug."""
    with pytest.raises(AssertionError, match="has events"):
        evolve(Desk().propose().current, entry(), None)


OTHER = bytes(32)
PENDING_BUGS = {
    "another action was approved": v1.Event(decision_approved=v1.DecisionApproved(action_digest=OTHER)),
    "another action was rejected": v1.Event(decision_rejected=v1.DecisionRejected(action_digest=OTHER)),
    "another action was voted on": v1.Event(vote_cast=v1.VoteCast(action_digest=OTHER)),
    "another action was modified": v1.Event(action_modified=v1.ActionModified(previous_digest=OTHER)),
    "another action was returned": v1.Event(proposal_returned=v1.ProposalReturned(action_digest=OTHER)),
    "order_held in DECISION_STATE_PENDING": v1.Event(order_held=v1.OrderHeld()),
    "the warning is about another deadline": v1.Event(sla_warned=v1.SlaWarned(deadline=timestamp(1))),
    "another deadline passed": v1.Event(sla_breached=v1.SlaBreached(deadline=timestamp(1))),
    "order_accepted in DECISION_STATE_PENDING": v1.Event(order_accepted=v1.OrderAccepted()),
    "order_issued in DECISION_STATE_PENDING": v1.Event(order_issued=v1.OrderIssued()),
    "ledger_created in DECISION_STATE_PENDING": v1.Event(ledger_created=v1.LedgerCreated()),
    "unknown event in DECISION_STATE_PENDING": v1.Event(),
}


@pytest.mark.parametrize("bug", PENDING_BUGS)
def test_impossible_while_pending(bug: str) -> None:
    """An event that nobody could have decided while the decision waited is asserted against."""
    with pytest.raises(AssertionError, match=bug):
        evolve(Desk().propose().current, entry(PENDING_BUGS[bug]), None)


def test_warned_twice() -> None:
    """A second warning about the same deadline is a bug."""
    decision = Desk().propose().current
    warned = v1.Event(sla_warned=v1.SlaWarned(deadline=decision.schedule.deadline))
    with pytest.raises(AssertionError, match="given before"):
        evolve(evolve(decision, entry(warned), None), entry(warned, offset=101), None)


@pytest.mark.parametrize("digest", [OTHER, None], ids=["another action", "a second order"])
def test_one_order_for_the_approved_action(digest: bytes | None) -> None:
    """An order for another action, or a second one, is a bug."""
    decision = Desk().approve().current
    issued = v1.OrderIssued(order_id="decision-1/2", action_digest=digest or decision.action_digest)
    with pytest.raises(AssertionError, match=r"for another action|there is an order"):
        evolve(decision, entry(v1.Event(order_issued=issued)), None)


def test_acceptance_of_another_order() -> None:
    """Accepting or reporting on another order is a bug."""
    accepted = v1.Event(order_accepted=v1.OrderAccepted(order_id="decision-1/2"))
    with pytest.raises(AssertionError, match="another order was accepted"):
        evolve(Desk().approve().current, entry(accepted), None)
    reported = v1.OutcomeReported(order_id="decision-1/2", result=v1.OUTCOME_RESULT_FAILED)
    with pytest.raises(AssertionError, match="another order was reported on"):
        evolve(Desk().execute().current, entry(v1.Event(outcome_reported=reported)), None)


def test_ended_without_a_verdict() -> None:
    """What expires or is withdrawn names who or what ended it, and waits for nobody any more."""
    for event in (
        v1.Event(decision_expired=v1.DecisionExpired(reason=v1.EXPIRY_REASON_NOBODY_DECIDED)),
        v1.Event(decision_cancelled=v1.DecisionCancelled()),
    ):
        ended = evolve(Desk().propose().current, entry(event), v1.PersonalData(remark="because"))
        assert (ended.ending.actor, ended.ending.reason) == (CISO, "because")
        assert ended.expiry_reason == event.decision_expired.reason
        assert not ended.HasField("schedule")


def test_order_withdrawn_and_issued_anew() -> None:
    """A withdrawn order is gone and the decision held; one that is issued anew has its own number."""
    decision = Desk().approve().current
    withdrawn = v1.OrderWithdrawn(order_id=decision.order.order_id, held_until=timestamp(NOON_US + MINUTE_US))
    held = evolve(decision, entry(v1.Event(order_withdrawn=withdrawn)), None)
    assert held.held
    assert held.held_until == withdrawn.held_until
    assert not held.HasField("order")
    issued = v1.OrderIssued(order_id="decision-1/2", action_digest=decision.action_digest)
    anew = evolve(held, entry(v1.Event(order_issued=issued), offset=101), None)
    assert (anew.held, anew.HasField("held_until"), anew.orders) == (False, False, 2)
    assert anew.order.order_id == "decision-1/2"


def test_withdrawal_of_another_order() -> None:
    """Withdrawing another order than the one that waits is a bug."""
    withdrawn = v1.Event(order_withdrawn=v1.OrderWithdrawn(order_id="decision-1/2"))
    with pytest.raises(AssertionError, match="another order was withdrawn"):
        evolve(Desk().approve().current, entry(withdrawn), None)


def test_settled() -> None:
    """What was settled by hand is the outcome, and says who settled it and by what."""
    decision = Desk().report(v1.OUTCOME_RESULT_UNKNOWN).current
    settled = v1.OutcomeReconciled(order_id=decision.order.order_id, result=v1.OUTCOME_RESULT_EXECUTED)
    following = evolve(decision, entry(v1.Event(outcome_reconciled=settled)), v1.PersonalData(remark="In the log."))
    assert following.state == v1.DECISION_STATE_EXECUTED
    assert (following.outcome.reported_by, following.outcome.detail) == (CISO, "In the log.")


def test_repeated_and_reversed() -> None:
    """A repetition counts up; a request to undo and the reverse are kept with what was executed."""
    repeated = v1.Event(proposal_repeated=v1.ProposalRepeated(repeated_as="decision-2", occurrences=2))
    assert evolve(Desk().propose().current, entry(repeated), None).occurrences == 2
    undo = v1.Event(undo_requested=v1.UndoRequested())
    asked = evolve(Desk().report().current, entry(undo), v1.PersonalData(remark="Ours."))
    assert (asked.undo_requested.actor, asked.undo_requested.reason) == (CISO, "Ours.")
    proposed = v1.Event(reversal_proposed=v1.ReversalProposed(reversed_by="decision-2"))
    assert evolve(asked, entry(proposed, offset=101), None).reversed_by == "decision-2"


def test_alarm() -> None:
    """An alarm is kept with its kind and its moment."""
    raised = v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_NOBODY_REACHABLE))
    [alarm] = evolve(Desk().propose().current, entry(raised), None).alarms
    assert alarm == v1.Alarm(kind=v1.ALARM_KIND_NOBODY_REACHABLE, raised_at=timestamp(NOON_US))


def test_begins_with_a_proposal() -> None:
    """A decision that nobody proposed does not exist."""
    with pytest.raises(AssertionError):
        evolve(None, entry(v1.Event(decision_cancelled=v1.DecisionCancelled())), None)
