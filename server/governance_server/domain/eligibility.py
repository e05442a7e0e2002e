"""Eligibility: who may decide, who of them is there, and whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance_server.domain.command import Surroundings
    from governance_server.domain.house import House
    from governance_server.domain.policy import Policy


def stands_behind(policy: Policy, core: str, name: str) -> bool:
    """Tell whether an operator stands behind what a core proposes: of the same name, or its owner by the policy."""
    return name == core or name in policy.core_owners.get(core, ())


def may_decide(policy: Policy, decision: v1.Decision, name: str, role: v1.Role.ValueType) -> bool:
    """Tell whether an operator may approve a decision: of its tier or above, and not behind the proposal."""
    return role >= decision.tier and not stands_behind(policy, decision.core, name)


def has_approved(decision: v1.Decision, name: str) -> bool:
    """Tell whether an operator has approved the action as it stands."""
    votes = decision.votes
    return bool(votes) and any(
        vote.approved and vote.actor.name == name and vote.action_digest == decision.action_digest for vote in votes
    )


def eligible(policy: Policy, decision: v1.Decision, operators: Mapping[str, v1.Role.ValueType]) -> list[str]:
    """Return who of the operators could approve a decision now, by name: who may and has not done so yet."""
    return sorted(
        name
        for name, role in operators.items()
        if may_decide(policy, decision, name, role) and not has_approved(decision, name)
    )


def reachable(house: House, around: Surroundings, decision: v1.Decision) -> list[str]:
    """Return who could approve a decision and is there: connected and not away, by name."""
    return [name for name in eligible(house.policy, decision, around.connected) if name not in house.away]


def by_turns(house: House, candidates: Sequence[str]) -> str:
    """Return whose turn it is: the first in the alphabet after whose turn it was last, and then from the start again.

    Args:
        house: Whose turn it was.
        candidates: At least one name.
    """
    return min(candidates, key=lambda name: (name <= house.turn, name))


def handed_on(house: House, around: Surroundings, decision: v1.Decision) -> list[v1.Event]:
    """Return what follows once a decision waits for a person, or for others than before.

    Args:
        house: What holds now.
        around: Who is connected.
        decision: The decision as it waits from now on; its tier, core, votes, risk and alarms are looked at.

    Returns:
        The assignment to whose turn it is, where the policy assigns by turns and somebody is there. The alarm that
        nobody is, where the decision is critical and has no such alarm. Or nothing.
    """
    there = reachable(house, around, decision)
    if not there:
        return nobody_reachable(decision)
    if house.policy.assignment != "by_turns":
        return []
    assigned = v1.DecisionAssigned(operator=by_turns(house, there), by_turns=True)
    return [v1.Event(decision_assigned=assigned)]


def nobody_reachable(decision: v1.Decision) -> list[v1.Event]:
    """Return the alarm that nobody who may decide can be reached, for a critical decision without one; or nothing."""
    alarmed = any(alarm.kind == v1.ALARM_KIND_NOBODY_REACHABLE for alarm in decision.alarms)
    if alarmed or decision.assessment.risk != v1.RISK_LEVEL_CRITICAL:
        return []
    return [v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_NOBODY_REACHABLE))]
