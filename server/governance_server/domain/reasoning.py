"""Reasoning: what follows from a risk, and why, in words made from figures alone.

Nothing that core wrote is repeated here, so a justification can stand in the ledger and on a terminal as it is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.figures import FACTORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance_server.domain.policy import Policy

MITIGATIONS: Final[Mapping[v1.RiskFactorKind.ValueType, str]] = {
    v1.RISK_FACTOR_KIND_THREAT_SCORE: "Contain the threat at its source first.",
    v1.RISK_FACTOR_KIND_UNCERTAINTY: "Gather more evidence before acting.",
    v1.RISK_FACTOR_KIND_NOVELTY: "Have an analyst look at the threat before acting.",
    v1.RISK_FACTOR_KIND_CRITICALITY: "Agree the time with the owner of the critical asset.",
    v1.RISK_FACTOR_KIND_DATA_SENSITIVITY: "Make sure that the action exposes no sensitive data.",
    v1.RISK_FACTOR_KIND_ASSET_COUNT: "Try it on a few assets before all of them.",
    v1.RISK_FACTOR_KIND_FINANCIAL: "Have whoever answers for the cost agree.",
    v1.RISK_FACTOR_KIND_OPERATIONAL: "Act in a maintenance window, or prepare a replacement.",
    v1.RISK_FACTOR_KIND_REPUTATIONAL: "Tell communications beforehand.",
    v1.RISK_FACTOR_KIND_IRREVERSIBILITY: "Take a backup or a snapshot first.",
    v1.RISK_FACTOR_KIND_AGGRESSIVENESS: "Consider a milder action first.",
    v1.RISK_FACTOR_KIND_SCOPE: "Narrow the scope.",
    v1.RISK_FACTOR_KIND_REGULATORY: "Check the duties to report and to document.",
    v1.RISK_FACTOR_KIND_PRIVACY: "Involve whoever answers for data protection.",
    v1.RISK_FACTOR_KIND_TIME_OF_DAY: "Wait for working hours, if the threat allows.",
    v1.RISK_FACTOR_KIND_OPERATOR_ABSENCE: "Call an operator who is on duty.",
}
"""What helps against each factor, where it is a key concern."""

_ALWAYS: Final[Mapping[v1.RiskLevel.ValueType, v1.AutomationLevel.ValueType]] = {
    v1.RISK_LEVEL_CRITICAL: v1.AUTOMATION_LEVEL_MANUAL,
    v1.RISK_LEVEL_HIGH: v1.AUTOMATION_LEVEL_SUPERVISED,
}
"""Risks that no confidence outweighs."""


def automation_of(
    risk: v1.RiskLevel.ValueType, confidence: float, policy: Policy
) -> tuple[v1.AutomationLevel.ValueType, tuple[str, ...]]:
    """Return the automation level, and the names of the rules that led to it.

    The names are identifiers and stay as they are: "risk.high→supervised" where risk alone decides, otherwise
    "risk.low→confidence" and "confidence→full".
    """
    level = _ALWAYS.get(risk)
    if level is not None:
        return level, (f"risk.{risk_name(risk)}→{_automation_name(level)}",)
    if confidence >= policy.full_from_confidence:
        level = v1.AUTOMATION_LEVEL_FULL
    elif confidence >= policy.supervised_from_confidence:
        level = v1.AUTOMATION_LEVEL_SUPERVISED
    elif confidence >= policy.advisory_from_confidence:
        level = v1.AUTOMATION_LEVEL_ADVISORY
    else:
        level = v1.AUTOMATION_LEVEL_MANUAL
    return level, (f"risk.{risk_name(risk)}→confidence", f"confidence→{_automation_name(level)}")


def justification(
    risk: v1.RiskLevel.ValueType,
    score: float,
    parts: Sequence[float],
    concerns: tuple[v1.RiskFactorKind.ValueType, ...],
    automation: v1.AutomationLevel.ValueType,
) -> str:
    """Return the justification of an assessment.

    Args:
        risk: The risk.
        score: The score it follows from.
        parts: The values of the categories, in their order.
        concerns: The key concerns.
        automation: The automation level.
    """
    return _FIGURES.format(_RISKS[risk], score, *parts) + _words_of(concerns) + _conclusion(automation)


@lru_cache(maxsize=4096)  # few of the orders in which sixteen factors can be a concern ever come up
def _words_of(concerns: tuple[v1.RiskFactorKind.ValueType, ...]) -> str:
    return f"key concerns: {', '.join([_FACTORS[kind] for kind in concerns]) or 'none'}; "


def restate(assessment: v1.Assessment, automation: v1.AutomationLevel.ValueType) -> None:
    """Write another automation level into an assessment, and into the end of its justification."""
    before = assessment.justification.removesuffix(_conclusion(assessment.automation))
    assessment.automation = automation
    assessment.justification = before + _conclusion(automation)


def risk_name(risk: v1.RiskLevel.ValueType) -> str:
    """Return a risk as it is written outside of the contract, such as "high"."""
    return _RISKS[risk]


def _conclusion(automation: v1.AutomationLevel.ValueType) -> str:
    return f"automation is {_automation_name(automation)}."


def _automation_name(level: v1.AutomationLevel.ValueType) -> str:
    return _AUTOMATIONS[level]


def _words(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", " ")


# looked up thousands of times a second, so written once
_RISKS: Final = {number: _words(name, "RISK_LEVEL_") for name, number in v1.RiskLevel.items()}
_AUTOMATIONS: Final = {number: _words(name, "AUTOMATION_LEVEL_") for name, number in v1.AutomationLevel.items()}
_FIGURES: Final = (
    "Risk is {} at {:.2f}: "
    + "".join(
        f"{_words(v1.RiskCategory.Name(category), 'RISK_CATEGORY_')} {{:.2f}}, " for category in FACTORS
    ).removesuffix(", ")
    + "; "
)
_FACTORS: Final = {number: _words(name, "RISK_FACTOR_KIND_") for name, number in v1.RiskFactorKind.items()}
