"""Sufficiency: whether the approvals that were given are enough."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.eligibility import stands_behind
from governance_server.domain.requirements import requirements
from governance_server.domain.risk import assess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.domain.policy import Policy

_ANY_ROLE: Final = v1.ROLE_UNSPECIFIED


class Needs(NamedTuple):
    """What has to be there before a decision is approved.

    Attributes:
        counting_from: Only the approvals of this role and above count.
        required: This many distinct operators.
        roles: Among them, one for each of these roles, of that role or above.
        by_policy: The approval of the policy alone would do as well.
        risk: The risk that the approval is of: as assessed, or as assessed again where that is higher.
    """

    counting_from: v1.Role.ValueType
    required: int
    roles: tuple[v1.Role.ValueType, ...]
    by_policy: bool
    risk: v1.RiskLevel.ValueType


def enough(votes: Sequence[tuple[str, v1.Role.ValueType]], required: int, roles: Sequence[v1.Role.ValueType]) -> bool:
    """Tell whether approvals make a quorum.

    Args:
        votes: Who approved, and in which role; whoever is named twice counts once.
        required: How many distinct people it takes; at least one, whatever is said.
        roles: For each of these roles one of the people must have it or a higher one, each person for one of them.
    """
    if not roles and required <= 1:
        return bool(votes)  # nearly always so, and sorted by nobody
    held = sorted(dict(votes).values(), reverse=True)
    wanted = sorted(roles, reverse=True)
    # The highest role is the hardest to fill: whoever fills it could fill every other place, so the order decides.
    filled = len(held) >= len(wanted) and all(has >= wants for has, wants in zip(held, wanted, strict=False))
    return filled and len(held) >= max(1, required)


def satisfied_under(policy: Policy, decision: v1.Decision, now_us: int) -> bool:
    """Tell whether what a decision was approved by is enough, for its own quorum and by the policy now in force."""
    needed = needs(policy, decision, now_us)
    if decision.approval.actor.kind == v1.ACTOR_KIND_POLICY:
        return needed.by_policy
    return enough(counted(policy, decision, needed), needed.required, needed.roles)


def needs(policy: Policy, decision: v1.Decision, now_us: int) -> Needs:
    """Return what a decision's approval needs now.

    That is its own quorum. Where another policy came into force since the assessment, or an operator made an action of
    it that does more than the assessed one, the action is assessed again by the policy in force, and both have to be
    satisfied: the higher number, all the roles, and only approvals of the tier that the policy now asks.
    """
    own, assessed = decision.quorum, decision.assessment
    if not _assessed_otherwise(policy, decision, assessed):
        roles = own.roles
        return _own_needs(own.required, tuple(roles) if roles else (), assessed.risk)  # a look is cheaper than a tuple
    assessment = assess(decision.proposal, policy, now_us)
    now = requirements(policy, decision.proposal, assessment, decision.core, now_us)
    return Needs(
        counting_from=now.tier,
        required=max(own.required, now.required),
        roles=_union(own.roles, now.roles),
        by_policy=now.automation == v1.AUTOMATION_LEVEL_FULL,
        risk=max(assessed.risk, assessment.risk),
    )


@lru_cache(maxsize=256)  # the quorums and risks of a policy or two
def _own_needs(required: int, roles: tuple[v1.Role.ValueType, ...], risk: v1.RiskLevel.ValueType) -> Needs:
    """Return what an approval needs where nothing is another than when the decision was proposed."""
    return Needs(_ANY_ROLE, required, roles, by_policy=True, risk=risk)


def counted(policy: Policy, decision: v1.Decision, needed: Needs) -> list[tuple[str, v1.Role.ValueType]]:
    """Return the approvals that count: of the action as it stands, in a sufficient role, not of one's own proposal."""
    votes = decision.votes
    if not votes:
        return []
    return [
        (vote.actor.name, vote.actor.role)
        for vote in votes
        if vote.approved
        and vote.action_digest == decision.action_digest
        and vote.actor.role >= needed.counting_from
        and not stands_behind(policy, decision.core, vote.actor.name)
    ]


def _assessed_otherwise(policy: Policy, decision: v1.Decision, assessed: v1.Assessment) -> bool:
    if assessed.policy_digest != policy.digest:
        return True
    modifications = decision.modifications
    return bool(modifications) and any(not modification.narrowing for modification in modifications)


def _union(own: Sequence[v1.Role.ValueType], now: Sequence[v1.Role.ValueType]) -> tuple[v1.Role.ValueType, ...]:
    """Return every role as often as the one or the other names it."""
    every = {role: max(list(own).count(role), list(now).count(role)) for role in (*own, *now)}
    return tuple(role for role in sorted(every) for _ in range(every[role]))
