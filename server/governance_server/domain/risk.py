"""Risk: how bad it would be to be wrong about a proposal, and how much autonomy it therefore gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from governance import v1
from governance_server.domain.figures import FACTORS
from governance_server.domain.moment import SECOND_US
from governance_server.domain.policy import ROUNDING_DIGITS
from governance_server.domain.reasoning import MITIGATIONS, automation_of, justification
from governance_server.domain.scores import form_of, scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from governance_server.domain.figures import Hours, Points
    from governance_server.domain.policy import Policy
    from governance_server.domain.scores import Form, Scored

_Kind = TypeVar("_Kind", bound=int)
Traits: TypeAlias = tuple[
    v1.ActionType.ValueType,
    v1.ActionScope.ValueType,
    v1.Novelty.ValueType,
    tuple[v1.Criticality.ValueType, ...],
    int,
    v1.DataClassification.ValueType,
    tuple[str, ...],
    str,
]
"""What of a proposal many others have in common, as `weigh` reads it and `_settled` takes it apart."""
Measures: TypeAlias = tuple[float, float, float, float, float]
"""What hardly two proposals have in common: core's confidence, the threat's score, the cost, operational harm and
reputational harm. Traits and measures are all of a proposal that its assessment depends on."""

_HOUR_US: Final = 3600 * SECOND_US
_HOURS: Final = 24
_SAME: Final = str.maketrans("-_", "  ")
_NO_HARM: Final = (0.0, 0.0, 0.0)
_MEASURED: Final = (
    v1.RISK_FACTOR_KIND_THREAT_SCORE,
    v1.RISK_FACTOR_KIND_UNCERTAINTY,
    v1.RISK_FACTOR_KIND_FINANCIAL,
    v1.RISK_FACTOR_KIND_OPERATIONAL,
    v1.RISK_FACTOR_KIND_REPUTATIONAL,
)
"""The factors whose values are measures, or are made of one."""


class _Model(NamedTuple):
    """A policy, laid out for assessing thousands of proposals a second.

    Attributes:
        policy: The policy.
        weights: The categories' weights, in their order.
        forms: The categories, written but for their values, in the same order.
        levels: (lowest score, level), the worst first.
        hours: (time of day, operators' absence) by hour in UTC.
        strict: The strict regulations, as `_plain` writes them.
        privacy: The values of kinds of data, as `_plain` writes them.
    """

    policy: Policy
    weights: tuple[float, ...]
    forms: tuple[Form, ...]
    levels: tuple[tuple[float, v1.RiskLevel.ValueType], ...]
    hours: tuple[tuple[float, float], ...]
    strict: frozenset[str]
    privacy: dict[str, float]


@dataclass(slots=True, eq=False)
class _Settled:
    """What the traits of a proposal settle: one object for all that share them, so that a cache finds it fast.

    Attributes:
        model: The policy it is assessed by.
        action_type: The type of the action.
        action_scope: The scope of the action.
        novelty: The value of the threat's novelty.
        asset: The score of the asset category.
        others: The scores of the action, the compliance and the environment category.
        written: The scores of these three, as bytes.
        worst: The key concerns among the factors that are settled, as `_worst` lists them.
    """

    model: _Model
    action_type: v1.ActionType.ValueType
    action_scope: v1.ActionScope.ValueType
    novelty: float
    asset: Scored
    others: tuple[float, float, float]
    written: bytes
    worst: list[tuple[float, v1.RiskFactorKind.ValueType]]


@dataclass(slots=True, eq=False)
class Weighed:
    """What proposals that are alike weigh: one object for all of them. Nobody changes it.

    Attributes:
        assessment: Their assessment.
        risk: Its risk.
        automation: Its automation level.
        action_type: The type of their actions.
        action_scope: The scope of their actions.
    """

    assessment: v1.Assessment
    risk: v1.RiskLevel.ValueType
    automation: v1.AutomationLevel.ValueType
    action_type: v1.ActionType.ValueType
    action_scope: v1.ActionScope.ValueType


def assess(proposal: v1.Proposal, policy: Policy, now_us: int) -> v1.Assessment:
    """Return the assessment of a proposal made now.

    Deterministic: the same proposal, policy and hour have the same assessment, whatever core wrote as text. Sums are
    rounded to nine decimals, so that thresholds hold for whoever adds up by hand.
    """
    return weigh(proposal, policy, now_us).assessment


def weigh(proposal: v1.Proposal, policy: Policy, now_us: int) -> Weighed:
    """Return the assessment of a proposal made now, with what of it is asked for each proposal."""
    # Each field once, and what is not there is not read: each look has its price.
    action = proposal.action
    threat_score, novelty = 0.0, v1.NOVELTY_UNSPECIFIED
    if proposal.HasField("threat"):
        threat = proposal.threat
        # A sum with 0.0, so that -0.0, which is equal to it and another number on the wire, does not tell two apart.
        threat_score, novelty = threat.score + 0.0, threat.novelty
    if not novelty:
        novelty = v1.NOVELTY_SEEN_BEFORE if proposal.similar_decisions else v1.NOVELTY_KNOWN
    cost_usd, operational, reputational = _NO_HARM
    if proposal.HasField("business_impact"):
        impact = proposal.business_impact
        cost_usd, operational = impact.estimated_cost_usd + 0.0, impact.operational + 0.0
        reputational = impact.reputational + 0.0
    levels = [asset.criticality for asset in proposal.assets[:]]  # a slice: protobuf's own list is slow to go through
    tags = proposal.compliance_tags
    traits = (
        action.type,
        action.scope,
        novelty,
        tuple({*levels}),
        len(levels),
        proposal.data_classification,
        tuple(tags) if tags else (),
        proposal.data_type,
    )
    settled = _settled(policy, now_us // _HOUR_US % _HOURS, traits)
    return _weighed(settled, (proposal.confidence, threat_score, cost_usd, operational, reputational))


@lru_cache(maxsize=4096)  # kinds of alerts there are some hundreds; some 8 MiB
def _settled(policy: Policy, hour: int, traits: Traits) -> _Settled:
    """Return what proposals of these traits have in common in an hour of the day."""
    model = _model(policy)
    action_type, scope, novelty, levels, assets, classification, tags, data_type = traits
    time_of_day, absence = model.hours[hour]
    values = {
        v1.RISK_CATEGORY_ASSET: (
            _criticality(levels, policy),
            _said(policy.data_sensitivity, classification, v1.DATA_CLASSIFICATION_INTERNAL),
            _between(policy.asset_count, max(1, assets)),
        ),
        v1.RISK_CATEGORY_ACTION: (
            policy.irreversibility.get(action_type, policy.unscored_action),
            policy.aggressiveness.get(action_type, policy.unscored_action),
            policy.scope[scope],
        ),
        v1.RISK_CATEGORY_COMPLIANCE: (
            _regulatory(tags, model),
            model.privacy.get(_plain(data_type), policy.privacy_other),
        ),
        v1.RISK_CATEGORY_ENVIRONMENT: (time_of_day, absence),
    }
    unknown = policy.novelty[novelty]
    worst = _worst(policy, ((v1.RISK_FACTOR_KIND_NOVELTY, unknown),))
    for category, each in values.items():
        worst += _worst(policy, zip(FACTORS[category], each, strict=True))
    asset, *others = [
        scored(form, *values[category])
        for category, form in zip(FACTORS, model.forms, strict=True)
        if category in values
    ]
    action, compliance, environment = others
    return _Settled(
        model=model,
        action_type=action_type,
        action_scope=scope,
        novelty=unknown,
        asset=asset,
        others=(action.value, compliance.value, environment.value),
        written=action.written + compliance.written + environment.written,
        worst=worst,
    )


@lru_cache(maxsize=1024)  # alerts of one kind come in storms, and some storms are alike in all that counts; some 8 MiB
def _weighed(settled: _Settled, measures: Measures) -> Weighed:
    """Return what all proposals weigh that share what is settled, and what is measured."""
    model = settled.model
    policy = model.policy
    confidence, threat_score, cost_usd, operational, reputational = measures
    uncertainty, financial = _round(1 - confidence), _between(policy.financial_usd, cost_usd)
    threat_form, _, business_form, *_ = model.forms
    threat, threat_written = scored(threat_form, threat_score, uncertainty, settled.novelty)
    asset, asset_written = settled.asset
    business, business_written = scored(business_form, financial, operational, reputational)
    parts = (threat, asset, business, *settled.others)
    score = _round(sum(map(mul, model.weights, parts)))
    risk = _risk(model, score)
    measured = zip(_MEASURED, (threat_score, uncertainty, financial, operational, reputational), strict=True)
    concerns = tuple([kind for _, kind in sorted(settled.worst + _worst(policy, measured))])
    automation, rules = automation_of(risk, confidence, policy)
    concluded = _concluded(policy, risk, automation, rules, concerns)
    # Messages that are written one after the other are one with the repeated fields of all of them.
    assessment = v1.Assessment.FromString(
        b"".join((threat_written, asset_written, business_written, settled.written, concluded))
    )
    assessment.score = score
    assessment.justification = justification(risk, score, parts, concerns, automation)
    return Weighed(assessment, risk, automation, settled.action_type, settled.action_scope)


def _risk(model: _Model, score: float) -> v1.RiskLevel.ValueType:
    for least, level in model.levels[:-1]:
        if score >= least:
            return level
    return model.levels[-1][1]


@lru_cache(maxsize=4096)  # few conclusions, and some hundreds of orders of concerns that lead to them; some 4 MiB
def _concluded(
    policy: Policy,
    risk: v1.RiskLevel.ValueType,
    automation: v1.AutomationLevel.ValueType,
    rules: tuple[str, ...],
    concerns: tuple[v1.RiskFactorKind.ValueType, ...],
) -> bytes:
    """Return an assessment that says what follows, without the figures that it follows from, as bytes."""
    assessment = v1.Assessment(
        policy_digest=policy.digest,
        risk=risk,
        automation=automation,
        policy_rules=rules,
        key_concerns=concerns,
        mitigations=[MITIGATIONS[kind] for kind in concerns],
    )
    return assessment.SerializeToString(deterministic=True)


@lru_cache(maxsize=4)  # the policy in force, one being tried out beside it, and two in the tests
def _model(policy: Policy) -> _Model:
    levels = sorted(((least, level) for level, least in policy.risk_from.items()), reverse=True)
    return _Model(
        policy=policy,
        weights=tuple(policy.category_weights[category] for category in FACTORS),
        forms=tuple(
            form_of(
                category, policy.category_weights[category], [(kind, policy.factor_weights[kind]) for kind in kinds]
            )
            for category, kinds in FACTORS.items()
        ),
        levels=tuple(levels),
        hours=tuple(
            (_at_hour(policy.time_of_day_utc, hour), _round(1 - _at_hour(policy.availability_utc, hour)))
            for hour in range(_HOURS)
        ),
        strict=frozenset(map(_plain, policy.strict_regulations)),
        privacy={_plain(kind): value for kind, value in policy.privacy.items()},
    )


def _worst(
    policy: Policy, valued: Iterable[tuple[v1.RiskFactorKind.ValueType, float]]
) -> list[tuple[float, v1.RiskFactorKind.ValueType]]:
    """Return those of some factors that are key concerns, so that they sort by value, the worst first, then by kind."""
    least = policy.key_concern_from
    return [(-value, kind) for kind, value in valued if value >= least]


def _criticality(levels: Iterable[v1.Criticality.ValueType], policy: Policy) -> float:
    """Return the value of the most critical asset; medium where none is named."""
    return max(
        (_said(policy.criticality, level, v1.CRITICALITY_MEDIUM) for level in levels),
        default=policy.criticality[v1.CRITICALITY_MEDIUM],
    )


def _said(values: Mapping[_Kind, float], said: _Kind, unsaid: _Kind) -> float:
    """Return the value of what was said, or, where nothing was (0), of what that counts as."""
    return values[said or unsaid]


def _regulatory(tags: Iterable[str], model: _Model) -> float:
    named = {_plain(tag) for tag in tags} - {""}
    if named & model.strict:
        return model.policy.regulatory_strict
    return model.policy.regulatory_other if named else model.policy.regulatory_none


def _plain(name: str) -> str:
    """Return a name in the one spelling it is compared in: case and `-`, `_`, space make no difference."""
    return name.translate(_SAME).casefold().strip()


def _between(points: Points, at: float) -> float:
    """Return the value at a place: linear between the points, and as at the ends beyond."""
    below, value_below = points[0]
    if at <= below:
        return value_below
    for above, value_above in points[1:]:
        if at <= above:
            share = (at - below) / (above - below)
            return _round(value_below + share * (value_above - value_below))
        below, value_below = above, value_above
    return value_below


def _at_hour(hours: Hours, hour: int) -> float:
    return next(value for start, value in reversed(hours) if hour >= start)


def _round(value: float) -> float:
    return round(value, ROUNDING_DIGITS)
