"""Scores: what the factors of a risk category add up to, written as protobuf at once.

A category's score is three messages or four that differ from the next proposal's in as many numbers, and to make them
one by one costs many times what it costs to parse them. So protobuf writes a category once, with numbers that stand for
those to come; what lies between these is kept, and the numbers are packed into it. A double has eight bytes whatever it
is, and one that is written as zero is parsed as one that is not there.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.policy import ROUNDING_DIGITS

if TYPE_CHECKING:
    from collections.abc import Sequence

_STAND_IN: Final = 8191.0625
"""The first of the numbers that stand for others: shares end at 1.0, so that none of them is found by mistake."""


class Form(NamedTuple):
    """A category, written but for its values.

    Attributes:
        shares: The weights of its factors.
        pieces: What is written before, between and behind its values, with room for each of these: at the odd places.
        layout: How all of it is packed.
    """

    shares: tuple[float, ...]
    pieces: tuple[bytes, ...]
    layout: struct.Struct


class Scored(NamedTuple):
    """A category's score.

    Attributes:
        value: What its factors add up to.
        written: An assessment with the scores of this category alone, as bytes: those of several make one with all.
    """

    value: float
    written: bytes


def form_of(
    category: v1.RiskCategory.ValueType,
    weight: float,
    factors: Sequence[tuple[v1.RiskFactorKind.ValueType, float]],
) -> Form:
    """Return the form of a category.

    Args:
        category: Which.
        weight: Its weight among the others.
        factors: (kind, weight) of its factors.
    """
    stand_ins = [_STAND_IN + place for place in range(len(factors) + 1)]
    assessment = v1.Assessment()
    scores = assessment.categories.add(category=category, value=stand_ins[0], weight=weight)
    for (kind, share), value in zip(factors, stand_ins[1:], strict=True):
        scores.factors.add(kind=kind, value=value, weight=share)
    left = assessment.SerializeToString(deterministic=True)
    pieces, layout = [], "<"
    for stand_in in stand_ins:
        before, found, left = left.partition(struct.pack("<d", stand_in))
        assert found, "the score is written before the values, and these in the order of the factors"
        pieces += [before, b""]
        layout += f"{len(before)}sd"
    pieces.append(left)
    shares = tuple(share for _, share in factors)
    return Form(shares, tuple(pieces), struct.Struct(f"{layout}{len(left)}s"))


def scored(form: Form, *values: float) -> Scored:
    """Return the score of a category whose factors have these values. Sums are rounded as everything is."""
    value = 0.0
    for share, each in zip(form.shares, values, strict=True):
        value += share * each
    value = round(value, ROUNDING_DIGITS)
    filled: list[bytes | float] = [*form.pieces]
    filled[1::2] = value, *values
    return Scored(value, form.layout.pack(*filled))
