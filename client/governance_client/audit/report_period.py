"""The period that a report is about, and the spans that its charts divide it into. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

_SECOND_US: Final = 1_000_000
_MINUTE_US: Final = 60 * _SECOND_US
_HOUR_US: Final = 60 * _MINUTE_US
_DAY_US: Final = 24 * _HOUR_US
_SPANS_US: Final = (
    _MINUTE_US,
    10 * _MINUTE_US,
    _HOUR_US,
    6 * _HOUR_US,
    _DAY_US,
    7 * _DAY_US,
    28 * _DAY_US,
    364 * _DAY_US,
)
_MOST_SPANS: Final = 60
"""More columns than that cannot be told apart on paper."""


class Period(NamedTuple):
    """From when to when, in microseconds since 1970.

    Attributes:
        from_us: What was recorded then or later counts.
        to_us: What was recorded before then counts.
        made_us: When the report was made: a period that ends later is not over.
    """

    from_us: int
    to_us: int
    made_us: int

    @property
    def end_us(self) -> int:
        """Up to when something that goes on is counted: the period's end, or when the report was made."""
        return max(self.from_us, min(self.to_us, self.made_us))

    @property
    def is_over(self) -> bool:
        """Nothing more can come."""
        return self.to_us <= self.made_us

    @property
    def span_us(self) -> int:
        """How long a column of its charts is: what keeps them few."""
        length = max(self.end_us - self.from_us, 1)
        return next((span for span in _SPANS_US if length <= span * _MOST_SPANS), length // _MOST_SPANS + 1)

    @property
    def spans(self) -> int:
        """How many columns its charts have."""
        return max(1, -(-(self.end_us - self.from_us) // self.span_us))

    def span_of(self, us: int) -> int:
        """Return which column a moment of the period is in; what is recorded later than now is in the last."""
        return min((us - self.from_us) // self.span_us, self.spans - 1)

    def overlap_us(self, began_us: int, ended_us: int) -> int:
        """Return how much of a span lies in the period."""
        return max(0, min(ended_us, self.end_us) - max(began_us, self.from_us))
