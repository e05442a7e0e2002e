"""Evolve: a decision's next value, from its last and a ledger entry. The only place where one is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from governance import v1
from governance_server.domain.lifecycle import arrival
from governance_server.domain.moment import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.timestamp_pb2 import Timestamp

    Applier: TypeAlias = Callable[[v1.Decision, Any, "Context"], None]

POLICY_ACTOR: Final = v1.Actor(kind=v1.ACTOR_KIND_POLICY, name="policy")
"""Who approved what no person did."""


class Context(NamedTuple):
    """What every event of an entry shares: each read once, since most are asked for more than once.

    Attributes:
        actor: Who acted.
        recorded_at: When.
        personal: What the entry holds of personal data; empty where it was erased.
        remark: Of that, the words.
    """

    actor: v1.Actor
    recorded_at: Timestamp
    personal: v1.PersonalData
    remark: str

    def resolve(self, resolution: v1.Resolution) -> None:
        """Write down that the entry's actor resolved something, and in which words."""
        resolution.actor.CopyFrom(self.actor)
        resolution.resolved_at.CopyFrom(self.recorded_at)
        resolution.reason = self.remark


def evolve(decision: v1.Decision | None, entry: v1.Entry, personal: v1.PersonalData | None) -> v1.Decision:
    """Return the decision as it stands after an entry about it. Changes none of its arguments.

    An entry that the lifecycle forbids was not written by us: it is asserted against.

    Args:
        decision: The decision before; None before its first entry.
        entry: The entry.
        personal: The entry's personal data; None where there is none or where it was erased.
    """
    new = v1.Decision()
    decision_id, offset, state, version = entry.decision_id, entry.offset, _BEGINNING, 1
    if decision is None:
        new.decision_id = decision_id
    else:
        assert decision.decision_id == decision_id, "the entry is about another decision"
        assert decision.offset < offset, "the entry was applied before"
        new.CopyFrom(decision)
        state, version = decision.state, decision.version + 1
    assert entry.decision_version in {0, version}, "an entry before it is missing, or was added"
    if personal is None:
        personal = _NO_PERSONAL_DATA
    context = Context(entry.actor, entry.recorded_at, personal, personal.remark)
    kind = ""
    for event in entry.events[:]:  # a slice: protobuf's own list ends in an IndexError that it makes and Python drops
        kind = event.WhichOneof("kind") or ""
        state = arrival(state, kind, event)
        _APPLIERS[kind](new, getattr(event, kind), context)
    assert kind, "an entry about a decision has events"
    new.state = state
    new.version = version
    new.offset = offset
    return new


def _proposed(new: v1.Decision, event: v1.DecisionProposed, context: Context) -> None:
    new.core = context.actor.name
    proposal = new.proposal
    proposal.CopyFrom(context.personal.proposal)
    if not proposal.HasField("action"):  # erased: what the entry itself tells of the action is left
        proposal.action.CopyFrom(v1.Action(type=event.action_type, scope=event.action_scope))
    new.action_digest = event.action_digest
    new.action_version = 1
    new.assessment.CopyFrom(event.assessment)
    new.tier = event.tier
    new.quorum.CopyFrom(event.quorum)
    new.proposed_at.CopyFrom(context.recorded_at)
    schedule = new.schedule
    schedule.warn_at.CopyFrom(event.warn_at)
    schedule.deadline.CopyFrom(event.deadline)
    new.group_key = event.group_key
    new.occurrences = 1


def _approved(new: v1.Decision, event: v1.DecisionApproved, context: Context) -> None:
    digest = event.action_digest
    assert digest == new.action_digest, "another action was approved"
    if event.by_policy:
        new.approval.CopyFrom(v1.Resolution(actor=POLICY_ACTOR, resolved_at=context.recorded_at))
    else:
        context.resolve(new.approval)
        _vote(new, context, digest, approved=True)
    _stop_waiting(new)


def _rejected(new: v1.Decision, event: v1.DecisionRejected, context: Context) -> None:
    digest = event.action_digest
    assert digest == new.action_digest, "another action was rejected"
    _vote(new, context, digest, approved=False)
    _end(new, event, context)


def _end(new: v1.Decision, _event: object, context: Context) -> None:
    context.resolve(new.ending)
    _stop_waiting(new)


def _expired(new: v1.Decision, event: v1.DecisionExpired, context: Context) -> None:
    new.expiry_reason = event.reason
    _end(new, event, context)


def _escalated(new: v1.Decision, event: v1.DecisionEscalated, context: Context) -> None:
    new.tier = event.tier
    _reschedule(new.schedule, event.warn_at, event.deadline)
    new.ClearField("claim")
    new.ClearField("assignee")  # whoever had it is not whom the higher tier would give it to
    if context.remark:
        # the next tier should read why it is asked, where it reads everything else about the decision
        _noted(new, event, context)


def _claimed(new: v1.Decision, event: v1.DecisionClaimed, context: Context) -> None:
    operator, now = context.actor.name, context.recorded_at
    renewed = new.claim.operator == operator and microseconds(now) < microseconds(new.claim.expires_at)
    claimed_at = new.claim.claimed_at if renewed else now
    new.claim.CopyFrom(v1.Claim(operator=operator, claimed_at=claimed_at, expires_at=event.expires_at))


def _released(new: v1.Decision, _event: object, _context: Context) -> None:
    new.ClearField("claim")


def _warned(new: v1.Decision, event: v1.SlaWarned, _context: Context) -> None:
    assert event.deadline == new.schedule.deadline, "the warning is about another deadline"
    assert not new.schedule.warned, "the warning was given before"
    new.schedule.warned = True


def _breached(new: v1.Decision, event: v1.SlaBreached, _context: Context) -> None:
    assert event.deadline == new.schedule.deadline, "another deadline passed"
    new.schedule.breaches += 1


def _voted(new: v1.Decision, event: v1.VoteCast, context: Context) -> None:
    digest = event.action_digest
    assert digest == new.action_digest, "another action was voted on"
    _vote(new, context, digest, approved=True)


def _modified(new: v1.Decision, event: v1.ActionModified, context: Context) -> None:
    assert event.previous_digest == new.action_digest, "another action was modified"
    if not new.HasField("original_action"):
        new.original_action.CopyFrom(new.proposal.action)
    if context.personal.HasField("modified_action"):
        new.proposal.action.CopyFrom(context.personal.modified_action)
    else:  # erased
        new.proposal.action.CopyFrom(v1.Action(type=event.action_type, scope=event.action_scope))
    new.action_digest = event.action_digest
    new.action_version += 1
    del new.votes[:]  # given to another action
    new.modifications.add(
        actor=context.actor,
        modified_at=context.recorded_at,
        previous_digest=event.previous_digest,
        action_version=new.action_version,
        changes=context.personal.changes,
        narrowing=event.narrowing,
    )


def _deferred(new: v1.Decision, event: v1.DecisionDeferred, context: Context) -> None:
    new.schedule.deferred_until.CopyFrom(event.until)
    if context.remark:
        _noted(new, event, context)


def _asked(new: v1.Decision, _event: object, context: Context) -> None:
    new.inquiries.add(asked_by=context.actor, asked_at=context.recorded_at, question=context.remark)


def _answered(new: v1.Decision, _event: object, context: Context) -> None:
    for inquiry in new.inquiries:
        if not inquiry.HasField("answered_at"):
            inquiry.answered_at.CopyFrom(context.recorded_at)
            inquiry.answer.CopyFrom(context.personal.evidence)


def _returned(new: v1.Decision, event: v1.ProposalReturned, context: Context) -> None:
    digest = event.action_digest
    assert digest == new.action_digest, "another action was returned"
    new.returned = True
    _vote(new, context, digest, approved=False)
    _end(new, event, context)


def _noted(new: v1.Decision, _event: object, context: Context) -> None:
    new.notes.add(actor=context.actor, noted_at=context.recorded_at, text=context.remark)


def _assigned(new: v1.Decision, event: v1.DecisionAssigned, _context: Context) -> None:
    new.assignee = event.operator


def _repeated(new: v1.Decision, event: v1.ProposalRepeated, _context: Context) -> None:
    new.occurrences = event.occurrences


def _alarmed(new: v1.Decision, event: v1.AlarmRaised, context: Context) -> None:
    new.alarms.add(kind=event.kind, raised_at=context.recorded_at)


def _held(new: v1.Decision, event: v1.OrderHeld, _context: Context) -> None:
    new.held = True
    new.held_until.CopyFrom(event.held_until)


def _withdrawn(new: v1.Decision, event: v1.OrderWithdrawn, _context: Context) -> None:
    assert event.order_id == new.order.order_id, "another order was withdrawn"
    assert not new.order.accepted_by, "the order was accepted"
    new.ClearField("order")
    new.held = True
    new.held_until.CopyFrom(event.held_until)


def _issued(new: v1.Decision, event: v1.OrderIssued, context: Context) -> None:
    digest = event.action_digest
    assert digest == new.action_digest, "the order is for another action"
    assert not new.HasField("order"), "there is an order"
    if new.held:
        new.held = False
        new.ClearField("held_until")
    new.orders += 1
    order = new.order
    order.order_id = event.order_id
    order.action_digest = digest
    order.issued_at.CopyFrom(context.recorded_at)
    order.accept_by.CopyFrom(event.accept_by)


def _accepted(new: v1.Decision, event: v1.OrderAccepted, context: Context) -> None:
    order = new.order
    assert event.order_id == order.order_id, "another order was accepted"
    order.accepted_by = event.instance
    order.accepted_at.CopyFrom(context.recorded_at)
    order.report_by.CopyFrom(event.report_by)


def _reported(new: v1.Decision, event: v1.OutcomeReported | v1.OutcomeReconciled, context: Context) -> None:
    assert event.order_id == new.order.order_id, "another order was reported on"
    outcome = new.outcome
    outcome.result = event.result
    outcome.detail = context.remark
    outcome.reported_at.CopyFrom(context.recorded_at)
    outcome.reported_by.CopyFrom(context.actor)


def _undo_requested(new: v1.Decision, _event: object, context: Context) -> None:
    context.resolve(new.undo_requested)


def _reversal_proposed(new: v1.Decision, event: v1.ReversalProposed, _context: Context) -> None:
    new.reversed_by = event.reversed_by


def _vote(new: v1.Decision, context: Context, digest: bytes, *, approved: bool) -> None:
    vote = new.votes.add()  # filled in place: a message's arguments cost twice that
    vote.approved = approved
    vote.action_digest = digest
    if context.remark:
        vote.comment = context.remark
    vote.actor.CopyFrom(context.actor)
    vote.cast_at.CopyFrom(context.recorded_at)


def _reschedule(schedule: v1.Schedule, warn_at: Timestamp, deadline: Timestamp) -> None:
    """Give the schedule new times; how often a deadline passed is kept."""
    schedule.warn_at.CopyFrom(warn_at)
    schedule.deadline.CopyFrom(deadline)
    schedule.warned = False
    schedule.ClearField("deferred_until")  # another tier set it aside, and this one is asked now


def _stop_waiting(new: v1.Decision) -> None:
    new.ClearField("claim")
    new.ClearField("schedule")


_BEGINNING: Final = v1.DECISION_STATE_UNSPECIFIED
_NO_PERSONAL_DATA: Final = v1.PersonalData()
_APPLIERS: Final[Mapping[str, Applier]] = {
    "decision_proposed": _proposed,
    "decision_approved": _approved,
    "decision_rejected": _rejected,
    "decision_escalated": _escalated,
    "decision_claimed": _claimed,
    "decision_released": _released,
    "sla_warned": _warned,
    "sla_breached": _breached,
    "decision_expired": _expired,
    "decision_cancelled": _end,
    "order_issued": _issued,
    "order_accepted": _accepted,
    "outcome_reported": _reported,
    "vote_cast": _voted,
    "action_modified": _modified,
    "decision_deferred": _deferred,
    "information_requested": _asked,
    "information_provided": _answered,
    "proposal_returned": _returned,
    "note_added": _noted,
    "decision_assigned": _assigned,
    "order_withdrawn": _withdrawn,
    "outcome_reconciled": _reported,
    "undo_requested": _undo_requested,
    "proposal_repeated": _repeated,
    "alarm_raised": _alarmed,
    "order_held": _held,
    "reversal_proposed": _reversal_proposed,
}
