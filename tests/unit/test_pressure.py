"""How much waits, and what core should hold back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.moment import SECOND_US, span_us
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.pressure import pressure

HUNDRED = replace(DEFAULT_POLICY, open_decisions_limit=100)


@pytest.mark.parametrize(
    ("waiting", "below"),
    [
        (0, v1.RISK_LEVEL_UNSPECIFIED),
        (49, v1.RISK_LEVEL_UNSPECIFIED),
        (50, v1.RISK_LEVEL_MEDIUM),
        (74, v1.RISK_LEVEL_MEDIUM),
        (75, v1.RISK_LEVEL_HIGH),
        (90, v1.RISK_LEVEL_CRITICAL),
        (120, v1.RISK_LEVEL_CRITICAL),
    ],
)
def test_held_back_by_risk(waiting: int, below: v1.RiskLevel.ValueType) -> None:
    """The more waits, the more risk it takes to be proposed; what is critical never waits for room."""
    told = pressure(HUNDRED, waiting)
    assert told.hold_back_below == below
    assert (told.open_decisions, told.open_decisions_limit) == (waiting, 100)
    assert span_us(told.hold_back_for) == (60 * SECOND_US if below else 0)
