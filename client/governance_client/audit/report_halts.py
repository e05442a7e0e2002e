"""Counts the halts of a period: how many, of what, how they ended, and for how long they were in force. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance import v1
    from governance_client.audit.report_period import Period


class Halts:
    """Halts as entries tell of them, in order. Memory grows with those in force.

    Attributes:
        declared: How many were declared in the period, by what they cover: "all", "core", "action" or "target_digest".
        released: How many people ended in the period.
        expired: How many ended by themselves in it.
        longest_us: The longest time in the period that one was in force; of those that ended, so far.
    """

    def __init__(self, period: Period) -> None:
        self.declared: Counter[str] = Counter()
        self.released = 0
        self.expired = 0
        self.longest_us = 0
        self._period = period
        self._open: dict[str, int] = {}
        self._sum_us = 0
        self._any_us = 0
        self._any_since_us = 0

    def declare(self, event: v1.HaltDeclared, now_us: int, *, inside: bool) -> None:
        """Take in a halt."""
        if not self._open:
            self._any_since_us = now_us
        self._open.setdefault(event.halt_id, now_us)
        if inside:
            self.declared[event.WhichOneof("scope") or ""] += 1

    def end(self, event: v1.HaltEnded, now_us: int, *, inside: bool) -> None:
        """Take in its end; one that nobody heard of ends nothing."""
        began_us = self._open.pop(event.halt_id, None)
        if began_us is None:
            return
        span_us = self._period.overlap_us(began_us, now_us)
        self._sum_us += span_us
        self.longest_us = max(self.longest_us, span_us)
        if not self._open:
            self._any_us += self._period.overlap_us(self._any_since_us, now_us)
        if inside:
            self.expired += event.expired
            self.released += not event.expired

    @property
    def in_force(self) -> int:
        """How many are in force at the period's end, or when the report is made."""
        return len(self._open)

    @property
    def sum_us(self) -> int:
        """How long each was in force in the period, added up."""
        return self._sum_us + sum(self._so_far())

    @property
    def most_us(self) -> int:
        """For how long one was in force in the period at most."""
        return max((self.longest_us, *self._so_far()))

    @property
    def any_us(self) -> int:
        """For how long at least one was in force in the period."""
        going_on_us = self._period.overlap_us(self._any_since_us, self._period.end_us) if self._open else 0
        return self._any_us + going_on_us

    def _so_far(self) -> list[int]:
        return [self._period.overlap_us(began_us, self._period.end_us) for began_us in self._open.values()]
