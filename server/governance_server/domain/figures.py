"""Figures: the numbers a policy has unless it says otherwise.

All of them are those of the service that Governance Workspace replaces, which its users know, but where a comment says
otherwise. Values and weights are shares from 0 to 1.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from governance import v1
from governance_server.domain.rules import EscalationRule

if TYPE_CHECKING:
    from collections.abc import Mapping

Points: TypeAlias = tuple[tuple[float, float], ...]
"""(what is measured, its value), ascending: linear between them, and as at the ends beyond."""
Hours: TypeAlias = tuple[tuple[int, float], ...]
"""(hour of the day in UTC, the value from that hour on), ascending from hour 0."""

FACTORS: Final[Mapping[v1.RiskCategory.ValueType, tuple[v1.RiskFactorKind.ValueType, ...]]] = MappingProxyType(
    {
        v1.RISK_CATEGORY_THREAT: (
            v1.RISK_FACTOR_KIND_THREAT_SCORE,
            v1.RISK_FACTOR_KIND_UNCERTAINTY,
            v1.RISK_FACTOR_KIND_NOVELTY,
        ),
        v1.RISK_CATEGORY_ASSET: (
            v1.RISK_FACTOR_KIND_CRITICALITY,
            v1.RISK_FACTOR_KIND_DATA_SENSITIVITY,
            v1.RISK_FACTOR_KIND_ASSET_COUNT,
        ),
        v1.RISK_CATEGORY_BUSINESS: (
            v1.RISK_FACTOR_KIND_FINANCIAL,
            v1.RISK_FACTOR_KIND_OPERATIONAL,
            v1.RISK_FACTOR_KIND_REPUTATIONAL,
        ),
        v1.RISK_CATEGORY_ACTION: (
            v1.RISK_FACTOR_KIND_IRREVERSIBILITY,
            v1.RISK_FACTOR_KIND_AGGRESSIVENESS,
            v1.RISK_FACTOR_KIND_SCOPE,
        ),
        v1.RISK_CATEGORY_COMPLIANCE: (v1.RISK_FACTOR_KIND_REGULATORY, v1.RISK_FACTOR_KIND_PRIVACY),
        v1.RISK_CATEGORY_ENVIRONMENT: (v1.RISK_FACTOR_KIND_TIME_OF_DAY, v1.RISK_FACTOR_KIND_OPERATOR_ABSENCE),
    }
)
"""What each category is made of. Structure, not policy: only the weights can be chosen."""

CATEGORY_WEIGHTS: Final[Mapping[v1.RiskCategory.ValueType, float]] = MappingProxyType(
    {
        v1.RISK_CATEGORY_THREAT: 0.25,
        v1.RISK_CATEGORY_ASSET: 0.20,
        v1.RISK_CATEGORY_BUSINESS: 0.20,
        v1.RISK_CATEGORY_ACTION: 0.15,
        v1.RISK_CATEGORY_COMPLIANCE: 0.10,
        v1.RISK_CATEGORY_ENVIRONMENT: 0.10,
    }
)
FACTOR_WEIGHTS: Final[Mapping[v1.RiskFactorKind.ValueType, float]] = MappingProxyType(
    {
        v1.RISK_FACTOR_KIND_THREAT_SCORE: 0.5,
        v1.RISK_FACTOR_KIND_UNCERTAINTY: 0.3,
        v1.RISK_FACTOR_KIND_NOVELTY: 0.2,
        v1.RISK_FACTOR_KIND_CRITICALITY: 0.5,
        v1.RISK_FACTOR_KIND_DATA_SENSITIVITY: 0.3,
        v1.RISK_FACTOR_KIND_ASSET_COUNT: 0.2,
        v1.RISK_FACTOR_KIND_FINANCIAL: 0.4,
        v1.RISK_FACTOR_KIND_OPERATIONAL: 0.3,
        v1.RISK_FACTOR_KIND_REPUTATIONAL: 0.3,
        v1.RISK_FACTOR_KIND_IRREVERSIBILITY: 0.5,
        v1.RISK_FACTOR_KIND_AGGRESSIVENESS: 0.3,
        v1.RISK_FACTOR_KIND_SCOPE: 0.2,
        v1.RISK_FACTOR_KIND_REGULATORY: 0.6,
        v1.RISK_FACTOR_KIND_PRIVACY: 0.4,
        v1.RISK_FACTOR_KIND_TIME_OF_DAY: 0.5,
        v1.RISK_FACTOR_KIND_OPERATOR_ABSENCE: 0.5,
    }
)

RISK_FROM: Final[Mapping[v1.RiskLevel.ValueType, float]] = MappingProxyType(
    {
        v1.RISK_LEVEL_LOW: 0.0,
        v1.RISK_LEVEL_MEDIUM: 0.30,
        v1.RISK_LEVEL_HIGH: 0.50,
        v1.RISK_LEVEL_CRITICAL: 0.75,
    }
)

NOVELTY: Final[Mapping[v1.Novelty.ValueType, float]] = MappingProxyType(
    {
        v1.NOVELTY_SEEN_BEFORE: 0.2,
        v1.NOVELTY_KNOWN: 0.5,
        v1.NOVELTY_ZERO_DAY: 0.9,
    }
)
CRITICALITY: Final[Mapping[v1.Criticality.ValueType, float]] = MappingProxyType(
    {
        v1.CRITICALITY_LOW: 0.2,
        v1.CRITICALITY_MEDIUM: 0.5,
        v1.CRITICALITY_HIGH: 0.8,
        v1.CRITICALITY_CRITICAL: 1.0,
    }
)
DATA_SENSITIVITY: Final[Mapping[v1.DataClassification.ValueType, float]] = MappingProxyType(
    {
        v1.DATA_CLASSIFICATION_PUBLIC: 0.0,
        v1.DATA_CLASSIFICATION_INTERNAL: 0.3,
        v1.DATA_CLASSIFICATION_CONFIDENTIAL: 0.6,
        v1.DATA_CLASSIFICATION_RESTRICTED: 0.8,
        v1.DATA_CLASSIFICATION_TOP_SECRET: 1.0,
    }
)
SCOPE: Final[Mapping[v1.ActionScope.ValueType, float]] = MappingProxyType(
    {
        v1.ACTION_SCOPE_UNSPECIFIED: 0.1,
        v1.ACTION_SCOPE_HOST: 0.2,
        v1.ACTION_SCOPE_DEPARTMENT: 0.5,
        v1.ACTION_SCOPE_ORGANIZATION: 0.8,
        v1.ACTION_SCOPE_GLOBAL: 1.0,
    }
)
ASSET_COUNT: Final[Points] = ((1.0, 0.1), (10.0, 0.5), (100.0, 1.0))
FINANCIAL_USD: Final[Points] = ((0.0, 0.0), (10_000.0, 0.3), (100_000.0, 0.6), (1_000_000.0, 1.0))

AGGRESSIVENESS: Final[Mapping[v1.ActionType.ValueType, float]] = MappingProxyType(
    {
        v1.ACTION_TYPE_ISOLATE_HOST: 0.7,
        v1.ACTION_TYPE_BLOCK_IP: 0.5,
        v1.ACTION_TYPE_BLOCK_DOMAIN: 0.5,
        v1.ACTION_TYPE_THROTTLE_CONNECTION: 0.3,
        v1.ACTION_TYPE_QUARANTINE_FILE: 0.6,
        v1.ACTION_TYPE_DELETE_FILE: 0.8,
        v1.ACTION_TYPE_KILL_PROCESS: 0.6,
        v1.ACTION_TYPE_SUSPEND_PROCESS: 0.4,
        v1.ACTION_TYPE_DISABLE_USER: 0.7,
        v1.ACTION_TYPE_LOCK_ACCOUNT: 0.7,
        v1.ACTION_TYPE_RESET_PASSWORD: 0.8,
        v1.ACTION_TYPE_ENCRYPT_DATA: 0.5,
        v1.ACTION_TYPE_BACKUP_DATA: 0.2,
        v1.ACTION_TYPE_DELETE_DATA: 0.9,
        v1.ACTION_TYPE_COLLECT_FORENSICS: 0.2,
        v1.ACTION_TYPE_COLLECT_LOGS: 0.1,
        v1.ACTION_TYPE_SEND_ALERT: 0.0,
        v1.ACTION_TYPE_CREATE_TICKET: 0.0,
    }
)
IRREVERSIBILITY: Final[Mapping[v1.ActionType.ValueType, float]] = MappingProxyType(
    {
        v1.ACTION_TYPE_ISOLATE_HOST: 0.3,
        v1.ACTION_TYPE_BLOCK_IP: 0.2,
        v1.ACTION_TYPE_BLOCK_DOMAIN: 0.2,
        v1.ACTION_TYPE_THROTTLE_CONNECTION: 0.1,
        v1.ACTION_TYPE_QUARANTINE_FILE: 0.3,
        v1.ACTION_TYPE_DELETE_FILE: 0.8,
        v1.ACTION_TYPE_KILL_PROCESS: 0.4,
        v1.ACTION_TYPE_SUSPEND_PROCESS: 0.2,
        v1.ACTION_TYPE_DISABLE_USER: 0.4,
        v1.ACTION_TYPE_LOCK_ACCOUNT: 0.4,
        v1.ACTION_TYPE_RESET_PASSWORD: 0.6,
        v1.ACTION_TYPE_ENCRYPT_DATA: 0.5,
        v1.ACTION_TYPE_BACKUP_DATA: 0.1,
        v1.ACTION_TYPE_DELETE_DATA: 0.9,
        v1.ACTION_TYPE_COLLECT_LOGS: 0.0,
        v1.ACTION_TYPE_SEND_ALERT: 0.0,
        v1.ACTION_TYPE_CREATE_TICKET: 0.0,
    }
)
UNSCORED_ACTION: Final = 0.5
"""Aggressiveness and irreversibility of an action type that is in neither table."""

STRICT_REGULATIONS: Final = ("HIPAA", "GDPR", "PCI-DSS")
REGULATORY_STRICT: Final = 0.9
REGULATORY_OTHER: Final = 0.6
REGULATORY_NONE: Final = 0.2
PRIVACY: Final[Mapping[str, float]] = MappingProxyType({"PII": 0.9, "user_data": 0.6})
PRIVACY_OTHER: Final = 0.2

TIME_OF_DAY_UTC: Final[Hours] = ((0, 0.8), (6, 0.5), (9, 0.2), (17, 0.5), (22, 0.8))
AVAILABILITY_UTC: Final[Hours] = ((0, 0.3), (6, 0.6), (9, 0.9), (17, 0.6), (22, 0.3))
"""The share of operators that can be expected. The old service guessed it from the hour and did not say how; this
guess is ours, by the same hours as the time of day: 9-17 UTC 0.9, 6-9 and 17-22 UTC 0.6, else 0.3."""

SLA_S: Final[Mapping[v1.RiskLevel.ValueType, int]] = MappingProxyType(
    {
        v1.RISK_LEVEL_LOW: 30 * 60,
        v1.RISK_LEVEL_MEDIUM: 15 * 60,
        v1.RISK_LEVEL_HIGH: 10 * 60,
        v1.RISK_LEVEL_CRITICAL: 5 * 60,
    }
)
CHAIN: Final[tuple[v1.Role.ValueType, ...]] = (
    v1.ROLE_SOC_OPERATOR,
    v1.ROLE_SOC_SUPERVISOR,
    v1.ROLE_SECURITY_MANAGER,
    v1.ROLE_CISO,
)
READERS: Final[tuple[v1.Role.ValueType, ...]] = (v1.ROLE_AUDITOR, *CHAIN)
"""Who reads the ledger, those who are shown least first."""
REQUIRED_APPROVALS: Final[Mapping[v1.RiskLevel.ValueType, int]] = MappingProxyType(
    {
        v1.RISK_LEVEL_LOW: 1,
        v1.RISK_LEVEL_MEDIUM: 1,
        v1.RISK_LEVEL_HIGH: 1,
        v1.RISK_LEVEL_CRITICAL: 2,
    }
)
"""How many must approve. In the old service the first verdict won, whatever was at stake; two eyes are ours."""
ESCALATION_RULES: Final[tuple[EscalationRule, ...]] = (
    EscalationRule("critical-to-ciso", 200, "hand", v1.ROLE_CISO, risk=(v1.RISK_LEVEL_CRITICAL,)),
    EscalationRule("high-to-manager", 150, "hand", v1.ROLE_SECURITY_MANAGER, risk=(v1.RISK_LEVEL_HIGH,)),
    EscalationRule("rejected-twice", 120, "proposal", v1.ROLE_SECURITY_MANAGER, rejections=2),
    EscalationRule(
        "others-to-supervisor",
        100,
        "hand",
        v1.ROLE_SOC_SUPERVISOR,
        risk=(v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM),
    ),
)
READING_S: Final[Mapping[v1.RiskLevel.ValueType, int]] = MappingProxyType(
    {
        v1.RISK_LEVEL_LOW: 0,
        v1.RISK_LEVEL_MEDIUM: 0,
        v1.RISK_LEVEL_HIGH: 0,
        v1.RISK_LEVEL_CRITICAL: 0,
    }
)
"""How long a decision is read before it is approved; 0 for no such time. None is built in: whoever wants one knows how
long the house's decisions take to read."""
RETYPE_TARGET: Final[frozenset[v1.RiskLevel.ValueType]] = frozenset({v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL})
HOLD_BACK_FROM: Final[Mapping[v1.RiskLevel.ValueType, float]] = MappingProxyType(
    {
        v1.RISK_LEVEL_MEDIUM: 0.50,
        v1.RISK_LEVEL_HIGH: 0.75,
        v1.RISK_LEVEL_CRITICAL: 0.90,
    }
)
"""From which share of the open decisions that there may be core should hold back what is below each risk. Ours: half
full is early enough to matter, and what is critical is never held back."""
