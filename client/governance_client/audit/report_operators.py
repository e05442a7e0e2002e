"""Counts what each operator did in a period, and what shows whether approvals are given without looking. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from governance_client.audit.report_spread import Spread

if TYPE_CHECKING:
    from governance import v1

_HOUR_US: Final = 3_600_000_000


class Verdict(Enum):
    """What an operator said to a decision."""

    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"


class Borne(Enum):
    """What became of an approval, once its decision has ended."""

    EXECUTED = "executed"
    """The action that was approved was executed."""
    FAILED = "failed"
    """It was tried, and failed."""
    OVERRULED = "overruled"
    """Somebody rejected or returned it, or made another action of it."""
    LAPSED = "lapsed"
    """Nothing came of it: it expired, or core withdrew it."""


@dataclass(slots=True)
class Operator:
    """One operator's period.

    Attributes:
        approved: Approvals, each a vote, with those that changed the action.
        rejected: Rejections.
        returned: Proposals returned for revision.
        modified: Approvals that changed the action.
        reading: How long decisions were in view before these verdicts.
        unread: Verdicts whose console did not say for how long.
        in_batches: Verdicts that were given with others at once.
        batches: How many such runs.
        hours: Clock hours with at least one verdict.
        most_in_hour: The most verdicts in one of them.
        escalated: Escalations by hand.
        asked: Questions to core.
        borne: What became of the approvals on decisions that ended in the period.
    """

    approved: int = 0
    rejected: int = 0
    returned: int = 0
    modified: int = 0
    reading: Spread = field(default_factory=Spread)
    unread: int = 0
    in_batches: int = 0
    batches: int = 0
    hours: int = 0
    most_in_hour: int = 0
    escalated: int = 0
    asked: int = 0
    borne: dict[Borne, int] = field(default_factory=lambda: dict.fromkeys(Borne, 0))
    _batch: str = ""
    _hour: int = -1
    _in_hour: int = 0

    @property
    def verdicts(self) -> int:
        """How many verdicts."""
        return self.approved + self.rejected + self.returned

    def judge(self, verdict: Verdict, entry: v1.Entry, now_us: int, *, modified: bool) -> None:
        """Take in a verdict. Verdicts come in the order of their times."""
        self.approved += verdict is Verdict.APPROVED
        self.rejected += verdict is Verdict.REJECTED
        self.returned += verdict is Verdict.RETURNED
        self.modified += modified
        if entry.HasField("presentation"):
            self.reading.add(entry.presentation.reading.ToMicroseconds())
        else:
            self.unread += 1
        if entry.batch_id:
            self.in_batches += 1
            self.batches += entry.batch_id != self._batch
        self._batch = entry.batch_id
        self._note_hour(now_us // _HOUR_US)

    def _note_hour(self, hour: int) -> None:
        self.hours += hour != self._hour
        self._in_hour = 1 if hour != self._hour else self._in_hour + 1
        self._hour = hour
        self.most_in_hour = max(self.most_in_hour, self._in_hour)


class Operators(dict[str, Operator]):
    """Every operator that did something, by name."""

    def __missing__(self, name: str) -> Operator:
        """Begin with one that was not there yet."""
        made = self[name] = Operator()
        return made
