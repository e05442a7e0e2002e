"""Policy: every figure the rules decide by, checked once, immutable, and named by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from governance_server.domain import figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance import v1
    from governance_server.domain.figures import Hours, Points

ROUNDING_DIGITS: Final = 9
"""Weighted sums are rounded to these decimals: 0.1 + 0.2 is 0.3 to whoever checks it by hand, and to a threshold."""
LAST_HOUR: Final = 23


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
        direct_targets: Whom an escalation by hand goes to, by risk, unless it says whom.
        required_approvals: How many must approve, by risk. Only 1 is offered yet.
        claim_lease_s: How long a claim lasts, in seconds.
        accept_within_s: How long core has to accept an order, in seconds.
        report_within_s: How long core has to report on an order it accepted, in seconds.
        operator_requests_per_minute: Most commands of one operator a minute; 0 for no limit.
        proposals_per_hour: Most proposals of all cores together an hour, critical ones exempt; 0 for no limit.
        open_decisions_limit: Most decisions open at once.
        retry_when_full_s: When core should come back after it met that limit, in seconds.
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
    direct_targets: Mapping[v1.RiskLevel.ValueType, v1.Role.ValueType] = field(
        default_factory=lambda: figures.DIRECT_TARGETS
    )
    required_approvals: Mapping[v1.RiskLevel.ValueType, int] = field(default_factory=lambda: figures.REQUIRED_APPROVALS)
    claim_lease_s: int = 15 * 60  # the longest look at a decision that still leaves half of a low risk's time
    accept_within_s: int = 10 * 60  # a core that restarts and reconnects needs a minute or two; leave grows stale
    report_within_s: int = 15 * 60  # the slowest actions, such as capturing a memory, take minutes
    operator_requests_per_minute: int = 100  # the old service's figure; 0 for no limit
    proposals_per_hour: int = 1_000  # the old service's figure, of all cores together; 0 for no limit
    open_decisions_limit: int = 100_000  # far beyond what people can decide; the old 1,000 lost alerts in a storm
    retry_when_full_s: int = 30  # people close decisions in minutes, not in seconds
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
        _check(self)
        object.__setattr__(self, "digest", hashlib.sha256(_canonical(self)).digest())


def _names() -> list[str]:
    return [item.name for item in fields(Policy) if item.init]


def _canonical(policy: Policy) -> bytes:
    """Return all fields as JSON with sorted keys and no spaces; enums as their numbers."""
    content: dict[str, Any] = {}
    for name in _names():
        value = getattr(policy, name)
        content[name] = dict(value) if isinstance(value, Mapping) else value
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _check(policy: Policy) -> None:
    for name in _SHARES:
        _check_shares(name, (getattr(policy, name),))
    for name in _SHARE_TABLES:
        _check_shares(name, getattr(policy, name).values())
    for name in _POSITIVE:
        _check_positive(name, (getattr(policy, name),))
    for name, known in _COMPLETE.items():
        _require(set(getattr(policy, name)) == set(known), name, "must have a value for each of its kinds")
    _check_weights(policy)
    _check_orders(policy)
    _check_scales(policy)
    _check_people(policy)


def _require(fact: bool, name: str, sentence: str) -> None:
    if not fact:
        raise ValueError(f"{name} {sentence}.")


def _check_shares(name: str, values: Iterable[float]) -> None:
    _require(all(0 <= value <= 1 for value in values), name, "must lie between 0 and 1")


def _check_positive(name: str, values: Iterable[int]) -> None:
    _require(all(value > 0 for value in values), name, "must be greater than 0")


def _check_weights(policy: Policy) -> None:
    _require(_is_one(policy.category_weights.values()), "category_weights", "must add up to 1")
    for kinds in figures.FACTORS.values():
        weights = [policy.factor_weights[kind] for kind in kinds]
        _require(_is_one(weights), "factor_weights", "must add up to 1 within each category")


def _is_one(weights: Iterable[float]) -> bool:
    return round(sum(weights), ROUNDING_DIGITS) == 1


def _check_orders(policy: Policy) -> None:
    levels = [policy.risk_from[level] for level in sorted(policy.risk_from)]
    _require(levels[0] == 0, "risk_from", "must start at 0 for low risk")
    _require(_ascends(levels), "risk_from", "must ascend from low over medium and high to critical")
    _require(
        policy.advisory_from_confidence < policy.supervised_from_confidence < policy.full_from_confidence,
        "full_from_confidence",
        "must lie above supervised_from_confidence, and that above advisory_from_confidence",
    )


def _check_scales(policy: Policy) -> None:
    for name in ("asset_count", "financial_usd"):
        points = getattr(policy, name)
        _require(bool(points) and _ascends([at for at, _ in points]), name, "must name points that ascend")
        _check_shares(name, (value for _, value in points))
    for name in ("time_of_day_utc", "availability_utc"):
        hours = getattr(policy, name)
        starts = [hour for hour, _ in hours]
        _require(
            starts[:1] == [0] and _ascends(starts) and starts[-1] <= LAST_HOUR,
            name,
            "must ascend by hours from 0 to 23",
        )
        _check_shares(name, (value for _, value in hours))


def _check_people(policy: Policy) -> None:
    _check_positive("sla_s", policy.sla_s.values())
    _require(policy.warn_share > 0, "warn_share", "must be greater than 0")
    operators = set(figures.CHAIN)
    _require(bool(policy.chain) and set(policy.chain) <= operators, "chain", "must name roles of operators")
    _require(_ascends(policy.chain), "chain", "must ascend")
    _require(set(policy.direct_targets.values()) <= set(policy.chain), "direct_targets", "must name roles of the chain")
    _require(set(policy.required_approvals.values()) == {1}, "required_approvals", "must be 1: more is not offered yet")


def _ascends(values: Iterable[float]) -> bool:
    return all(before < after for before, after in pairwise(values))


_SHARES: Final = (
    "key_concern_from",
    "unscored_action",
    "regulatory_strict",
    "regulatory_other",
    "regulatory_none",
    "privacy_other",
    "full_from_confidence",
    "supervised_from_confidence",
    "advisory_from_confidence",
    "warn_share",
)
_SHARE_TABLES: Final = (
    "category_weights",
    "factor_weights",
    "risk_from",
    "novelty",
    "criticality",
    "data_sensitivity",
    "scope",
    "aggressiveness",
    "irreversibility",
    "privacy",
)
_POSITIVE: Final = (
    "claim_lease_s",
    "accept_within_s",
    "report_within_s",
    "open_decisions_limit",
    "retry_when_full_s",
)
_COMPLETE: Final[Mapping[str, Iterable[int]]] = {
    "category_weights": figures.CATEGORY_WEIGHTS,
    "factor_weights": figures.FACTOR_WEIGHTS,
    "risk_from": figures.RISK_FROM,
    "novelty": figures.NOVELTY,
    "criticality": figures.CRITICALITY,
    "data_sensitivity": figures.DATA_SENSITIVITY,
    "scope": figures.SCOPE,
    "sla_s": figures.SLA_S,
    "direct_targets": figures.DIRECT_TARGETS,
    "required_approvals": figures.REQUIRED_APPROVALS,
}

DEFAULT_POLICY: Final = Policy()
"""The policy in force where nobody chose another."""
