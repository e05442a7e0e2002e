"""The timekeeper remembers what is open, not what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.engine.timekeeper import MAX_TICKS, SLACK, Timekeeper
from tests.support.clock import START_US, ManualClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.domain.command import Tick


async def nobody(_: Sequence[Tick]) -> None:
    """Decides nothing."""


def waiting(number: int, due_us: int) -> v1.Decision:
    schedule = v1.Schedule(warn_at=timestamp(due_us), deadline=timestamp(due_us))
    return v1.Decision(decision_id=f"decision-{number}", state=v1.DECISION_STATE_PENDING, schedule=schedule)


def test_decisions_that_ended_leave_nothing_behind() -> None:
    """However many decisions end before they are due, the moments kept are bounded by the number of open ones."""
    clock = ManualClock()
    timekeeper = Timekeeper(clock, nobody)
    kept = waiting(0, START_US + 3600 * SECOND_US)
    timekeeper.watch("decision-0", kept)
    for number in range(1, 3 * SLACK):
        timekeeper.watch(f"decision-{number}", waiting(number, START_US + 1800 * SECOND_US))
        timekeeper.watch(f"decision-{number}", v1.Decision(state=v1.DECISION_STATE_REJECTED))
    assert timekeeper._noted <= SLACK + 2
    assert sum(1 if isinstance(names, str) else len(names) for names in timekeeper._at.values()) == timekeeper._noted
    clock.advance(3600 * SECOND_US)
    assert timekeeper._take_due() == ["decision-0"]


def test_what_is_due_at_one_moment() -> None:
    """A storm that is due at one moment is brought a part at a time, in order, each decision once."""
    clock = ManualClock()
    timekeeper = Timekeeper(clock, nobody)
    names = [f"decision-{number}" for number in range(2 * MAX_TICKS + 1)]
    for number, name in enumerate(names):
        timekeeper.watch(name, waiting(number, START_US + SECOND_US))
    timekeeper.watch("decision-2", waiting(2, START_US + 2 * SECOND_US))
    timekeeper.watch("decision-3", waiting(3, START_US + 2 * SECOND_US))
    timekeeper.watch("decision-3", waiting(3, START_US + SECOND_US))
    assert timekeeper._take_due() == []
    clock.advance(SECOND_US)
    due = [timekeeper._take_due() for _ in range(4)]
    assert [len(part) for part in due] == [MAX_TICKS, MAX_TICKS, 0, 0]
    assert due[0] + due[1] == [name for name in names if name != "decision-2"]
    clock.advance(SECOND_US)
    assert timekeeper._take_due() == ["decision-2"]
    assert not timekeeper._moments
    assert timekeeper._noted == 0
