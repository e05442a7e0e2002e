"""The timekeeper remembers what is open, not what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.engine.timekeeper import SLACK, Timekeeper
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
    timekeeper.watch(kept)
    for number in range(1, 3 * SLACK):
        timekeeper.watch(waiting(number, START_US + 1800 * SECOND_US))
        timekeeper.watch(v1.Decision(decision_id=f"decision-{number}", state=v1.DECISION_STATE_REJECTED))
    assert len(timekeeper._heap) <= SLACK + 2
    clock.advance(3600 * SECOND_US)
    assert timekeeper._take_due() == ["decision-0"]
