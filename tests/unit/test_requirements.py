"""Requirements: who has to approve, by the figures and by the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.requirements import Requirements, hand_target, requirements, with_rules
from governance_server.domain.risk import assess
from governance_server.domain.rules import ApprovalRule, EscalationRule
from tests.unit.deciding import NOON_US, critical_proposal, proposal

FULL, SUPERVISED = v1.AUTOMATION_LEVEL_FULL, v1.AUTOMATION_LEVEL_SUPERVISED
MANUAL = v1.AUTOMATION_LEVEL_MANUAL
OPERATOR, SUPERVISOR = v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR
MANAGER, CISO = v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO


def needed(policy: Policy, made: v1.Proposal | None = None, *, rejections: int = 0) -> Requirements:
    made = proposal(confidence=0.97) if made is None else made
    assessment = assess(made, policy, NOON_US)
    return requirements(policy, made, assessment, "maximus", NOON_US, rejections=rejections)


def under(*rules: ApprovalRule) -> Policy:
    return replace(DEFAULT_POLICY, approval_rules=rules)


def escalating(*rules: EscalationRule) -> Policy:
    return replace(DEFAULT_POLICY, escalation_rules=rules)


def test_figures_alone() -> None:
    """Without rules, the risk says how many, and the chain's first tier may decide."""
    assert needed(DEFAULT_POLICY) == Requirements(OPERATOR, 1, (), FULL, ())
    assert needed(DEFAULT_POLICY, critical_proposal()) == Requirements(OPERATOR, 2, (), MANUAL, ())


def test_risk_alone_or_everything() -> None:
    """Where no rule has a condition only the risk is asked about: what comes of it is as if the whole proposal were."""
    never = ApprovalRule("never", "false")
    for made in (proposal(confidence=0.97), proposal(confidence=0.1), critical_proposal()):
        for rejections in range(4):
            plain = needed(DEFAULT_POLICY, made, rejections=rejections)
            assert needed(under(never), made, rejections=rejections) == plain


def test_two_rejections() -> None:
    """What was rejected twice goes to a security_manager at once, whatever core's confidence."""
    assert needed(DEFAULT_POLICY, rejections=1).rules == ()
    assert needed(DEFAULT_POLICY, rejections=2) == Requirements(MANAGER, 1, (), SUPERVISED, ("rejected-twice",))


def test_rules_add_up() -> None:
    """All rules that hold count together: the most people, all roles, the highest tier, the least autonomy."""
    policy = under(
        ApprovalRule("one", required=3, roles=(CISO,)),
        ApprovalRule("two", 'action.type == "block_ip"', required=2, roles=(SUPERVISOR,), tier=SUPERVISOR),
        ApprovalRule("three", "risk.score < 0.5", automation=MANUAL),
        ApprovalRule("not", 'action.type == "delete_data"', required=9),
        ApprovalRule("other-risk", risk=(v1.RISK_LEVEL_CRITICAL,), required=9),
    )
    assert needed(policy) == Requirements(SUPERVISOR, 3, (SUPERVISOR, CISO), MANUAL, ("one", "two", "three"))


def test_a_rule_needs_a_person() -> None:
    """A rule that holds and asks for nothing still has a person approve."""
    assert needed(under(ApprovalRule("look"))) == Requirements(OPERATOR, 1, (), SUPERVISED, ("look",))


def test_as_many_people_as_roles() -> None:
    """Two roles are two people."""
    assert needed(under(ApprovalRule("both", roles=(SUPERVISOR, MANAGER)))).required == 2


def test_a_condition_that_fails_needs_a_person() -> None:
    """A rule whose condition cannot be evaluated applies, and its name says that it failed."""
    policy = under(ApprovalRule("ttl", 'int(action.parameters["ttl"]) > 60', required=2, tier=SUPERVISOR))
    assert needed(policy) == Requirements(SUPERVISOR, 2, (), SUPERVISED, ("ttl!failed",))


def test_priority() -> None:
    """Of the escalation rules that hold, the one of the highest priority counts, wherever it stands."""
    policy = escalating(
        EscalationRule("low", 1, "proposal", CISO),
        EscalationRule("high", 2, "proposal", SUPERVISOR),
        EscalationRule("higher", 3, "proposal", CISO, when="risk.score > 0.9"),
        EscalationRule("by-hand", 4, "hand", CISO),
    )
    assert needed(policy) == Requirements(SUPERVISOR, 1, (), SUPERVISED, ("high",))


def test_an_escalation_that_fails() -> None:
    """An escalation rule that cannot be evaluated counts at the least, and never hides a higher one."""
    failing = EscalationRule("broken", 9, "proposal", SUPERVISOR, when='action.parameters["x"] == "y"')
    assert needed(escalating(failing)) == Requirements(SUPERVISOR, 1, (), SUPERVISED, ("broken!failed",))
    both = escalating(failing, EscalationRule("sound", 1, "proposal", MANAGER))
    assert needed(both) == Requirements(MANAGER, 1, (), SUPERVISED, ("broken!failed", "sound"))


def test_an_escalation_never_lowers() -> None:
    """An approval rule's tier stands where an escalation leads lower."""
    policy = replace(
        escalating(EscalationRule("some", 1, "proposal", SUPERVISOR)), approval_rules=(ApprovalRule("a", tier=CISO),)
    )
    assert needed(policy).tier == CISO


@pytest.mark.parametrize(
    ("risk", "role"),
    [
        (v1.RISK_LEVEL_LOW, SUPERVISOR),
        (v1.RISK_LEVEL_MEDIUM, SUPERVISOR),
        (v1.RISK_LEVEL_HIGH, MANAGER),
        (v1.RISK_LEVEL_CRITICAL, CISO),
    ],
)
def test_targets_by_hand(risk: v1.RiskLevel.ValueType, role: v1.Role.ValueType) -> None:
    """By hand, low and medium risk go to a soc_supervisor, high to a security_manager, critical to the ciso."""
    decision = v1.Decision(proposal=proposal(), assessment=v1.Assessment(risk=risk), core="maximus")
    assert hand_target(DEFAULT_POLICY, decision, NOON_US) == role


def test_no_target_by_hand() -> None:
    """Without a rule that holds nobody is named, and the next tier is asked."""
    decision = v1.Decision(proposal=proposal(), assessment=v1.Assessment(risk=v1.RISK_LEVEL_LOW), core="maximus")
    assert hand_target(escalating(), decision, NOON_US) == v1.ROLE_UNSPECIFIED


def test_assessment_with_rules() -> None:
    """The assessment tells which rules had a say, and its sentence ends in what they made of it."""
    made = proposal(confidence=0.97)
    assessment = assess(made, DEFAULT_POLICY, NOON_US)
    assert with_rules(assessment, needed(DEFAULT_POLICY)) is assessment
    ruled = with_rules(assessment, needed(under(ApprovalRule("look"))))
    assert assessment.automation == FULL
    assert ruled.automation == SUPERVISED
    assert list(ruled.policy_rules) == ["risk.medium→confidence", "confidence→full", "look"]
    assert assessment.justification.endswith("automation is full.")
    assert ruled.justification == assessment.justification.replace("is full.", "is supervised.")


def test_many_rules_are_asked_in_one_breath() -> None:
    """Fifty conditions are evaluated over one laying out of the proposal, which they share."""
    rules = tuple(ApprovalRule(f"r{number}", f"action.target_count == {number}") for number in range(50))
    assert needed(under(*rules)).rules == ("r1",)
