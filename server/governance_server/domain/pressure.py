"""Pressure: how much waits, and what core should hold back because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.moment import SECOND_US, duration

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy


def pressure(policy: Policy, open_decisions: int) -> v1.Pressure:
    """Return how much waits. With room enough, there is no risk below which core should hold back."""
    below = hold_back_below(policy, open_decisions)
    return v1.Pressure(
        open_decisions=open_decisions,
        open_decisions_limit=policy.open_decisions_limit,
        hold_back_below=below,
        hold_back_for=duration(policy.hold_back_s * SECOND_US) if below else None,
    )


def hold_back_below(policy: Policy, open_decisions: int) -> v1.RiskLevel.ValueType:
    """Return the risk below which core should hold back; UNSPECIFIED where it need not."""
    share = open_decisions / policy.open_decisions_limit
    return max(
        (risk for risk, from_share in policy.hold_back_from.items() if share >= from_share),
        default=v1.RISK_LEVEL_UNSPECIFIED,
    )
