"""Enough approvals, by the decision's own quorum and by the policy in force."""

from __future__ import annotations

from itertools import permutations

import pytest

from governance import v1
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.sufficiency import counted, enough, needs, satisfied_under
from tests.unit.deciding import (
    ALICE,
    BOB,
    CISO,
    CORE,
    NOON_US,
    SUPERVISOR,
    Desk,
    by_risk,
    critical_proposal,
    proposal,
)

OPERATOR = v1.ROLE_SOC_OPERATOR
SUPER = v1.ROLE_SOC_SUPERVISOR
MANAGER = v1.ROLE_SECURITY_MANAGER

TWO_FOR_ALL = Policy(required_approvals=dict.fromkeys(DEFAULT_POLICY.required_approvals, 2))


@pytest.mark.parametrize(
    ("votes", "required", "roles", "expected"),
    [
        ([], 0, [], False),
        ([], 1, [], False),
        ([("a", OPERATOR)], 0, [], True),
        ([("a", OPERATOR)], 1, [], True),
        ([("a", OPERATOR)], 2, [], False),
        ([("a", OPERATOR), ("a", OPERATOR)], 2, [], False),
        ([("a", OPERATOR), ("b", OPERATOR)], 2, [], True),
        ([("a", OPERATOR), ("b", OPERATOR)], 2, [MANAGER], False),
        ([("a", OPERATOR), ("b", MANAGER)], 2, [MANAGER], True),
        ([("a", OPERATOR), ("b", v1.ROLE_CISO)], 2, [MANAGER], True),
        ([("a", MANAGER)], 1, [SUPER, MANAGER], False),
        ([("a", MANAGER), ("b", SUPER)], 1, [SUPER, MANAGER], True),
        ([("a", MANAGER), ("b", MANAGER)], 1, [SUPER, MANAGER], True),
        ([("a", SUPER), ("b", SUPER)], 1, [SUPER, MANAGER], False),
        ([("a", MANAGER), ("b", SUPER)], 3, [SUPER, MANAGER], False),
    ],
)
def test_enough(
    votes: list[tuple[str, v1.Role.ValueType]], required: int, roles: list[v1.Role.ValueType], expected: bool
) -> None:
    """A quorum is so many distinct people, and among them one for each role that is asked for."""
    for order in permutations(votes):
        for wanted in permutations(roles):
            assert enough(order, required, wanted) is expected


def test_own_quorum() -> None:
    """While the policy is the one of the assessment, the decision's own quorum is all it takes."""
    decision = Desk().propose(critical_proposal()).current
    needed = needs(DEFAULT_POLICY, decision, NOON_US)
    assert (needed.required, needed.roles, needed.by_policy) == (2, (), True)
    assert not satisfied_under(DEFAULT_POLICY, decision, NOON_US)


def test_other_policy_asks_for_more() -> None:
    """What was approved under one policy is not enough where the one now in force asks for more."""
    decision = Desk().approve().current
    assert satisfied_under(DEFAULT_POLICY, decision, NOON_US)
    assert not satisfied_under(TWO_FOR_ALL, decision, NOON_US)
    assert needs(TWO_FOR_ALL, decision, NOON_US).required == 2


def test_other_policy_asks_for_less() -> None:
    """A policy that asks for less takes nothing off the quorum that the decision was proposed with."""
    decision = Desk(policy=TWO_FOR_ALL).propose().approve().current
    assert decision.state == v1.DECISION_STATE_PENDING
    assert needs(DEFAULT_POLICY, decision, NOON_US).required == 2
    assert not satisfied_under(DEFAULT_POLICY, decision, NOON_US)


def test_other_policy_that_asks_for_the_same() -> None:
    """Another policy that asks for no more changes nothing for what was approved."""
    decision = Desk().approve().current
    assert satisfied_under(Policy(claim_lease_s=60), decision, NOON_US)


def test_risk_of_both() -> None:
    """The higher of the two counts: as assessed, or as the policy in force would assess it."""
    decision = Desk().propose().current
    assert decision.assessment.risk == v1.RISK_LEVEL_MEDIUM
    assert needs(DEFAULT_POLICY, decision, NOON_US).risk == v1.RISK_LEVEL_MEDIUM
    critical = Policy(risk_from=by_risk(0.0, 0.01, 0.02, 0.03))
    assert needs(critical, decision, NOON_US).risk == v1.RISK_LEVEL_CRITICAL
    low = Policy(risk_from=by_risk(0.0, 0.9, 0.95, 0.99))
    assert needs(low, decision, NOON_US).risk == v1.RISK_LEVEL_MEDIUM


def test_roles_of_both() -> None:
    """The roles of both are asked for, each as often as the one or the other does."""
    decision = v1.Decision()
    decision.CopyFrom(Desk().propose().current)
    decision.quorum.roles.extend([MANAGER, SUPER])
    needed = needs(Policy(claim_lease_s=60), decision, NOON_US)
    assert needed.roles == (SUPER, MANAGER)


def test_tier_of_the_policy_in_force() -> None:
    """Where another policy leaves it to a higher tier, the approvals below it no longer count."""
    higher = Policy(chain=(SUPER, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO))
    for actor, expected in ((ALICE, False), (SUPERVISOR, True)):
        decision = Desk().approve(actor).current
        assert satisfied_under(higher, decision, NOON_US) is expected


def test_owner_by_the_policy_in_force() -> None:
    """The approval of one whom the policy now lists behind the core no longer counts."""
    decision = Desk().approve(ALICE).current
    assert not satisfied_under(Policy(core_owners={CORE.name: frozenset({"alice"})}), decision, NOON_US)


def test_policys_own_approval() -> None:
    """What the policy approved by itself stands for as long as the policy in force would approve it too."""
    decision = Desk().propose(proposal(confidence=1)).current
    assert decision.approval.actor.kind == v1.ACTOR_KIND_POLICY
    assert satisfied_under(DEFAULT_POLICY, decision, NOON_US)
    assert satisfied_under(Policy(claim_lease_s=60), decision, NOON_US)
    stricter = Policy(risk_from={**DEFAULT_POLICY.risk_from, v1.RISK_LEVEL_HIGH: 0.31})
    assert not satisfied_under(stricter, decision, NOON_US)


def test_what_counts() -> None:
    """Rejections, and approvals of another action, are no approvals of this one."""
    decision = v1.Decision(action_digest=b"this")
    for actor, approved, digest in ((ALICE, True, b"this"), (BOB, True, b"that"), (CISO, False, b"this")):
        decision.votes.add(actor=actor, approved=approved, action_digest=digest)
    assert counted(DEFAULT_POLICY, decision, needs(DEFAULT_POLICY, decision, NOON_US)) == [("alice", OPERATOR)]
