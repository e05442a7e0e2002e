"""What follows from a risk, and why."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.reasoning import MITIGATIONS, automation_of, justification, risk_name

FULL, SUPERVISED = v1.AUTOMATION_LEVEL_FULL, v1.AUTOMATION_LEVEL_SUPERVISED
ADVISORY, MANUAL = v1.AUTOMATION_LEVEL_ADVISORY, v1.AUTOMATION_LEVEL_MANUAL


@pytest.mark.parametrize("confidence", [0.0, 0.6, 0.8, 0.95, 1.0])
def test_confidence_never_outweighs_high_risk(confidence: float) -> None:
    """Critical risk is always for people alone, and high risk always needs a person's approval."""
    assert automation_of(v1.RISK_LEVEL_CRITICAL, confidence, DEFAULT_POLICY) == (MANUAL, ("risk.critical→manual",))
    assert automation_of(v1.RISK_LEVEL_HIGH, confidence, DEFAULT_POLICY) == (SUPERVISED, ("risk.high→supervised",))


@pytest.mark.parametrize(
    ("confidence", "level", "rule"),
    [
        (1.0, FULL, "confidence→full"),
        (0.95, FULL, "confidence→full"),
        (0.949, SUPERVISED, "confidence→supervised"),
        (0.80, SUPERVISED, "confidence→supervised"),
        (0.799, ADVISORY, "confidence→advisory"),
        (0.60, ADVISORY, "confidence→advisory"),
        (0.599, MANUAL, "confidence→manual"),
        (0.0, MANUAL, "confidence→manual"),
    ],
)
def test_confidence_decides_below(confidence: float, level: v1.AutomationLevel.ValueType, rule: str) -> None:
    """Low and medium risk get the autonomy that core's confidence deserves; a threshold belongs to the level above."""
    for risk in (v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM):
        rules = (f"risk.{risk_name(risk)}→confidence", rule)
        assert automation_of(risk, confidence, DEFAULT_POLICY) == (level, rules)


def test_justification() -> None:
    """The justification is a sentence of figures."""
    assert justification(
        v1.RISK_LEVEL_HIGH,
        0.594,
        (0.72, 0.78, 0.42, 0.46, 0.6, 0.45),
        (v1.RISK_FACTOR_KIND_CRITICALITY, v1.RISK_FACTOR_KIND_THREAT_SCORE),
        SUPERVISED,
    ) == (
        "Risk is high at 0.59: threat 0.72, asset 0.78, business 0.42, action 0.46, compliance 0.60, environment 0.45; "
        "key concerns: criticality, threat score; automation is supervised."
    )


def test_nothing_to_be_concerned_about() -> None:
    """Without key concerns the sentence says so."""
    assert "key concerns: none" in justification(v1.RISK_LEVEL_LOW, 0.1, [0.1] * 6, (), FULL)


def test_every_factor_has_a_mitigation() -> None:
    """Something is suggested against every factor that there is."""
    assert set(MITIGATIONS) == set(v1.RiskFactorKind.values()) - {v1.RISK_FACTOR_KIND_UNSPECIFIED}
