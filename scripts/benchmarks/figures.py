"""Figures: what a benchmark found, with the bounds each has to keep where it has some."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: What it is.
        value: How much.
        unit: Of what.
        most: It may not be more; None where nothing says so.
        least: It may not be less; None where nothing says so.
        aim: What is aimed at beyond that bound, on the same side of it; None for nothing.
        rounds: What each round gave, where `value` is the median of several.
    """

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None
    aim: float | None = None
    rounds: tuple[float, ...] = ()

    @property
    def holds(self) -> bool:
        """It keeps its bounds, or has none."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def reaches(self) -> bool | None:
        """It reaches what is aimed at; None where nothing is."""
        if self.aim is None:
            return None
        return self.value <= self.aim if self.least is None else self.value >= self.aim


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least this share of them does not exceed (the nearest rank).

    It is one of the samples: nothing is made up between two of them. `samples` has at least one.
    """
    ordered = sorted(samples)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def timings(name: str, samples_s: Sequence[float], most_ms: float | None = None) -> list[Figure]:
    """Return the median and the 99th percentile of times; the bound is the latter's."""
    return [
        Figure(f"{name}, median of {len(samples_s)}", quantile(samples_s, 0.5) * 1000, "ms"),
        Figure(f"{name}, p99", quantile(samples_s, 0.99) * 1000, "ms", most_ms),
    ]


def over_rounds(name: str, rounds: Sequence[float], unit: str, **bounds: Any) -> Figure:
    """Return the median of what the rounds gave; `bounds` are a figure's `most`, `least` and `aim`."""
    return Figure(name, median(rounds), unit, rounds=tuple(rounds), **bounds)


def timings_over_rounds(
    name: str, rounds_s: Sequence[Sequence[float]], aims_ms: tuple[float | None, float | None] = (None, None)
) -> list[Figure]:
    """Return the p50 and the p99 of times: of each the median over the rounds.

    Args:
        name: What was timed.
        rounds_s: The samples of each round.
        aims_ms: What is aimed at, for the p50 and for the p99.
    """
    return [
        over_rounds(f"{name}, {label}", [quantile(samples, share) * 1000 for samples in rounds_s], "ms", aim=aim)
        for (label, share), aim in zip((("p50", 0.5), ("p99", 0.99)), aims_ms, strict=True)
    ]
