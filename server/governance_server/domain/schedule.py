"""Schedule: when the timekeeper has something to do about a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.moment import SECOND_US, microseconds

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy


class SlaTimes(NamedTuple):
    """The times one tier has.

    Attributes:
        warn_us: When the warning is due, in microseconds since the epoch.
        deadline_us: When the tier has to have decided.
    """

    warn_us: int
    deadline_us: int


def sla_times(policy: Policy, risk: v1.RiskLevel.ValueType, now_us: int) -> SlaTimes:
    """Return the times of a tier that is asked now."""
    span_us = policy.sla_s[risk] * SECOND_US
    return SlaTimes(now_us + round(span_us * policy.warn_share), now_us + span_us)


def claim_lives(decision: v1.Decision, now_us: int) -> bool:
    """Tell whether somebody has the decision in hand: claimed, and the lease not over."""
    return decision.HasField("claim") and now_us < microseconds(decision.claim.expires_at)


def next_due_us(decision: v1.Decision) -> int | None:
    """Return the earliest moment at which a Tick has something to do, in microseconds; None where there is none.

    It may lie in the past: then a Tick is overdue.
    """
    if decision.state == v1.DECISION_STATE_PENDING:
        return _pending_due_us(decision)
    if decision.state == v1.DECISION_STATE_APPROVED:
        return microseconds(decision.held_until if decision.held else decision.order.accept_by)
    if decision.state == v1.DECISION_STATE_EXECUTING:
        return microseconds(decision.order.report_by)
    return None


def _pending_due_us(decision: v1.Decision) -> int:
    schedule = decision.schedule
    due_us = microseconds(schedule.deadline)
    if not schedule.warned:
        due_us = min(due_us, microseconds(schedule.warn_at))
    if decision.HasField("claim"):
        due_us = min(due_us, microseconds(decision.claim.expires_at))
    return due_us
