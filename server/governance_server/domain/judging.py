"""Judging: an operator's verdict. The first one wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.lifecycle import APPROVED_STATES, is_open
from governance_server.domain.ordering import issue_order
from governance_server.domain.refusal import (
    approved,
    below_tier,
    claimed_by_another,
    closed,
    not_found,
    not_offered,
    refuse,
    unknown_command,
)
from governance_server.domain.schedule import claim_lives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.domain.command import Ruling, State
    from governance_server.domain.policy import Policy

NOT_OFFERED_JUDGEMENTS: Final[Mapping[str, str]] = {
    "modify_and_approve": "Modifying an action",
    "defer": "Deferring",
    "request_information": "Asking core for information",
    "return_for_revision": "Returning a proposal for revision",
}
"""Judgements of the contract that this server does not take yet, as a refusal calls them."""


def judge(state: State, actor: v1.Actor, verdict: v1.Verdict, now_us: int) -> Ruling:
    """Rule on a verdict, in the order in which its author can do something about a refusal."""
    kind = verdict.WhichOneof("judgement")
    decision = state.decision
    if kind is None:
        return unknown_command()
    if kind in NOT_OFFERED_JUDGEMENTS:
        return not_offered(decision, actor, NOT_OFFERED_JUDGEMENTS[kind])
    if decision is None:
        return not_found()
    refusal = unanswered(decision, "verdict") or _stale(decision, verdict) or below_tier(decision, actor)
    if refusal is not None:
        return refusal
    if kind == "reject":
        return _reject(decision, verdict)
    return _approve(decision, actor, verdict, state.house.policy, now_us)


def unanswered(decision: v1.Decision, whose: str) -> v1.Refusal | None:
    """Refuse what comes after the answer, with who gave it and when; None while the decision waits for one."""
    if not is_open(decision.state):
        return closed(decision, whose)
    if decision.state in APPROVED_STATES:
        return approved(decision, whose)
    return None


def _stale(decision: v1.Decision, verdict: v1.Verdict) -> v1.Refusal | None:
    seen = verdict.WhichOneof("seen")
    if seen == "action_digest":
        if verdict.action_digest == decision.action_digest:
            return None
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


def _approve(decision: v1.Decision, actor: v1.Actor, verdict: v1.Verdict, policy: Policy, now_us: int) -> Ruling:
    if claim_lives(decision, now_us) and decision.claim.operator != actor.name:
        return claimed_by_another(decision)
    digest = decision.action_digest
    events = (
        v1.Event(decision_approved=v1.DecisionApproved(action_digest=digest)),
        issue_order(policy, decision.decision_id, digest, now_us),
    )
    return Consequence(events, v1.PersonalData(remark=verdict.comment) if verdict.comment else None)


def _reject(decision: v1.Decision, verdict: v1.Verdict) -> Ruling:
    if not verdict.comment.strip():
        return reason_required(decision, "A rejection")
    rejected = v1.DecisionRejected(action_digest=decision.action_digest)
    return Consequence((v1.Event(decision_rejected=rejected),), v1.PersonalData(remark=verdict.comment))


def reason_required(decision: v1.Decision, what: str) -> v1.Refusal:
    """Refuse what has to say why and does not."""
    return refuse(
        v1.REFUSAL_REASON_REASON_REQUIRED,
        f"{what} needs a reason. Nothing was changed; say why, and send it again.",
        decision,
    )
