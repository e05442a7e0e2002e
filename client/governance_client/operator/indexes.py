"""What is asked of a replica at every key press, kept as changes come and not computed anew. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from sys import intern
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.operator.ranking import Ranked

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN_STATES: Final = frozenset(
    {
        v1.DECISION_STATE_PENDING,
        v1.DECISION_STATE_APPROVED,
        v1.DECISION_STATE_EXECUTING,
        v1.DECISION_STATE_OUTCOME_UNKNOWN,
    }
)
SHORTEST_PREFIX: Final = 8
"""So much of an id is told at least: less is hard to recognise, and soon no longer unique."""


def urgency(decision: v1.Decision) -> tuple[bool, int, int, str]:
    """Return what sorts pending decisions: worst risk, nearest deadline, id; one that has no times comes last."""
    return (
        not decision.HasField("schedule"),
        -decision.assessment.risk,
        _deadline_us(decision),
        id_of(decision),
    )


def _due(decision: v1.Decision) -> tuple[int, str]:
    return _deadline_us(decision), id_of(decision)


def id_of(decision: v1.Decision) -> str:
    """Return a decision's id, the same object each time: a message makes another one whenever it is asked."""
    return intern(decision.decision_id)


def _deadline_us(decision: v1.Decision) -> int:
    deadline = decision.schedule.deadline
    return deadline.seconds * 1_000_000 + deadline.nanos // 1000


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


class Indexes:
    """Counts and orders of what a replica holds. Whoever holds it tells every change.

    Attributes:
        counts: Pending decisions by risk; 0 for a risk that none has.
        alarmed: Open decisions that somebody has to look at.
        urgent: The pending ones, most urgent first.
        due: Those of them that have a deadline, the nearest first.
        searched: The targets of every decision by its id, one a line, in one case of letters.
    """

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.alarmed = 0
        self.urgent = Ranked(urgency)
        self.due = Ranked(_due)
        self.searched: dict[str, str] = {}
        self._ids: list[str] = []

    def move(self, before: v1.Decision | None, after: v1.Decision | None) -> None:
        """Take a change of one decision.

        Args:
            before: As it was held; None where it was not.
            after: As it is held now; None where it is no longer.
        """
        if before is not None:
            self._count(before, -1)
        if after is not None:
            self._count(after, +1)
        if before is None and after is not None:
            insort(self._ids, id_of(after))
        elif before is not None and after is None:
            del self._ids[bisect_left(self._ids, before.decision_id)]
        self._search(before, after)
        self._rank(before, after)

    def starting_with(self, prefix: str) -> Iterator[str]:
        """Yield the ids that start so, in order."""
        place = bisect_left(self._ids, prefix)
        while place < len(self._ids) and self._ids[place].startswith(prefix):
            yield self._ids[place]
            place += 1

    def unique_prefix(self, decision_id: str) -> str:
        """Return the shortest start of an id that no other one has, of `SHORTEST_PREFIX` at least; else all of it."""
        place = bisect_left(self._ids, decision_id)
        held = place < len(self._ids) and self._ids[place] == decision_id
        neighbours = (*self._ids[max(place - 1, 0) : place], *self._ids[place + held : place + held + 1])
        shared = max((_shared(decision_id, other) for other in neighbours), default=0)
        return decision_id[: max(shared + 1, SHORTEST_PREFIX)]

    def _count(self, decision: v1.Decision, step: int) -> None:
        if decision.state not in OPEN_STATES:
            return
        if decision.alarms:
            self.alarmed += step
        if decision.state == v1.DECISION_STATE_PENDING:
            risk = decision.assessment.risk
            self.counts[risk] += step
            if not self.counts[risk]:
                del self.counts[risk]

    def _search(self, before: v1.Decision | None, after: v1.Decision | None) -> None:
        if after is not None:
            targets = after.proposal.action.targets
            self.searched[id_of(after)] = "\n".join(each.value.casefold() for each in targets)
        elif before is not None:
            self.searched.pop(before.decision_id, None)

    def _rank(self, before: v1.Decision | None, after: v1.Decision | None) -> None:
        if after is not None and after.state == v1.DECISION_STATE_PENDING:
            self.urgent.put(after)
            if after.schedule.HasField("deadline"):
                self.due.put(after)
            else:
                self.due.discard(after.decision_id)
        elif before is not None and before.state == v1.DECISION_STATE_PENDING:
            self.urgent.discard(before.decision_id)
            self.due.discard(before.decision_id)
