"""The timekeeper: brings a decision before the governor at every moment its state names.

It decides nothing. A due time that has become pointless is harmless, since the rules find nothing due and no entry is
written; a due time is never lost, since it is part of the decision's state and is read from it again at every change
and at start.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING, Final

from governance_server.domain.command import Tick
from governance_server.domain.house import house_due_us
from governance_server.domain.schedule import next_due_us

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from governance import v1
    from governance_server.domain.house import House
    from governance_server.engine.ports import Clock

MAX_TICKS: Final = 256
"""Most decisions brought before the governor at once, so that a flood of deadlines leaves room for people."""

SLACK: Final = 1024
"""Superseded moments kept beside as many as there are open decisions: few enough to hold, and rarely sorted out."""


class Timekeeper:
    """A heap of moments, what is due at each of them, and a task that waits for the nearest."""

    def __init__(self, clock: Clock, bring: Callable[[Sequence[Tick]], Awaitable[None]]) -> None:
        self._clock = clock
        self._bring = bring
        self._due: dict[str, int] = {}
        # What arrived in one batch is due at one moment: a storm is few moments with many names each. Most other
        # moments have a single name, and no list is made for it.
        self._moments: list[int] = []
        self._at: dict[int, str | list[str]] = {}
        self._noted = 0
        self._sooner = asyncio.Event()

    def watch(self, decision_id: str, decision: v1.Decision) -> None:
        """Note when a decision is due next, or no longer is. The id is the memory's, so that it is kept once."""
        self._note(decision_id, next_due_us(decision))

    def watch_house(self, house: House) -> None:
        """Note when the house is due next, or that it no longer is."""
        self._note("", house_due_us(house))

    def _note(self, name: str, due_us: int | None) -> None:
        if due_us is None:
            self._due.pop(name, None)
            return
        if self._due.get(name) == due_us:
            return
        self._due[name] = due_us
        if not self._moments or due_us < self._moments[0]:
            self._sooner.set()
        self._file(name, due_us)
        if self._noted > 2 * len(self._due) + SLACK:
            self._forget_superseded()

    def _file(self, name: str, due_us: int) -> None:
        """Put a name under its moment. What it was put under before is superseded, and stays until it is sorted out."""
        self._noted += 1
        beside = self._at.get(due_us)
        if beside is None:
            self._at[due_us] = name
            heapq.heappush(self._moments, due_us)
        elif isinstance(beside, str):
            self._at[due_us] = [beside, name]
        else:
            beside.append(name)

    def _forget_superseded(self) -> None:
        """Drop the moments that decisions no longer name, so that the heap grows with what is open alone."""
        self._moments, self._at, self._noted = [], {}, 0
        for name, due_us in self._due.items():
            self._file(name, due_us)

    async def run(self) -> None:
        """Bring what is due, for ever."""
        while True:
            due = self._take_due()
            if due:
                await self._bring([Tick(decision_id) for decision_id in due])
            else:
                await self._wait()

    def _take_due(self) -> list[str]:
        """Take at most MAX_TICKS names of what is due, the earliest first; each once."""
        now_us = self._clock.now_us()
        due: list[str] = []
        while self._moments and self._moments[0] <= now_us and len(due) < MAX_TICKS:
            due_us = self._moments[0]
            for name in self._taken(due_us, MAX_TICKS - len(due)):
                if self._due.get(name) == due_us:
                    del self._due[name]
                    due.append(name)
        return due

    def _taken(self, due_us: int, most: int) -> list[str]:
        """Take names away from the nearest moment, and the moment, too, when it has no others."""
        beside = self._at[due_us]
        names, left = ([beside], []) if isinstance(beside, str) else (beside[:most], beside[most:])
        self._noted -= len(names)
        if left:
            self._at[due_us] = left
        else:
            heapq.heappop(self._moments)
            del self._at[due_us]
        return names

    async def _wait(self) -> None:
        """Wait for the nearest moment, or for a nearer one to be noted."""
        self._sooner.clear()
        waiting: list[asyncio.Task[object]] = [asyncio.create_task(self._sooner.wait())]
        if self._moments:
            waiting.append(asyncio.create_task(self._clock.sleep_until(self._moments[0])))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
