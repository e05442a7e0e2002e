"""Risk: how bad it would be to be wrong about a proposal, and how much autonomy it therefore gets."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from governance import v1
from governance_server.domain.figures import FACTORS
from governance_server.domain.moment import SECOND_US
from governance_server.domain.policy import ROUNDING_DIGITS
from governance_server.domain.reasoning import automation_of, explain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from governance_server.domain.figures import Hours, Points
    from governance_server.domain.policy import Policy

_Kind = TypeVar("_Kind", bound=int)

_HOUR_US: Final = 3600 * SECOND_US
_HOURS: Final = 24
_SAME: Final = str.maketrans("-_", "  ")
_KINDS: Final = tuple(kind for kinds in FACTORS.values() for kind in kinds)


class _Model(NamedTuple):
    """A policy, laid out for assessing thousands of proposals a second.

    Attributes:
        policy: The policy.
        template: An assessment with everything that is the same for all.
        weights: (category's weight, its factors' weights) by category.
        levels: (lowest score, level), the worst first.
        hours: (time of day, operators' absence) by hour in UTC.
        strict: The strict regulations, as `_plain` writes them.
        privacy: The values of kinds of data, as `_plain` writes them.
    """

    policy: Policy
    template: v1.Assessment
    weights: tuple[tuple[float, tuple[float, ...]], ...]
    levels: tuple[tuple[float, v1.RiskLevel.ValueType], ...]
    hours: tuple[tuple[float, float], ...]
    strict: frozenset[str]
    privacy: dict[str, float]


def assess(proposal: v1.Proposal, policy: Policy, now_us: int) -> v1.Assessment:
    """Return the assessment of a proposal made now.

    Deterministic: the same proposal, policy and hour have the same assessment, whatever core wrote as text. Sums are
    rounded to nine decimals, so that thresholds hold for whoever adds up by hand.
    """
    values = _values(proposal, _model(policy), now_us // _HOUR_US % _HOURS)
    return _assessment(policy, values, proposal.confidence)


@lru_cache(maxsize=1024)  # alerts of one kind come in storms, and are alike in all that counts; some 4 MiB
def _assessment(policy: Policy, values: tuple[float, ...], confidence: float) -> v1.Assessment:
    """Return the assessment that the values of the factors and core's confidence make."""
    model = _model(policy)
    assessment = v1.Assessment()
    assessment.CopyFrom(model.template)
    parts = _weigh(assessment, model, values)
    score = _round(sum(weight * part for (weight, _), part in zip(model.weights, parts, strict=True)))
    assessment.score = score
    assessment.risk = next(level for least, level in model.levels if score >= least)
    worst = sorted(
        (-value, kind) for kind, value in zip(_KINDS, values, strict=True) if value >= policy.key_concern_from
    )
    concerns = [kind for _, kind in worst]
    assessment.key_concerns.extend(concerns)
    assessment.automation, rules = automation_of(assessment.risk, confidence, policy)
    assessment.policy_rules.extend(rules)
    explain(assessment, parts, concerns)
    return assessment


def _weigh(assessment: v1.Assessment, model: _Model, values: Sequence[float]) -> list[float]:
    """Write the factors and what they add up to into the assessment; return the values of the categories."""
    parts = []
    remaining = iter(values)
    for category, (_, weights) in zip(assessment.categories, model.weights, strict=True):
        part = 0.0
        for factor, weight in zip(category.factors, weights, strict=True):
            value = next(remaining)
            factor.value = value
            part += weight * value
        part = _round(part)
        category.value = part
        parts.append(part)
    return parts


@lru_cache(maxsize=4)  # the policy in force, one being tried out beside it, and two in the tests
def _model(policy: Policy) -> _Model:
    levels = sorted(((least, level) for level, least in policy.risk_from.items()), reverse=True)
    return _Model(
        policy=policy,
        template=_template(policy),
        weights=tuple(
            (policy.category_weights[category], tuple(policy.factor_weights[kind] for kind in kinds))
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


def _template(policy: Policy) -> v1.Assessment:
    template = v1.Assessment(policy_digest=policy.digest)
    for category, kinds in FACTORS.items():
        scores = template.categories.add(category=category, weight=policy.category_weights[category])
        for kind in kinds:
            scores.factors.add(kind=kind, weight=policy.factor_weights[kind])
    return template


def _values(proposal: v1.Proposal, model: _Model, hour: int) -> tuple[float, ...]:
    """Return the values of all factors, in the order of their enum."""
    policy, action, impact = model.policy, proposal.action, proposal.business_impact
    time_of_day, absence = model.hours[hour]
    # A sum with 0.0, so that -0.0, which is equal to it and another number on the wire, does not tell two apart.
    return (
        proposal.threat.score + 0.0,
        _round(1 - proposal.confidence),
        _novelty(proposal, policy),
        _criticality(proposal.assets, policy),
        _said(policy.data_sensitivity, proposal.data_classification, v1.DATA_CLASSIFICATION_INTERNAL),
        _between(policy.asset_count, max(1, len(proposal.assets))),
        _between(policy.financial_usd, impact.estimated_cost_usd),
        impact.operational + 0.0,
        impact.reputational + 0.0,
        policy.irreversibility.get(action.type, policy.unscored_action),
        policy.aggressiveness.get(action.type, policy.unscored_action),
        policy.scope[action.scope],
        _regulatory(proposal.compliance_tags, model),
        model.privacy.get(_plain(proposal.data_type), policy.privacy_other),
        time_of_day,
        absence,
    )


def _novelty(proposal: v1.Proposal, policy: Policy) -> float:
    novelty = proposal.threat.novelty
    if novelty == v1.NOVELTY_UNSPECIFIED:
        novelty = v1.NOVELTY_SEEN_BEFORE if proposal.similar_decisions else v1.NOVELTY_KNOWN
    return policy.novelty[novelty]


def _criticality(assets: Iterable[v1.Asset], policy: Policy) -> float:
    """Return the value of the most critical asset; medium where none is named."""
    return max(
        (_said(policy.criticality, asset.criticality, v1.CRITICALITY_MEDIUM) for asset in assets),
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
