"""Slopes: whether a figure that was sampled over time is flat, by a line that single outliers do not move."""

from __future__ import annotations

from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_POINTS: Final = 200
"""Of more samples every so-manieth is taken: the pairs grow with the square."""


class Trend(NamedTuple):
    """A figure over a window.

    Attributes:
        level: Its median.
        slope: How much it grows a second: the median of the slopes of all pairs of samples (Theil and Sen).
        span_s: How long the window is.
    """

    level: float
    slope: float
    span_s: float

    @property
    def growth(self) -> float:
        """How much it grew over the window."""
        return self.slope * self.span_s

    @property
    def an_hour(self) -> float:
        """How much it would grow in an hour."""
        return self.slope * 3600


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """Return the trend of samples: pairs of a time in seconds and a value, ascending in time. At least two of them."""
    step = -(-len(points) // MOST_POINTS)
    taken = points[::step]
    slopes = [(second[1] - first[1]) / (second[0] - first[0]) for first, second in combinations(taken, 2)]
    return Trend(median(value for _, value in points), median(slopes), points[-1][0] - points[0][0])
