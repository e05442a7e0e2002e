"""Figures: what a benchmark found, with the bound each has to keep where it has one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: What it is.
        value: How much.
        unit: Of what.
        most: It may not be more; None where it is told and not judged.
    """

    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def holds(self) -> bool:
        """It keeps its bound, or has none."""
        return self.most is None or self.value <= self.most


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
