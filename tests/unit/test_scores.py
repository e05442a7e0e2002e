"""Scores: what a category adds up to, and that it is written as protobuf writes it."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.scores import form_of, scored

FACTORS = ((v1.RISK_FACTOR_KIND_REGULATORY, 0.6), (v1.RISK_FACTOR_KIND_PRIVACY, 0.4))


@pytest.mark.parametrize("values", [(0.5, 1.0), (0.0, 0.25), (0.0, 0.0), (-0.0, 0.1234567891234)])
def test_written_as_protobuf_writes_it(values: tuple[float, float]) -> None:
    """A score that was packed into its form is the message that is made field by field, whatever is zero in it."""
    form = form_of(v1.RISK_CATEGORY_COMPLIANCE, 0.1, FACTORS)
    made = v1.Assessment()
    category = made.categories.add(category=v1.RISK_CATEGORY_COMPLIANCE, weight=0.1)
    for (kind, weight), value in zip(FACTORS, values, strict=True):
        category.factors.add(kind=kind, weight=weight, value=value)
    category.value = round(0.0 + 0.6 * values[0] + 0.4 * values[1], 9)
    value, written = scored(form, *values)
    assert value == category.value
    parsed = v1.Assessment.FromString(written)
    assert parsed.SerializeToString(deterministic=True) == made.SerializeToString(deterministic=True)


def test_scores_one_after_the_other() -> None:
    """Categories that are written one after the other are an assessment with all of them, in that order."""
    categories = (v1.RISK_CATEGORY_COMPLIANCE, v1.RISK_CATEGORY_THREAT)
    written = [scored(form_of(category, 0.5, FACTORS), 0.1, 0.2).written for category in categories]
    assessment = v1.Assessment.FromString(b"".join(written))
    assert tuple(each.category for each in assessment.categories) == categories
