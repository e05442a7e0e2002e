"""Passing: who has a decision in hand, and who is asked next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.eligibility import handed_on, has_approved, stands_behind
from governance_server.domain.judging import already_voted, own_proposal, reason_required, unanswered
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.domain.refusal import below_tier, claimed_by_another, not_found, refuse, role_name, wrong_caller
from governance_server.domain.requirements import hand_target
from governance_server.domain.schedule import claim_lives, sla_times

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State
    from governance_server.domain.policy import Policy


def escalate(state: State, actor: v1.Actor, command: v1.Escalate, now_us: int) -> Ruling:
    """Rule on sending a decision up. Every operator may: whoever cannot decide should be able to say so."""
    decision = state.decision
    if decision is None:
        return not_found()
    refusal = unanswered(decision, "escalation") or _may_not_escalate(state.house.policy, decision, actor)
    if refusal is not None:
        return refusal
    if not command.reason.strip():
        return reason_required(decision, "An escalation")
    tier = _target(state.house.policy, decision, command.to_role, now_us)
    if tier is None:
        return _no_higher_tier(decision, command.to_role)
    return Consequence(asked_of(state, decision, tier, now_us), v1.PersonalData(remark=command.reason))


def _may_not_escalate(policy: Policy, decision: v1.Decision, actor: v1.Actor) -> v1.Refusal | None:
    """Refuse who is no operator, and who is below the tier where the policy leaves it to those who decide."""
    if actor.role < v1.ROLE_SOC_OPERATOR:
        return wrong_caller("an operator", actor)
    return None if "escalate" in policy.below_tier_may else below_tier(decision, actor)


def claim(state: State, actor: v1.Actor, _command: v1.ClaimDecision, now_us: int) -> Ruling:
    """Rule on taking a decision in hand: only who may still approve it can, since a claim keeps others from that.

    One's own claim is renewed.
    """
    decision = state.decision
    if decision is None:
        return not_found()
    refusal = unanswered(decision, "claim") or below_tier(decision, actor)
    if refusal is not None:
        return refusal
    if stands_behind(state.house.policy, decision.core, actor.name):
        return own_proposal(decision)
    if has_approved(decision, actor.name):
        return already_voted(decision)
    if claim_lives(decision, now_us) and decision.claim.operator != actor.name:
        return claimed_by_another(decision)
    expires_at = timestamp(now_us + state.house.policy.claim_lease_s * SECOND_US)
    return Consequence((v1.Event(decision_claimed=v1.DecisionClaimed(expires_at=expires_at)),))


def release(state: State, actor: v1.Actor, _command: v1.ReleaseDecision, now_us: int) -> Ruling:
    """Rule on letting a decision go: only who has it in hand can."""
    decision = state.decision
    if decision is None:
        return not_found()
    refusal = unanswered(decision, "release")
    if refusal is not None:
        return refusal
    if not claim_lives(decision, now_us):
        return _not_claimed(decision, "Nobody has it in hand")
    if decision.claim.operator != actor.name:
        return _not_claimed(decision, f"{decision.claim.operator} has it in hand, not you")
    return Consequence((v1.Event(decision_released=v1.DecisionReleased()),))


def asked_of(state: State, decision: v1.Decision, tier: v1.Role.ValueType, now_us: int) -> tuple[v1.Event, ...]:
    """Return what asking another tier brings about: its times, and whom the decision goes to, or that nobody is there.

    Alarms so far are about those who were asked before.
    """
    asked = v1.Decision()
    asked.CopyFrom(decision)
    asked.tier = tier
    del asked.alarms[:]
    return escalated(state.house.policy, decision, tier, now_us), *handed_on(state.house, state.around, asked)


def step_up(policy: Policy, tier: v1.Role.ValueType) -> v1.Role.ValueType | None:
    """Return the next tier of the chain above one; None at the top."""
    return next((role for role in policy.chain if role > tier), None)


def escalated(policy: Policy, decision: v1.Decision, tier: v1.Role.ValueType, now_us: int) -> v1.Event:
    """Return the event that asks another tier, with times of its own from now on."""
    times = sla_times(policy, decision.assessment.risk, now_us)
    return v1.Event(
        decision_escalated=v1.DecisionEscalated(
            tier=tier, warn_at=timestamp(times.warn_us), deadline=timestamp(times.deadline_us)
        )
    )


def _target(policy: Policy, decision: v1.Decision, to_role: v1.Role.ValueType, now_us: int) -> v1.Role.ValueType | None:
    if to_role != v1.ROLE_UNSPECIFIED:
        return to_role if to_role in policy.chain and to_role > decision.tier else None
    direct = hand_target(policy, decision, now_us)
    return direct if direct > decision.tier else step_up(policy, decision.tier)


def _no_higher_tier(decision: v1.Decision, to_role: v1.Role.ValueType) -> v1.Refusal:
    if to_role == v1.ROLE_UNSPECIFIED:
        sentence = (
            f"It is with {role_name(decision.tier)} already, the top of the chain. Nothing was changed; decide it."
        )
    else:
        sentence = (
            f"It is with {role_name(decision.tier)}, and {role_name(to_role)} is no step up from there. "
            "Nothing was changed; name a higher role."
        )
    return refuse(v1.REFUSAL_REASON_NO_HIGHER_TIER, sentence, decision)


def _not_claimed(decision: v1.Decision, truth: str) -> v1.Refusal:
    return refuse(
        v1.REFUSAL_REASON_NOT_CLAIMED, f"{truth}; there is nothing for you to release. Nothing was changed.", decision
    )
