"""What an operator below a decision's tier may do with it, as the policy says."""

from __future__ import annotations

from governance import v1
from governance_server.domain.policy import Policy
from tests.unit.deciding import ALICE, SUPERVISOR, Desk, escalation
from tests.unit.verdicts import noting


def above_alice(policy: Policy) -> Desk:
    desk = Desk(policy=policy).propose()
    desk.accepted(ALICE, escalation())
    return desk


def test_below_the_tier_people_may_comment_and_escalate() -> None:
    """Whoever cannot decide can still say something, and ask further up."""
    desk = above_alice(Policy())
    desk.accepted(ALICE, noting())
    desk.accepted(ALICE, escalation())


def test_a_policy_can_leave_both_to_those_who_decide() -> None:
    """Then an operator below the tier is told whose it is; one of the tier goes on."""
    policy = Policy(below_tier_may=())
    desk = above_alice(policy)
    for command in (noting(), escalation()):
        assert desk.refused(ALICE, command).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
    desk.accepted(SUPERVISOR, noting())
    desk.accepted(SUPERVISOR, escalation())
