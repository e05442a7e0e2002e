"""Policy: every figure the rules decide by, checked once, immutable, and named by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from governance import v1
from governance_server.domain import figures
from governance_server.domain.consistency import CHECKS, ROUNDING_DIGITS
from governance_server.domain.rules import BELOW_TIER

if TYPE_CHECKING:
    from governance_server.domain.figures import Hours, Points
    from governance_server.domain.rules import ApprovalRule, Assignment, BelowTier, EscalationRule, Similar

__all__ = ["DEFAULT_POLICY", "ROUNDING_DIGITS", "Policy"]


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The rules in force. Its defaults are those of `figures`; each name carries its unit, a plain number is a share.

    Two policies are the same when their digests are; `==` asks whether they are one object, which is fast.

    Attributes:
        category_weights: What each category weighs in the whole; together 1.
        factor_weights: What each factor weighs in its category; together 1 in each.
        risk_from: The lowest score of each level.
        key_concern_from: The value from which a factor is a key concern.
        novelty: The value of each novelty that can be said.
        criticality: The value of each criticality that can be said.
        data_sensitivity: The value of each data classification that can be said.
        scope: The value of each scope, unspecified included.
        asset_count: The value of a number of assets.
        financial_usd: The value of a cost in US dollars.
        aggressiveness: How drastic each type of action is, where it is scored.
        irreversibility: How hard each type of action is to undo, where it is scored.
        unscored_action: Both, where it is not.
        strict_regulations: Tags of the regulations that weigh most; case and `-`, `_`, space make no difference.
        regulatory_strict: The value where one of those applies.
        regulatory_other: The value where only another applies.
        regulatory_none: The value where none applies.
        privacy: The value of each kind of data; case and `-`, `_`, space make no difference.
        privacy_other: The value of any other kind of data.
        time_of_day_utc: The value of the hour.
        availability_utc: The share of operators to be expected at an hour.
        full_from_confidence: From here on, low and medium risk is acted on at once.
        supervised_from_confidence: From here on, core proposes and a person approves.
        advisory_from_confidence: From here on, core suggests and a person chooses; below, people only.
        sla_s: How long a tier has, by risk, in seconds.
        warn_share: The share of that time after which the warning is given.
        chain: The roles of operators that a decision goes up by.
        approval_rules: What an approval takes beyond the figures, under conditions.
        escalation_rules: Whom a decision goes to, under conditions.
        core_owners: The operators that stand behind each core, by its name.
        required_approvals: How many must approve, by risk.
        free_modification_from: The role from which a modification may do more than was proposed.
        below_tier_may: What an operator may do with a decision that is above its role, beside seeing it.
        assignment: Who gives decisions to operators.
        halt_from: The role from which an operator may declare a halt.
        halt_release_people: How many have to ask for a halt's release.
        on_expiry: What silence means. "deny" is all that is offered.
        notify_reminder_s: At most one reminder of one decision in this time, in seconds.
        claim_lease_s: How long a claim lasts, in seconds.
        accept_within_s: How long core has to accept an order, in seconds.
        report_within_s: How long core has to report on an order it accepted, in seconds.
        operator_requests_per_minute: Most commands of one operator a minute; 0 for no limit.
        proposals_per_hour: Most proposals of all cores together an hour; 0 for no limit.
        rate_exempt_from: The risk from which a proposal is exempt from that.
        open_decisions_limit: Most decisions open at once.
        retry_when_full_s: When core should come back after it met that limit, in seconds.
        hold_back_from: From which share of that limit core should hold back what is below each risk.
        hold_back_s: For how long it should, in seconds.
        reading_s: How long a decision is in view before it is approved, at the least, by risk; 0 for no such time.
        retype_target: The risks whose approvals consoles ask the target for; consoles alone can keep this one.
        similar: When an operator is told how like decisions ended.
        batch_decisions: Most decisions that are decided at once as a group. Critical ones never are.
        batch_score: Most risk that is decided at once as a group: the sum of the scores.
        see_personal_from: The role from which readers of the ledger see what entries hold of personal data.
        retention_days: What is older may be pruned.
        digest: SHA-256 over all of the above as canonical JSON; computed.
    """

    category_weights: Mapping[v1.RiskCategory.ValueType, float] = field(
        default_factory=lambda: figures.CATEGORY_WEIGHTS
    )
    factor_weights: Mapping[v1.RiskFactorKind.ValueType, float] = field(default_factory=lambda: figures.FACTOR_WEIGHTS)
    risk_from: Mapping[v1.RiskLevel.ValueType, float] = field(default_factory=lambda: figures.RISK_FROM)
    key_concern_from: float = 0.7
    novelty: Mapping[v1.Novelty.ValueType, float] = field(default_factory=lambda: figures.NOVELTY)
    criticality: Mapping[v1.Criticality.ValueType, float] = field(default_factory=lambda: figures.CRITICALITY)
    data_sensitivity: Mapping[v1.DataClassification.ValueType, float] = field(
        default_factory=lambda: figures.DATA_SENSITIVITY
    )
    scope: Mapping[v1.ActionScope.ValueType, float] = field(default_factory=lambda: figures.SCOPE)
    asset_count: Points = figures.ASSET_COUNT
    financial_usd: Points = figures.FINANCIAL_USD
    aggressiveness: Mapping[v1.ActionType.ValueType, float] = field(default_factory=lambda: figures.AGGRESSIVENESS)
    irreversibility: Mapping[v1.ActionType.ValueType, float] = field(default_factory=lambda: figures.IRREVERSIBILITY)
    unscored_action: float = figures.UNSCORED_ACTION
    strict_regulations: tuple[str, ...] = figures.STRICT_REGULATIONS
    regulatory_strict: float = figures.REGULATORY_STRICT
    regulatory_other: float = figures.REGULATORY_OTHER
    regulatory_none: float = figures.REGULATORY_NONE
    privacy: Mapping[str, float] = field(default_factory=lambda: figures.PRIVACY)
    privacy_other: float = figures.PRIVACY_OTHER
    time_of_day_utc: Hours = figures.TIME_OF_DAY_UTC
    availability_utc: Hours = figures.AVAILABILITY_UTC
    full_from_confidence: float = 0.95
    supervised_from_confidence: float = 0.80
    advisory_from_confidence: float = 0.60
    sla_s: Mapping[v1.RiskLevel.ValueType, int] = field(default_factory=lambda: figures.SLA_S)
    warn_share: float = 0.75
    chain: tuple[v1.Role.ValueType, ...] = figures.CHAIN
    approval_rules: tuple[ApprovalRule, ...] = ()
    escalation_rules: tuple[EscalationRule, ...] = figures.ESCALATION_RULES
    core_owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required_approvals: Mapping[v1.RiskLevel.ValueType, int] = field(default_factory=lambda: figures.REQUIRED_APPROVALS)
    free_modification_from: v1.Role.ValueType = v1.ROLE_SECURITY_MANAGER
    below_tier_may: tuple[BelowTier, ...] = BELOW_TIER
    assignment: Assignment = "by_hand"
    halt_from: v1.Role.ValueType = v1.ROLE_SOC_SUPERVISOR
    halt_release_people: int = 2  # one who stops is enough; to go on is a decision
    on_expiry: Literal["deny"] = "deny"
    notify_reminder_s: int = 60 * 60
    claim_lease_s: int = 15 * 60  # the longest look at a decision that still leaves half of a low risk's time
    accept_within_s: int = 10 * 60  # a core that restarts and reconnects needs a minute or two; leave grows stale
    report_within_s: int = 15 * 60  # the slowest actions, such as capturing a memory, take minutes
    operator_requests_per_minute: int = 100  # the old service's figure; 0 for no limit
    proposals_per_hour: int = 1_000  # the old service's figure, of all cores together; 0 for no limit
    rate_exempt_from: v1.RiskLevel.ValueType = v1.RISK_LEVEL_CRITICAL
    open_decisions_limit: int = 100_000  # far beyond what people can decide; the old 1,000 lost alerts in a storm
    retry_when_full_s: int = 30  # people close decisions in minutes, not in seconds
    hold_back_from: Mapping[v1.RiskLevel.ValueType, float] = field(default_factory=lambda: figures.HOLD_BACK_FROM)
    hold_back_s: int = 60  # core is told anew with every progress frame; this is for one that is cut off meanwhile
    reading_s: Mapping[v1.RiskLevel.ValueType, int] = field(default_factory=lambda: figures.READING_S)
    retype_target: frozenset[v1.RiskLevel.ValueType] = figures.RETYPE_TARGET
    similar: Similar = "always"
    batch_decisions: int = 50  # the members that stand out among as many still fit a screen
    batch_score: float = 20.0  # 50 of low or medium risk, and fewer as they come near to high
    see_personal_from: v1.Role.ValueType = v1.ROLE_SOC_OPERATOR
    retention_days: int = 2557  # seven years, two of them leap years
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Freeze the tables, check every field and compute the digest.

        Raises:
            ValueError: A field is not a sensible value; the sentence names it.
        """
        for name in _names():
            value = getattr(self, name)
            if isinstance(value, Mapping):
                object.__setattr__(self, name, MappingProxyType(dict(value)))
        for check in CHECKS:
            if not check.holds(*(getattr(self, name) for name in check.fields)):
                raise ValueError(f"{check.fields[0]} {check.sentence}.")
        object.__setattr__(self, "digest", hashlib.sha256(_canonical(self)).digest())


def _names() -> list[str]:
    return [item.name for item in fields(Policy) if item.init]


def _canonical(policy: Policy) -> bytes:
    """Return all fields as JSON with sorted keys and no spaces; enums as their numbers, sets sorted."""
    content: dict[str, Any] = {}
    for name in _names():
        value = getattr(policy, name)
        content[name] = dict(value) if isinstance(value, Mapping) else value
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, default=sorted).encode()


DEFAULT_POLICY: Final = Policy()
"""The policy in force where nobody chose another."""
