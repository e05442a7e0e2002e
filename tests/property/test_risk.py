"""Whatever is proposed: the assessment keeps its bounds, and more risk is never less."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from governance import v1
from governance_server.domain.moment import SECOND_US
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.risk import assess

share = st.floats(0, 1)
scopes = st.sampled_from(v1.ActionScope.values())
types = st.sampled_from(v1.ActionType.values())
moments = st.integers(0, 4_102_444_800 * SECOND_US)  # until 2100
assets = st.lists(st.sampled_from(v1.Criticality.values()).map(lambda level: v1.Asset(criticality=level)), max_size=150)
proposals = st.builds(
    v1.Proposal,
    action=st.builds(v1.Action, type=types, scope=scopes),
    confidence=share,
    threat=st.builds(v1.Threat, score=share, novelty=st.sampled_from(v1.Novelty.values())),
    assets=assets,
    business_impact=st.builds(
        v1.BusinessImpact, estimated_cost_usd=st.floats(0, 1e15), operational=share, reputational=share
    ),
    data_classification=st.sampled_from(v1.DataClassification.values()),
    compliance_tags=st.lists(st.text(max_size=8), max_size=4),
    data_type=st.text(max_size=12),
)


@settings(deadline=None)
@given(proposals, moments)
def test_bounds(proposal: v1.Proposal, now_us: int) -> None:
    """Every value lies between 0 and 1, level and score agree, and high risk never acts by itself."""
    assessment = assess(proposal, DEFAULT_POLICY, now_us)
    factors = [factor for part in assessment.categories for factor in part.factors]
    values = [assessment.score, *(part.value for part in assessment.categories), *(factor.value for factor in factors)]
    assert all(0 <= value <= 1 for value in values)
    reached = [level for level, least in DEFAULT_POLICY.risk_from.items() if assessment.score >= least]
    assert assessment.risk == max(reached)
    if assessment.risk >= v1.RISK_LEVEL_HIGH:
        assert assessment.automation != v1.AUTOMATION_LEVEL_FULL
    concerns = {factor.kind for factor in factors if factor.value >= 0.7}
    assert set(assessment.key_concerns) == concerns
    assert len(assessment.key_concerns) == len(assessment.mitigations)
    assert assess(proposal, DEFAULT_POLICY, now_us) == assessment


@settings(deadline=None)
@given(proposals, moments, share)
def test_more_is_never_less(proposal: v1.Proposal, now_us: int, raised: float) -> None:
    """A higher threat, cost, reach or number of assets never lowers the score."""
    before = assess(proposal, DEFAULT_POLICY, now_us).score
    worse = v1.Proposal()
    worse.CopyFrom(proposal)
    worse.threat.score = max(worse.threat.score, raised)
    worse.business_impact.estimated_cost_usd += raised * 1e6
    worse.action.scope = v1.ACTION_SCOPE_GLOBAL
    worse.assets.add(criticality=v1.CRITICALITY_CRITICAL)
    assert assess(worse, DEFAULT_POLICY, now_us).score >= before
