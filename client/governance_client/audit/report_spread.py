"""Exact medians and percentiles in bounded memory. Pure.

Spans are counted in whole tenths of a second, rounded down: how often each value came is kept, and not the values. So
memory grows with the number of different values, which the deadlines bound, and not with how many there were.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

TENTH_US: Final = 100_000
_MEDIAN: Final = 50
_P95: Final = 95


class Spread:
    """How spans of time are spread.

    Attributes:
        count: How many there were.
    """

    __slots__ = ("_found", "_sum_us", "count")

    def __init__(self) -> None:
        self.count = 0
        self._sum_us = 0
        self._found: Counter[int] = Counter()

    def add(self, span_us: int) -> None:
        """Take in a span. What would be less than nothing counts as nothing."""
        span_us = max(span_us, 0)
        self.count += 1
        self._sum_us += span_us
        self._found[span_us // TENTH_US] += 1

    def merge(self, other: Spread) -> None:
        """Take in all that another one has."""
        self.count += other.count
        self._sum_us += other._sum_us
        self._found.update(other._found)

    @property
    def median(self) -> int | None:
        """The median in tenths of a second, by nearest rank; None of nothing."""
        return self._percentile(_MEDIAN)

    @property
    def p95(self) -> int | None:
        """The 95th percentile in tenths of a second, by nearest rank; None of nothing."""
        return self._percentile(_P95)

    @property
    def mean(self) -> int | None:
        """The mean in tenths of a second, rounded down; None of nothing."""
        return self._sum_us // self.count // TENTH_US if self.count else None

    def _percentile(self, percent: int) -> int | None:
        """Return the smallest value that at least so many of a hundred do not exceed."""
        rank = -(-self.count * percent // 100)
        for value in sorted(self._found):
            rank -= self._found[value]
            if rank <= 0:
                return value
        return None
