"""Bugs in keeping time."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from governance import v1
from governance_server.domain import decide, schedule, timing
from governance_server.domain.timing import tick
from governance_server.engine import timekeeper
from governance_server.engine.governor import Governor
from governance_server.engine.timekeeper import Timekeeper
from tests.simulation.planted.bug import Bug, replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

SOONER_US = 1_000_000
MINUTE_US = 60_000_000


@contextmanager
def wake_up_lost() -> Iterator[None]:
    """Let the timekeeper sleep on when something nearer is noted."""
    begin = Timekeeper.__init__

    def began(self: Timekeeper, *more: Any) -> None:
        begin(self, *more)
        self._sooner = _Unheard()

    with replaced((Timekeeper, "__init__", began)):
        yield


class _Unheard(asyncio.Event):
    def set(self) -> None:
        """Wake nobody."""


@contextmanager
def _watching_at_recovery(watch: Callable[[Timekeeper, str, v1.Decision], None]) -> Iterator[None]:
    """Note due times at the start in another way than later."""
    recover = Governor.recover

    async def recovered(self: Governor, *pages: Any) -> None:
        with replaced((Timekeeper, "watch", watch)):
            await recover(self, *pages)

    with replaced((Governor, "recover", recovered)):
        yield


@contextmanager
def timers_lost_at_recovery() -> Iterator[None]:
    """Read what is open at the start, and note no due time of it."""
    with _watching_at_recovery(lambda *_: None):
        yield


@contextmanager
def timers_reset_at_recovery() -> Iterator[None]:
    """Give what is open a new minute at each start."""

    def anew(self: Timekeeper, decision_id: str, decision: v1.Decision) -> None:
        due_us = schedule.next_due_us(decision)
        self._note(decision_id, due_us and due_us + MINUTE_US)

    with _watching_at_recovery(anew):
        yield


@contextmanager
def _recovering(change: Any) -> Iterator[None]:
    """Change each decision as it is read at the start."""
    recover = Governor.recover

    async def recovered(self: Governor, *pages: Any) -> None:
        store = self._store
        self._store = _Changed(store, change)  # type: ignore[assignment] # all of it that a recovery asks for
        await recover(self, *pages)
        self._store = store

    with replaced((Governor, "recover", recovered)):
        yield


class _Changed:
    def __init__(self, store: Any, change: Any) -> None:
        self.head, self.house = store.head, store.house
        self._store, self._change = store, change

    async def open_decisions(self) -> AsyncIterator[Sequence[bytes]]:
        async for page in self._store.open_decisions():
            yield [self._changed(serialized) for serialized in page]

    def _changed(self, serialized: bytes) -> bytes:
        decision = v1.Decision.FromString(serialized)
        self._change(decision)
        return decision.SerializeToString(deterministic=True)


def _unwarned(decision: v1.Decision) -> None:
    if decision.HasField("schedule"):
        decision.schedule.warned = False


@contextmanager
def warned_twice() -> Iterator[None]:
    """Forget at each start which warnings were given."""
    with _recovering(_unwarned):
        yield


@contextmanager
def a_second_early() -> Iterator[None]:
    """Decide what is due as of a second from now."""
    due = schedule.next_due_us

    def sooner(decision: v1.Decision) -> int | None:
        due_us = due(decision)
        return None if due_us is None else due_us - SOONER_US

    with replaced(
        (timekeeper, "next_due_us", sooner),
        (timing, "next_due_us", sooner),
        (decide, "tick", lambda state, now_us: tick(state, now_us + SOONER_US)),
    ):
        yield


BUGS = (
    Bug(
        "wake-up lost",
        "What is due sooner than expected comes when it was expected.",
        (5,),
        5,
        wake_up_lost,
        without=frozenset({"store stalls", "store busy"}),
        shape=(("disk_s", 0.01), ("steps", 1800)),
    ),
    Bug(
        "timers lost at recovery",
        "What came due before a restart is not noticed after it.",
        (5,),
        10,
        timers_lost_at_recovery,
        faults=frozenset({"kills"}),
    ),
    Bug(
        "timers reset at recovery",
        "A restart gives everything more time.",
        (5, 4),
        10,
        timers_reset_at_recovery,
        faults=frozenset({"kills"}),
    ),
    Bug("warned twice", "A restart gives the warnings once more.", (5,), 10, warned_twice, faults=frozenset({"kills"})),
    Bug("a second early", "What is due in a second is done now.", (5,), 5, a_second_early),
)
