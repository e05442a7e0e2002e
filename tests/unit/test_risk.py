"""The risk of a proposal, worked out by hand and by the server."""

from __future__ import annotations

from dataclasses import replace
from math import copysign
from typing import NamedTuple

import pytest

from governance import v1
from governance_server.domain.moment import SECOND_US
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.risk import assess

MIDNIGHT_US = 1_767_312_000 * SECOND_US
"""2026-01-02T00:00:00Z."""
HOUR_US = 3600 * SECOND_US


class Example(NamedTuple):
    """A proposal, the hour, and what comes out, added up by hand from the formula."""

    hour: int
    proposal: v1.Proposal
    parts: tuple[float, float, float, float, float, float]
    score: float
    risk: v1.RiskLevel.ValueType
    automation: v1.AutomationLevel.ValueType


def proposed(
    kind: v1.ActionType.ValueType, scope: v1.ActionScope.ValueType = v1.ACTION_SCOPE_UNSPECIFIED, **fields: object
) -> v1.Proposal:
    return v1.Proposal(action=v1.Action(type=kind, scope=scope), **fields)  # type: ignore[arg-type]


def assets(count: int, worst: v1.Criticality.ValueType = v1.CRITICALITY_LOW) -> list[v1.Asset]:
    return [v1.Asset(criticality=worst), *(v1.Asset(criticality=v1.CRITICALITY_LOW) for _ in range(count - 1))]


EXAMPLES = {
    "harmless": Example(
        10,
        proposed(
            v1.ACTION_TYPE_SEND_ALERT,
            confidence=1,
            threat=v1.Threat(novelty=v1.NOVELTY_SEEN_BEFORE),
            assets=assets(1),
            data_classification=v1.DATA_CLASSIFICATION_PUBLIC,
        ),
        (0.04, 0.12, 0, 0.02, 0.2, 0.15),
        0.072,
        v1.RISK_LEVEL_LOW,
        v1.AUTOMATION_LEVEL_FULL,
    ),
    "the worst": Example(
        2,
        proposed(
            v1.ACTION_TYPE_DELETE_DATA,
            v1.ACTION_SCOPE_GLOBAL,
            threat=v1.Threat(score=1, novelty=v1.NOVELTY_ZERO_DAY),
            assets=assets(100, v1.CRITICALITY_CRITICAL),
            data_classification=v1.DATA_CLASSIFICATION_TOP_SECRET,
            business_impact=v1.BusinessImpact(estimated_cost_usd=1e6, operational=1, reputational=1),
            compliance_tags=["GDPR"],
            data_type="PII",
        ),
        (0.98, 1, 1, 0.92, 0.9, 0.75),
        0.948,
        v1.RISK_LEVEL_CRITICAL,
        v1.AUTOMATION_LEVEL_MANUAL,
    ),
    "an address to block": Example(
        12,
        proposed(
            v1.ACTION_TYPE_BLOCK_IP,
            v1.ACTION_SCOPE_HOST,
            confidence=0.9,
            threat=v1.Threat(score=0.8),
            assets=assets(1, v1.CRITICALITY_HIGH),
            business_impact=v1.BusinessImpact(operational=0.2, reputational=0.1),
        ),
        (0.53, 0.51, 0.09, 0.29, 0.2, 0.15),
        0.331,
        v1.RISK_LEVEL_MEDIUM,
        v1.AUTOMATION_LEVEL_SUPERVISED,
    ),
    "hosts to isolate in the evening": Example(
        20,
        proposed(
            v1.ACTION_TYPE_ISOLATE_HOST,
            v1.ACTION_SCOPE_DEPARTMENT,
            confidence=0.7,
            threat=v1.Threat(score=0.9, novelty=v1.NOVELTY_ZERO_DAY),
            assets=assets(10, v1.CRITICALITY_CRITICAL),
            data_classification=v1.DATA_CLASSIFICATION_CONFIDENTIAL,
            business_impact=v1.BusinessImpact(estimated_cost_usd=10_000, operational=0.5, reputational=0.5),
            compliance_tags=["SOX"],
            data_type="user-data",
        ),
        (0.72, 0.78, 0.42, 0.46, 0.6, 0.45),
        0.594,
        v1.RISK_LEVEL_HIGH,
        v1.AUTOMATION_LEVEL_SUPERVISED,
    ),
    "an unscored action, seen before, without assets": Example(
        7,
        proposed(
            v1.ACTION_TYPE_BLOCK_PORT,
            v1.ACTION_SCOPE_ORGANIZATION,
            confidence=0.96,
            threat=v1.Threat(score=0.5),
            similar_decisions=["d-1"],
            data_classification=v1.DATA_CLASSIFICATION_RESTRICTED,
            business_impact=v1.BusinessImpact(estimated_cost_usd=55_000),
            compliance_tags=["SOX", "pci dss"],
            data_type="pii",
        ),
        (0.302, 0.51, 0.18, 0.56, 0.9, 0.45),
        0.4325,
        v1.RISK_LEVEL_MEDIUM,
        v1.AUTOMATION_LEVEL_FULL,
    ),
    "between the points, at night": Example(
        23,
        proposed(
            v1.ACTION_TYPE_COLLECT_LOGS,
            confidence=0.5,
            threat=v1.Threat(score=0.3, novelty=v1.NOVELTY_KNOWN),
            assets=assets(55),
            data_classification=v1.DATA_CLASSIFICATION_PUBLIC,
            business_impact=v1.BusinessImpact(estimated_cost_usd=550_000, operational=1),
            compliance_tags=["", " "],
        ),
        (0.4, 0.25, 0.62, 0.05, 0.2, 0.75),
        0.3765,
        v1.RISK_LEVEL_MEDIUM,
        v1.AUTOMATION_LEVEL_MANUAL,
    ),
    "beyond the points": Example(
        6,
        proposed(
            v1.ACTION_TYPE_COLLECT_FORENSICS,
            confidence=0.6,
            assets=[v1.Asset()] * 200,
            business_impact=v1.BusinessImpact(estimated_cost_usd=9e9),
            data_type="logs",
        ),
        (0.22, 0.54, 0.4, 0.33, 0.2, 0.45),
        0.3575,
        v1.RISK_LEVEL_MEDIUM,
        v1.AUTOMATION_LEVEL_ADVISORY,
    ),
    "a file to delete, for high risk": Example(
        3,
        proposed(
            v1.ACTION_TYPE_DELETE_FILE,
            v1.ACTION_SCOPE_ORGANIZATION,
            confidence=0.5,
            threat=v1.Threat(score=0.9, novelty=v1.NOVELTY_ZERO_DAY),
            assets=assets(10, v1.CRITICALITY_HIGH),
            data_classification=v1.DATA_CLASSIFICATION_RESTRICTED,
            business_impact=v1.BusinessImpact(estimated_cost_usd=100_000, operational=0.5, reputational=0.5),
            compliance_tags=["HIPAA"],
            data_type="PII",
        ),
        # 0.45 + 0.15 + 0.18; 0.4 + 0.24 + 0.1; 0.24 + 0.15 + 0.15; 0.4 + 0.24 + 0.16; 0.54 + 0.36; 0.4 + 0.35
        (0.78, 0.74, 0.54, 0.8, 0.9, 0.75),
        # 0.195 + 0.148 + 0.108 + 0.12 + 0.09 + 0.075
        0.736,
        v1.RISK_LEVEL_HIGH,
        v1.AUTOMATION_LEVEL_SUPERVISED,
    ),
    "the same at a million, for critical risk": Example(
        3,
        proposed(
            v1.ACTION_TYPE_DELETE_FILE,
            v1.ACTION_SCOPE_ORGANIZATION,
            confidence=0.5,
            threat=v1.Threat(score=0.9, novelty=v1.NOVELTY_ZERO_DAY),
            assets=assets(10, v1.CRITICALITY_HIGH),
            data_classification=v1.DATA_CLASSIFICATION_RESTRICTED,
            business_impact=v1.BusinessImpact(estimated_cost_usd=1_000_000, operational=0.5, reputational=0.5),
            compliance_tags=["HIPAA"],
            data_type="PII",
        ),
        # the business part alone differs: 0.4 and twice 0.15
        (0.78, 0.74, 0.7, 0.8, 0.9, 0.75),
        # 0.736 + 0.2 of 0.16
        0.768,
        v1.RISK_LEVEL_CRITICAL,
        v1.AUTOMATION_LEVEL_MANUAL,
    ),
    "an account to lock in the morning": Example(
        8,
        proposed(
            v1.ACTION_TYPE_LOCK_ACCOUNT,
            v1.ACTION_SCOPE_HOST,
            confidence=0.95,
            threat=v1.Threat(score=0.6, novelty=v1.NOVELTY_KNOWN),
            assets=assets(1, v1.CRITICALITY_MEDIUM),
            data_classification=v1.DATA_CLASSIFICATION_INTERNAL,
            data_type="user_data",
        ),
        # 0.3 + 0.015 + 0.1; 0.25 + 0.09 + 0.02; 0; 0.2 + 0.21 + 0.04; 0.12 + 0.24; 0.25 + 0.2
        (0.415, 0.36, 0, 0.45, 0.36, 0.45),
        # 0.10375 + 0.072 + 0 + 0.0675 + 0.036 + 0.045
        0.32425,
        v1.RISK_LEVEL_MEDIUM,
        v1.AUTOMATION_LEVEL_FULL,
    ),
    "a connection to throttle": Example(
        16,
        proposed(
            v1.ACTION_TYPE_THROTTLE_CONNECTION,
            v1.ACTION_SCOPE_HOST,
            confidence=0.8,
            threat=v1.Threat(score=0.4, novelty=v1.NOVELTY_SEEN_BEFORE),
            assets=assets(1),
        ),
        # 0.2 + 0.06 + 0.04; 0.1 + 0.09 + 0.02; 0; 0.05 + 0.09 + 0.04; 0.12 + 0.08; 0.1 + 0.05
        (0.3, 0.21, 0, 0.18, 0.2, 0.15),
        # 0.075 + 0.042 + 0 + 0.027 + 0.02 + 0.015
        0.179,
        v1.RISK_LEVEL_LOW,
        v1.AUTOMATION_LEVEL_SUPERVISED,
    ),
    "a password to reset, without much confidence": Example(
        17,
        proposed(
            v1.ACTION_TYPE_RESET_PASSWORD,
            v1.ACTION_SCOPE_DEPARTMENT,
            confidence=0.59,
            threat=v1.Threat(score=0.2),
            assets=assets(1),
            data_classification=v1.DATA_CLASSIFICATION_PUBLIC,
        ),
        # 0.1 + 0.123 + 0.1; 0.1 + 0 + 0.02; 0; 0.3 + 0.24 + 0.1; 0.12 + 0.08; 0.25 + 0.2
        (0.323, 0.12, 0, 0.64, 0.2, 0.45),
        # 0.08075 + 0.024 + 0 + 0.096 + 0.02 + 0.045
        0.26575,
        v1.RISK_LEVEL_LOW,
        v1.AUTOMATION_LEVEL_MANUAL,
    ),
    "data to encrypt, for a cost between two points": Example(
        21,
        proposed(
            v1.ACTION_TYPE_ENCRYPT_DATA,
            v1.ACTION_SCOPE_GLOBAL,
            confidence=0.99,
            threat=v1.Threat(score=1, novelty=v1.NOVELTY_KNOWN),
            assets=assets(100, v1.CRITICALITY_HIGH),
            data_classification=v1.DATA_CLASSIFICATION_TOP_SECRET,
            business_impact=v1.BusinessImpact(estimated_cost_usd=5_000, operational=1, reputational=0),
            compliance_tags=["SOX"],
        ),
        # 0.5 + 0.003 + 0.1; 0.4 + 0.3 + 0.2; 0.06 + 0.3; 0.25 + 0.15 + 0.2; 0.36 + 0.08; 0.25 + 0.2
        (0.603, 0.9, 0.36, 0.6, 0.44, 0.45),
        # 0.15075 + 0.18 + 0.072 + 0.09 + 0.044 + 0.045
        0.58175,
        v1.RISK_LEVEL_HIGH,
        v1.AUTOMATION_LEVEL_SUPERVISED,
    ),
}


def at_hour(hour: int) -> int:
    return MIDNIGHT_US + hour * HOUR_US


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_worked_by_hand(example: Example) -> None:
    """The formula gives what adding up by hand gives, category by category."""
    assessment = assess(example.proposal, DEFAULT_POLICY, at_hour(example.hour))
    assert [part.value for part in assessment.categories] == list(example.parts)
    assert assessment.score == example.score
    assert assessment.risk == example.risk
    assert assessment.automation == example.automation
    assert assessment.policy_digest == DEFAULT_POLICY.digest


def test_categories_and_factors_in_order() -> None:
    """An assessment has all six categories with all their factors, in the order of the contract, with their weights."""
    assessment = assess(EXAMPLES["harmless"].proposal, DEFAULT_POLICY, at_hour(10))
    assert [part.category for part in assessment.categories] == [1, 2, 3, 4, 5, 6]
    factors = [factor for part in assessment.categories for factor in part.factors]
    assert [factor.kind for factor in factors] == list(range(1, 17))
    assert [part.weight for part in assessment.categories] == [0.25, 0.2, 0.2, 0.15, 0.1, 0.1]
    assert [len(part.factors) for part in assessment.categories] == [3, 3, 3, 3, 2, 2]
    for part in assessment.categories:
        assert sum(factor.weight for factor in part.factors) == pytest.approx(1)
        assert sum(factor.weight * factor.value for factor in part.factors) == pytest.approx(part.value)


def test_key_concerns_worst_first() -> None:
    """Key concerns are the factors of 0.7 and more, the worst first, equal ones in the order of the contract."""
    assessment = assess(EXAMPLES["hosts to isolate in the evening"].proposal, DEFAULT_POLICY, at_hour(20))
    assert list(assessment.key_concerns) == [
        v1.RISK_FACTOR_KIND_CRITICALITY,
        v1.RISK_FACTOR_KIND_THREAT_SCORE,
        v1.RISK_FACTOR_KIND_NOVELTY,
        v1.RISK_FACTOR_KIND_AGGRESSIVENESS,
    ]
    assert len(assessment.mitigations) == 4


@pytest.mark.parametrize(
    ("said", "tags", "value"),
    [
        ("nothing", [], 0.2),
        ("blank", [" "], 0.2),
        ("strict", ["hipaa"], 0.9),
        ("dash", ["PCI-DSS"], 0.9),
        ("underscore", ["pci_dss"], 0.9),
        ("space", ["Pci Dss"], 0.9),
        ("another", ["SOX"], 0.6),
        ("both", ["SOX", "gdpr"], 0.9),
    ],
)
def test_regulations(said: str, tags: list[str], value: float) -> None:
    """Regulations are known by any of their usual spellings, and the strictest counts."""
    made = proposed(v1.ACTION_TYPE_SEND_ALERT, compliance_tags=tags)
    compliance = assess(made, DEFAULT_POLICY, at_hour(10)).categories[4]
    assert compliance.factors[0].value == value, said


@pytest.mark.parametrize(
    ("data_type", "value"),
    [("PII", 0.9), ("pii", 0.9), ("user_data", 0.6), ("User Data", 0.6), ("user-data", 0.6), ("logs", 0.2), ("", 0.2)],
)
def test_privacy(data_type: str, value: float) -> None:
    """Whose data it is counts, however it is spelled."""
    made = proposed(v1.ACTION_TYPE_SEND_ALERT, data_type=data_type)
    assert assess(made, DEFAULT_POLICY, at_hour(10)).categories[4].factors[1].value == value


@pytest.mark.parametrize(
    ("hour", "time_of_day", "absence"),
    [
        (0, 0.8, 0.7),
        (5, 0.8, 0.7),
        (6, 0.5, 0.4),
        (8, 0.5, 0.4),
        (9, 0.2, 0.1),
        (16, 0.2, 0.1),
        (17, 0.5, 0.4),
        (21, 0.5, 0.4),
        (22, 0.8, 0.7),
        (23, 0.8, 0.7),
    ],
)
def test_hours(hour: int, time_of_day: float, absence: float) -> None:
    """The hour counts by UTC, from its first microsecond to its last."""
    for moment_us in (at_hour(hour), at_hour(hour + 1) - 1):
        environment = assess(v1.Proposal(), DEFAULT_POLICY, moment_us).categories[5]
        assert [factor.value for factor in environment.factors] == [time_of_day, absence]


def test_threshold_belongs_to_the_higher_level() -> None:
    """A score that meets a threshold exactly falls into the higher level."""
    levels = {**DEFAULT_POLICY.risk_from, v1.RISK_LEVEL_MEDIUM: 0.072}
    policy = replace(DEFAULT_POLICY, risk_from=levels)
    assert assess(EXAMPLES["harmless"].proposal, policy, at_hour(10)).risk == v1.RISK_LEVEL_MEDIUM
    levels[v1.RISK_LEVEL_MEDIUM] = 0.0721
    policy = replace(DEFAULT_POLICY, risk_from=levels)
    assert assess(EXAMPLES["harmless"].proposal, policy, at_hour(10)).risk == v1.RISK_LEVEL_LOW


def test_text_has_no_say() -> None:
    """Nothing that core writes as text enters the assessment."""
    made = EXAMPLES["an address to block"].proposal
    talkative = v1.Proposal()
    talkative.CopyFrom(made)
    talkative.evidence.reasoning = "\x1b[2J approve me"
    talkative.threat.type = "\x1b]0;harmless\x07"
    talkative.metadata["risk"] = "low"
    assert assess(talkative, DEFAULT_POLICY, at_hour(12)) == assess(made, DEFAULT_POLICY, at_hour(12))


def test_the_other_zero_is_the_same_assessment() -> None:
    """0.0 and -0.0 are equal and differ on the wire; whichever comes first, what is recorded is the same bytes."""
    figures = [
        proposed(
            v1.ACTION_TYPE_BLOCK_IP,
            confidence=0.9,
            threat=v1.Threat(score=zero),
            business_impact=v1.BusinessImpact(operational=zero, reputational=zero),
        )
        for zero in (-0.0, 0.0)
    ]
    made = [assess(proposal, DEFAULT_POLICY, MIDNIGHT_US) for proposal in figures]
    assert made[0].SerializeToString() == made[1].SerializeToString()
    factors = [factor for category in made[0].categories for factor in category.factors]
    assert all(copysign(1, factor.value) == 1 for factor in factors)
