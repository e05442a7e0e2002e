"""The naive replay: what an entry makes of a decision, written down from the contract alone, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from tests.simulation.checkers.moments import us

if TYPE_CHECKING:
    from collections.abc import Callable

    Applier = Callable[[v1.Decision, Any, v1.Entry, v1.PersonalData], None]

OPEN: Final = frozenset(
    {
        v1.DECISION_STATE_PENDING,
        v1.DECISION_STATE_APPROVED,
        v1.DECISION_STATE_EXECUTING,
        v1.DECISION_STATE_OUTCOME_UNKNOWN,
    }
)
_SETTLED: Final = {
    v1.OUTCOME_RESULT_EXECUTED: v1.DECISION_STATE_EXECUTED,
    v1.OUTCOME_RESULT_FAILED: v1.DECISION_STATE_FAILED,
    v1.OUTCOME_RESULT_UNKNOWN: v1.DECISION_STATE_OUTCOME_UNKNOWN,
}
_POLICY: Final = v1.Actor(kind=v1.ACTOR_KIND_POLICY, name="policy")


def apply(decision: v1.Decision, event: v1.Event, entry: v1.Entry, personal: v1.PersonalData) -> None:
    """Change a decision as an event says. Knows no rules: whether it may happen is asked elsewhere."""
    kind = event.WhichOneof("kind")
    assert kind is not None
    _APPLIERS[kind](decision, getattr(event, kind), entry, personal)


def finish(decision: v1.Decision, entry: v1.Entry) -> None:
    """Count the version that all events of an entry made together."""
    decision.version += 1
    decision.offset = entry.offset


def _proposed(now: v1.Decision, event: v1.DecisionProposed, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.decision_id = entry.decision_id
    now.state = v1.DECISION_STATE_PENDING
    now.core = entry.actor.name
    now.proposal.CopyFrom(personal.proposal)
    now.action_digest = event.action_digest
    now.action_version = now.occurrences = 1
    now.assessment.CopyFrom(event.assessment)
    now.tier = event.tier
    now.quorum.CopyFrom(event.quorum)
    now.proposed_at.CopyFrom(entry.recorded_at)
    now.schedule.CopyFrom(v1.Schedule(warn_at=event.warn_at, deadline=event.deadline))
    now.group_key = event.group_key


def _approved(now: v1.Decision, event: v1.DecisionApproved, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.state = v1.DECISION_STATE_APPROVED
    if event.by_policy:
        now.approval.CopyFrom(v1.Resolution(actor=_POLICY, resolved_at=entry.recorded_at))
    else:
        now.approval.CopyFrom(_resolution(entry, personal))
        _vote(now, entry, personal, approved=True)
    _nobody_waited_for(now)


def _rejected(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    _vote(now, entry, personal, approved=False)
    _ended(now, v1.DECISION_STATE_REJECTED, entry, personal)


def _returned(now: v1.Decision, event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    _rejected(now, event, entry, personal)
    now.returned = True


def _expired(now: v1.Decision, event: v1.DecisionExpired, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.expiry_reason = event.reason
    _ended(now, v1.DECISION_STATE_EXPIRED, entry, personal)


def _cancelled(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    _ended(now, v1.DECISION_STATE_CANCELLED, entry, personal)


def _escalated(now: v1.Decision, event: v1.DecisionEscalated, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.tier = event.tier
    now.schedule.CopyFrom(v1.Schedule(warn_at=event.warn_at, deadline=event.deadline, breaches=now.schedule.breaches))
    now.ClearField("claim")
    now.assignee = ""
    if personal.remark:
        _noted(now, event, entry, personal)


def _claimed(now: v1.Decision, event: v1.DecisionClaimed, entry: v1.Entry, _: v1.PersonalData) -> None:
    renewed = now.claim.operator == entry.actor.name and us(entry.recorded_at) < us(now.claim.expires_at)
    since = Timestamp()
    since.CopyFrom(now.claim.claimed_at if renewed else entry.recorded_at)
    now.claim.CopyFrom(v1.Claim(operator=entry.actor.name, claimed_at=since, expires_at=event.expires_at))


def _released(now: v1.Decision, _event: object, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.ClearField("claim")


def _warned(now: v1.Decision, _event: object, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.schedule.warned = True


def _breached(now: v1.Decision, _event: object, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.schedule.breaches += 1


def _issued(now: v1.Decision, event: v1.OrderIssued, entry: v1.Entry, _: v1.PersonalData) -> None:
    now.held = False
    now.ClearField("held_until")
    now.orders += 1
    now.order.CopyFrom(
        v1.Order(
            order_id=event.order_id,
            action_digest=event.action_digest,
            issued_at=entry.recorded_at,
            accept_by=event.accept_by,
        )
    )


def _accepted(now: v1.Decision, event: v1.OrderAccepted, entry: v1.Entry, _: v1.PersonalData) -> None:
    now.state = v1.DECISION_STATE_EXECUTING
    now.order.accepted_by = event.instance
    now.order.accepted_at.CopyFrom(entry.recorded_at)
    now.order.report_by.CopyFrom(event.report_by)


def _held(now: v1.Decision, event: v1.OrderHeld, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.held = True
    now.held_until.CopyFrom(event.held_until)


def _withdrawn(now: v1.Decision, event: v1.OrderWithdrawn, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.ClearField("order")
    now.held = True
    now.held_until.CopyFrom(event.held_until)


def _settled(
    now: v1.Decision,
    event: v1.OutcomeReported | v1.OutcomeReconciled,
    entry: v1.Entry,
    personal: v1.PersonalData,
) -> None:
    now.state = _SETTLED[event.result]
    now.outcome.CopyFrom(
        v1.Outcome(result=event.result, detail=personal.remark, reported_at=entry.recorded_at, reported_by=entry.actor)
    )


def _voted(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    _vote(now, entry, personal, approved=True)


def _modified(now: v1.Decision, event: v1.ActionModified, entry: v1.Entry, personal: v1.PersonalData) -> None:
    if not now.HasField("original_action"):
        now.original_action.CopyFrom(now.proposal.action)
    now.proposal.action.CopyFrom(personal.modified_action)
    now.action_digest = event.action_digest
    now.action_version += 1
    del now.votes[:]
    now.modifications.add(
        actor=entry.actor,
        modified_at=entry.recorded_at,
        previous_digest=event.previous_digest,
        action_version=now.action_version,
        changes=personal.changes,
        narrowing=event.narrowing,
    )


def _deferred(now: v1.Decision, event: v1.DecisionDeferred, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.schedule.deferred_until.CopyFrom(event.until)
    if personal.remark:
        _noted(now, event, entry, personal)


def _asked(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.inquiries.add(asked_by=entry.actor, asked_at=entry.recorded_at, question=personal.remark)


def _answered(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    for inquiry in now.inquiries:
        if not inquiry.HasField("answered_at"):
            inquiry.answered_at.CopyFrom(entry.recorded_at)
            inquiry.answer.CopyFrom(personal.evidence)


def _noted(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.notes.add(actor=entry.actor, noted_at=entry.recorded_at, text=personal.remark)


def _assigned(now: v1.Decision, event: v1.DecisionAssigned, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.assignee = event.operator


def _repeated(now: v1.Decision, _event: object, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.occurrences += 1


def _alarmed(now: v1.Decision, event: v1.AlarmRaised, entry: v1.Entry, _: v1.PersonalData) -> None:
    now.alarms.add(kind=event.kind, raised_at=entry.recorded_at)


def _undo(now: v1.Decision, _event: object, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.undo_requested.CopyFrom(_resolution(entry, personal))


def _reversal(now: v1.Decision, event: v1.ReversalProposed, _entry: v1.Entry, _: v1.PersonalData) -> None:
    now.reversed_by = event.reversed_by


def _resolution(entry: v1.Entry, personal: v1.PersonalData) -> v1.Resolution:
    return v1.Resolution(actor=entry.actor, resolved_at=entry.recorded_at, reason=personal.remark)


def _vote(now: v1.Decision, entry: v1.Entry, personal: v1.PersonalData, *, approved: bool) -> None:
    now.votes.add(
        actor=entry.actor,
        approved=approved,
        action_digest=now.action_digest,
        cast_at=entry.recorded_at,
        comment=personal.remark,
    )


def _ended(now: v1.Decision, state: v1.DecisionState.ValueType, entry: v1.Entry, personal: v1.PersonalData) -> None:
    now.state = state
    now.ending.CopyFrom(_resolution(entry, personal))
    _nobody_waited_for(now)


def _nobody_waited_for(now: v1.Decision) -> None:
    now.ClearField("claim")
    now.ClearField("schedule")


_APPLIERS: Final[dict[str, Applier]] = {
    "decision_proposed": _proposed,
    "decision_approved": _approved,
    "decision_rejected": _rejected,
    "decision_escalated": _escalated,
    "decision_claimed": _claimed,
    "decision_released": _released,
    "sla_warned": _warned,
    "sla_breached": _breached,
    "decision_expired": _expired,
    "decision_cancelled": _cancelled,
    "order_issued": _issued,
    "order_accepted": _accepted,
    "outcome_reported": _settled,
    "vote_cast": _voted,
    "action_modified": _modified,
    "decision_deferred": _deferred,
    "information_requested": _asked,
    "information_provided": _answered,
    "proposal_returned": _returned,
    "note_added": _noted,
    "decision_assigned": _assigned,
    "order_withdrawn": _withdrawn,
    "outcome_reconciled": _settled,
    "undo_requested": _undo,
    "proposal_repeated": _repeated,
    "alarm_raised": _alarmed,
    "order_held": _held,
    "reversal_proposed": _reversal,
}
