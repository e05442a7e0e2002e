"""Assigning: an operator gives a decision to somebody, or says whether one is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.eligibility import eligible
from governance_server.domain.judging import unanswered
from governance_server.domain.refusal import below_tier, not_found, refuse, role_name, wrong_caller

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State


def assign(state: State, actor: v1.Actor, command: v1.AssignDecision, _now_us: int) -> Ruling:
    """Rule on giving a decision to an operator, or to nobody. Whoever may judge it may give it away.

    An operator is known by the stream it has open, and the caller by its command: to others nothing can be given.
    """
    decision = state.decision
    if decision is None:
        return not_found()
    refusal = unanswered(decision, "assignment") or below_tier(decision, actor)
    if refusal is not None:
        return refusal
    known = {**state.around.connected, actor.name: actor.role}
    if command.operator and command.operator not in eligible(state.house.policy, decision, known):
        return refuse(
            v1.REFUSAL_REASON_OPERATOR_NOT_ELIGIBLE,
            "That operator is not connected, or could not approve this decision: it waits for "
            f"{role_name(decision.tier)} or above who does not stand behind it and has not approved it yet. Nothing "
            "was changed; give it to somebody else.",
            decision,
        )
    return Consequence((v1.Event(decision_assigned=v1.DecisionAssigned(operator=command.operator)),))


def set_availability(_state: State, actor: v1.Actor, command: v1.SetAvailability, _now_us: int) -> Ruling:
    """Rule on an operator's word about itself. It is about the house, not about a decision."""
    if actor.role < v1.ROLE_SOC_OPERATOR:
        return wrong_caller("an operator", actor)
    changed = v1.AvailabilityChanged(operator=actor.name, away=command.away)
    return Consequence((v1.Event(availability_changed=changed),))
