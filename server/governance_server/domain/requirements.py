"""Requirements: who has to approve a proposal, and how many, by the policy's figures and rules."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.conditions import Circumstances, holds
from governance_server.domain.reasoning import restate

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy
    from governance_server.domain.rules import ApprovalRule, EscalationRule, Occasion


class Requirements(NamedTuple):
    """What has to be true before leave is given.

    Attributes:
        tier: The lowest role that may decide.
        required: How many distinct operators must approve.
        roles: One of them of each of these roles or above; ascending.
        automation: How much autonomy the proposal gets, the rules heard.
        rules: The names of the policy's rules that had a say, with "!failed" behind those that could not be evaluated.
    """

    tier: v1.Role.ValueType
    required: int
    roles: tuple[v1.Role.ValueType, ...]
    automation: v1.AutomationLevel.ValueType
    rules: tuple[str, ...]


def requirements(
    policy: Policy,
    proposal: v1.Proposal,
    assessment: v1.Assessment,
    core: str,
    now_us: int,
    *,
    rejections: int = 0,
) -> Requirements:
    """Return what an approval of a proposal takes.

    All approval rules that hold count together: the most approvals, all roles, the highest tier, the least autonomy.
    A rule whose condition fails to evaluate counts as one that holds: in doubt, people decide.

    Args:
        policy: The rules.
        proposal: What is asked leave for, with the action as it stands.
        assessment: Its assessment under that policy.
        core: The core that proposed it.
        now_us: The moment of the proposal.
        rejections: How many decisions of that core about the same action were rejected.
    """
    if _unconditional(policy):
        return _alike(policy, assessment.risk, assessment.automation, rejections)
    return _required(policy, Circumstances(proposal, assessment, core, now_us, rejections))


@lru_cache(maxsize=8)  # the policy in force, one being tried out beside it, and those of the tests
def _unconditional(policy: Policy) -> bool:
    """Tell whether no rule that a proposal is held to has a condition: then its risk says everything."""
    conditions = [rule.when for rule in policy.approval_rules] + [rule.when for rule in _asked(policy, "proposal")]
    return not any(conditions)


@lru_cache(maxsize=1024)  # four risks, four levels of autonomy, and some tens of rejections, under several policies
def _alike(
    policy: Policy,
    risk: v1.RiskLevel.ValueType,
    automation: v1.AutomationLevel.ValueType,
    rejections: int,
) -> Requirements:
    """Return what an approval takes where no rule has a condition: the same for all that are alike in this."""
    assessment = v1.Assessment(risk=risk, automation=automation)
    return _required(policy, Circumstances(v1.Proposal(), assessment, "", 0, rejections))


def _required(policy: Policy, circumstances: Circumstances) -> Requirements:
    assessment = circumstances.assessment
    found = _Found(
        policy.chain[0], policy.required_approvals[assessment.risk], set[v1.Role.ValueType](), assessment.automation, []
    )
    for rule in policy.approval_rules:
        found = _with_approval(found, rule, circumstances)
    tier, names = _escalation(policy, "proposal", circumstances)
    if names:
        found.names.extend(names)
        found = found._replace(
            tier=max(found.tier, tier), automation=min(found.automation, v1.AUTOMATION_LEVEL_SUPERVISED)
        )
    return Requirements(
        tier=found.tier,
        required=max(found.required, len(found.roles)),
        roles=tuple(sorted(found.roles)),
        automation=found.automation,
        rules=tuple(found.names),
    )


def hand_target(policy: Policy, decision: v1.Decision, now_us: int) -> v1.Role.ValueType:
    """Return whom an escalation by hand goes to that does not say whom; UNSPECIFIED where no rule has a say."""
    circumstances = Circumstances(decision.proposal, decision.assessment, decision.core, now_us, 0)
    return _escalation(policy, "hand", circumstances)[0]


def with_rules(assessment: v1.Assessment, needed: Requirements) -> v1.Assessment:
    """Return an assessment with what the rules made of it: the same one where none had a say."""
    if not needed.rules:
        return assessment
    made = v1.Assessment()
    made.CopyFrom(assessment)
    made.policy_rules.extend(needed.rules)
    restate(made, needed.automation)
    return made


class _Found(NamedTuple):
    """Requirements while they are added up."""

    tier: v1.Role.ValueType
    required: int
    roles: set[v1.Role.ValueType]
    automation: v1.AutomationLevel.ValueType
    names: list[str]


def _with_approval(found: _Found, rule: ApprovalRule, circumstances: Circumstances) -> _Found:
    if rule.risk and circumstances.assessment.risk not in rule.risk:
        return found
    held = holds(rule.when, circumstances)
    if held is False:
        return found
    found.names.append(_name(rule.name, held))
    return found._replace(
        tier=max(found.tier, rule.tier),
        required=max(found.required, rule.required),
        roles=found.roles.union(rule.roles),
        automation=min(found.automation, rule.automation),
    )


def _escalation(
    policy: Policy, occasion: Occasion, circumstances: Circumstances
) -> tuple[v1.Role.ValueType, list[str]]:
    """Return the tier that the rules of an occasion lead to, and the names of those that had a say.

    A rule that fails is not the last word: its tier counts at the least, and the next one is asked.
    """
    tier: v1.Role.ValueType = v1.ROLE_UNSPECIFIED
    names = []
    for rule in _asked(policy, occasion):
        held = _applies(rule, circumstances)
        if held is False:
            continue
        names.append(_name(rule.name, held))
        tier = max(tier, rule.to)
        if held:
            break
    return tier, names


@lru_cache(maxsize=8)  # both occasions of the policy in force, of one being tried out beside it, and of the tests
def _asked(policy: Policy, occasion: Occasion) -> tuple[EscalationRule, ...]:
    """Return the rules of an occasion in the order they are asked."""
    rules = (rule for rule in policy.escalation_rules if rule.on == occasion)
    return tuple(sorted(rules, key=lambda rule: -rule.priority))


def _applies(rule: EscalationRule, circumstances: Circumstances) -> bool | None:
    if rule.risk and circumstances.assessment.risk not in rule.risk:
        return False
    return circumstances.rejections >= rule.rejections and holds(rule.when, circumstances)


def _name(name: str, held: bool | None) -> str:
    return name if held else f"{name}!failed"
