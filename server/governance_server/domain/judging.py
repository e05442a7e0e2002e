"""Judging: an operator's verdict. Enough approvals give leave; any rejection wins at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.consoles import never_shown, not_in_batch, read_too_shortly
from governance_server.domain.eligibility import handed_on, has_approved, stands_behind
from governance_server.domain.lifecycle import is_open
from governance_server.domain.modifying import modification, modified, not_modifiable
from governance_server.domain.moment import microseconds, span_us, timestamp
from governance_server.domain.ordering import leave
from governance_server.domain.refusal import (
    approved,
    below_tier,
    claimed_by_another,
    closed,
    crowded,
    not_found,
    refuse,
    role_name,
    unknown_command,
    when,
)
from governance_server.domain.schedule import claim_lives
from governance_server.domain.sufficiency import Needs, counted, enough, needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_server.domain.command import Ruling, State


class Case(NamedTuple):
    """A verdict that may be counted, and what it is about.

    Attributes:
        state: What it is decided on.
        decision: The decision, which waits for a verdict.
        actor: Whose verdict it is; of the decision's tier or above.
        verdict: The verdict.
        now_us: The present moment.
    """

    state: State
    decision: v1.Decision
    actor: v1.Actor
    verdict: v1.Verdict
    now_us: int


def judge(state: State, actor: v1.Actor, verdict: v1.Verdict, now_us: int) -> Ruling:
    """Rule on a verdict, in the order in which its author can do something about a refusal."""
    judgement = JUDGEMENTS.get(verdict.WhichOneof("judgement") or "")
    decision = state.decision
    if judgement is None:
        return unknown_command()
    if decision is None:
        return not_found()
    refusal = (
        unanswered(decision, "verdict")
        or _stale(decision, verdict)
        or never_shown(decision, verdict)
        or below_tier(decision, actor)
    )
    if refusal is not None:
        return refusal
    return judgement(Case(state, decision, actor, verdict, now_us))


def unanswered(decision: v1.Decision, whose: str) -> v1.Refusal | None:
    """Refuse what comes after the answer, with who gave it and when; None while the decision waits for one."""
    state = decision.state
    if state == v1.DECISION_STATE_PENDING:
        return None
    return approved(decision, whose) if is_open(state) else closed(decision, whose)


def reason_required(decision: v1.Decision, what: str, needed: str = "a reason") -> v1.Refusal:
    """Refuse what has to say why, or to say anything, and does not."""
    return refuse(
        v1.REFUSAL_REASON_REASON_REQUIRED,
        f"{what} needs {needed}. Nothing was changed; write it, and send it again.",
        decision,
    )


def own_proposal(decision: v1.Decision) -> v1.Refusal:
    """Refuse an approval by whoever stands behind the proposal."""
    return refuse(
        v1.REFUSAL_REASON_OWN_PROPOSAL,
        f"You stand behind {decision.core}, which proposed this, and nobody approves one's own proposal. Nothing was "
        "changed; leave it to somebody else, or reject it.",
        decision,
    )


def already_voted(decision: v1.Decision) -> v1.Refusal:
    """Refuse a second approval by the same operator."""
    return refuse(
        v1.REFUSAL_REASON_ALREADY_VOTED,
        "You have approved this action already, and nobody counts twice. Nothing was changed; leave it to the others, "
        "or reject it to take your approval back.",
        decision,
    )


def _stale(decision: v1.Decision, verdict: v1.Verdict) -> v1.Refusal | None:
    digest = verdict.action_digest  # empty where it is not what the verdict names
    if digest and digest == decision.action_digest:
        return None
    seen = verdict.WhichOneof("seen")
    if seen == "action_digest":
        return refuse(
            v1.REFUSAL_REASON_ACTION_CHANGED,
            "The action is not the one you saw; your verdict was not counted. Look at it again and decide anew.",
            decision,
        )
    if seen == "version" and verdict.version == decision.version:
        return None
    what = f"you saw version {verdict.version}" if seen else "your verdict does not say what you saw"
    return refuse(
        v1.REFUSAL_REASON_VERSION_STALE,
        f"The decision is at version {decision.version}, and {what}; your verdict was not counted. Look at it again "
        "and decide anew.",
        decision,
    )


def _approve(case: Case) -> Ruling:
    decision = case.decision
    refusal = _own_or_claimed(case)
    if refusal is not None:
        return refusal
    if has_approved(decision, case.actor.name):
        return already_voted(decision)
    events = _counted(case, decision)
    if isinstance(events, v1.Refusal):
        return events
    return Consequence(tuple(events), _remark(case.verdict.comment))


def _modify_and_approve(case: Case) -> Ruling:
    decision, action = case.decision, case.verdict.modify_and_approve.action
    new = modified(decision, case.actor, action)
    refusal = (
        _own_or_claimed(case)
        or not_modifiable(case.state.house.policy, decision, case.actor, new)
        or crowded(decision, "modifications")
    )
    if refusal is not None:
        return refusal
    events = _counted(case, new)
    if isinstance(events, v1.Refusal):
        return events
    personal = v1.PersonalData(
        modified_action=action, changes=new.modifications[-1].changes, remark=case.verdict.comment
    )
    return Consequence((modification(new), *events), personal)


def _own_or_claimed(case: Case) -> v1.Refusal | None:
    """Refuse the approval of one's own proposal, and that of what another has in hand; None for any other."""
    decision, name = case.decision, case.actor.name
    if stands_behind(case.state.house.policy, decision.core, name):
        return own_proposal(decision)
    if claim_lives(decision, case.now_us) and decision.claim.operator != name:
        return claimed_by_another(decision)
    return None


def _counted(case: Case, decision: v1.Decision) -> list[v1.Event] | v1.Refusal:
    """Return what an approval brings about: leave where it is enough, and otherwise a vote.

    Args:
        case: The verdict.
        decision: The decision with the action that is approved.
    """
    house = case.state.house
    policy, actor = house.policy, case.actor
    needed = needs(policy, decision, case.now_us)
    role = actor.role
    if role < needed.counting_from:
        return _below_present_tier(case, needed)
    refusal = _not_in_batch(case, needed.risk) or read_too_shortly(policy, case.decision, case.verdict, needed.risk)
    if refusal is not None:
        return refusal
    votes = [*counted(policy, decision, needed), (actor.name, role)]
    if not enough(votes, needed.required, needed.roles):
        return _voted(case, decision)
    approval = v1.Event()
    approval.decision_approved.action_digest = decision.action_digest
    return [approval, leave(house, decision, case.now_us)]


def _voted(case: Case, decision: v1.Decision) -> list[v1.Event]:
    """Return that one more approved and others have to: whoever did lets go of it, so that they can."""
    events = [v1.Event(vote_cast=v1.VoteCast(action_digest=decision.action_digest))]
    if claim_lives(decision, case.now_us):
        events.append(v1.Event(decision_released=v1.DecisionReleased()))
    waiting = v1.Decision()
    waiting.CopyFrom(decision)
    waiting.votes.add(actor=case.actor, approved=True, action_digest=decision.action_digest)
    following = handed_on(case.state.house, case.state.around, waiting)
    if decision.assignee == case.actor.name:
        events.append(v1.Event(decision_assigned=v1.DecisionAssigned()))  # to nobody, but whose turn follows
    elif decision.assignee:
        following = [event for event in following if not event.HasField("decision_assigned")]
    return events + following


def _below_present_tier(case: Case, needed: Needs) -> v1.Refusal:
    return refuse(
        v1.REFUSAL_REASON_ROLE_TOO_LOW,
        f"The policy now in force leaves this action to {role_name(needed.counting_from)} or above; you are "
        f"{role_name(case.actor.role)}. Nothing was changed; escalate it to them.",
        case.decision,
    )


def _not_in_batch(case: Case, risk: v1.RiskLevel.ValueType) -> v1.Refusal | None:
    state = case.state
    return not_in_batch(state.house.policy, case.decision, case.verdict, risk, state.around.batch)


def _reject(case: Case) -> Ruling:
    refusal = _not_in_batch(case, case.decision.assessment.risk)
    if refusal is not None:
        return refusal
    comment = case.verdict.comment
    if not comment.strip():
        return reason_required(case.decision, "A rejection")
    event = v1.Event()
    event.decision_rejected.action_digest = case.decision.action_digest
    return Consequence((event,), _remark(comment))


def _return(case: Case) -> Ruling:
    instructions = case.verdict.return_for_revision.instructions
    if not instructions.strip():
        return reason_required(case.decision, "A return for revision", "instructions")
    returned = v1.ProposalReturned(action_digest=case.decision.action_digest)
    return Consequence((v1.Event(proposal_returned=returned),), _remark(instructions, case.verdict.comment))


def _defer(case: Case) -> Ruling:
    decision = case.decision
    until_us = case.now_us + span_us(case.verdict.defer.duration)
    if until_us > microseconds(decision.schedule.deadline):
        return refuse(
            v1.REFUSAL_REASON_BEYOND_DEADLINE,
            f"It has to be decided before {when(decision.schedule.deadline)}, and deferring does not move that. "
            "Nothing was changed; defer it for a shorter time, or decide it.",
            decision,
        )
    full = crowded(decision, "notes") if case.verdict.comment else None
    if full is not None:
        return full
    deferred = v1.DecisionDeferred(until=timestamp(until_us))
    return Consequence((v1.Event(decision_deferred=deferred),), _remark(case.verdict.comment))


def _request_information(case: Case) -> Ruling:
    question = case.verdict.request_information.question
    if not question.strip():
        return reason_required(case.decision, "A request for information", "a question")
    full = crowded(case.decision, "inquiries")
    if full is not None:
        return full
    requested = v1.Event(information_requested=v1.InformationRequested())
    return Consequence((requested,), _remark(question, case.verdict.comment))


def _remark(*words: str) -> v1.PersonalData | None:
    """Return what the operator wrote, as paragraphs; None where that is nothing."""
    remark = "\n\n".join([word for word in words if word])
    return v1.PersonalData(remark=remark) if remark else None


JUDGEMENTS: Final[Mapping[str, Callable[[Case], Ruling]]] = {
    "approve": _approve,
    "reject": _reject,
    "modify_and_approve": _modify_and_approve,
    "defer": _defer,
    "request_information": _request_information,
    "return_for_revision": _return,
}
"""What answers which judgement of the contract."""
