"""The load: everybody who comes to the server, in a process of their own, so that its figures are its own.

`python -m soaking.load FOLDER CREDENTIALS MINUTES SEED` measures how much the server can take, says so on standard
output, holds half of that until it is told to stop (SIGTERM), and then lets everybody catch up and leave.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from governance import v1
from soaking.calling import Auditor, Caller
from soaking.cores import Core
from soaking.deciding import Decider
from soaking.governing import Halting, change_policies
from soaking.hub import Hub
from soaking.journal import Journal
from soaking.line import Line
from soaking.plan import AUDITORS, CORES, DECIDERS, DEEDS, SLOW, STUCK, WATCHERS, Plan
from soaking.tally import STATUS, Tally
from soaking.watching import come_and_go, get_stuck, read_slowly, time_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

STEADY: Final = "steady"
"""What is said, with the proposals a second, when the capacity was measured."""
TALLY: Final = "load.jsonl"
_SHARES: Final = (0.4, 0.25, 0.35)
"""Of all proposals, those of alpha's two instances and of beta."""
_CATCH_UP_S: Final = 30.0
"""Slow readers have so long to catch up at the end, and everybody to come at the beginning."""
_LOOK_S: Final = 0.05
_LEAST_RATE: Final = 1.0
_NEAR: Final = 200
"""Who is so many entries behind has caught up: timers go on making some."""


class Load:
    """Everybody."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._tasks: list[asyncio.Task[None]] = []
        alpha, beta, _ = CORES
        instances = [(alpha, "alpha-1", 0, 2), (alpha, "alpha-2", 1, 2), (beta, "beta-1", 0, 1)]
        self._cores = [
            Core(hub, Line(hub, hub.path(core.name), instance=instance), place=place, places=places, share=share)
            for (core, instance, place, places), share in zip(instances, _SHARES, strict=True)
        ]
        self._deciders = [
            Decider(hub, Line(hub, hub.path(one.name)), v1.Role.Value(f"ROLE_{one.role.upper()}")) for one in DECIDERS
        ]
        for decider in self._deciders:
            decider.work_with(self._deciders)
        watchers = [Line(hub, hub.path(one.name)) for one in WATCHERS]
        time_screen(hub, watchers[0])
        slow = [Line(hub, hub.path(one.name)) for one in SLOW]
        for line in slow:
            read_slowly(hub, line)
        stuck = Line(hub, hub.path(STUCK.name))
        get_stuck(hub, stuck)
        followers = [decider.line for decider in self._deciders]
        self._lines = [core.line for core in self._cores] + followers + watchers + slow + [stuck]

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def run(self, stopped: asyncio.Event) -> None:
        """Measure, hold half of it until stopped, and catch up."""
        for line in self._lines:
            self._start(line.run())
        await _until(lambda: all(line.connected for line in self._lines), _CATCH_UP_S)
        for core in self._cores:
            self._start(core.propose())
        await self._measure()
        self._start_the_rest()
        while not stopped.is_set():
            await self._minute(stopped)
        await self._finish()

    async def _measure(self) -> None:
        """Find out how many decisions a second the server carries from proposal to end, and take half of it."""
        hub = self._hub
        await asyncio.sleep(hub.plan.capacity_s / 3)
        ended, began = hub.ended, time.monotonic()
        await asyncio.sleep(hub.plan.capacity_s * 2 / 3)
        capacity = (hub.ended - ended) / (time.monotonic() - began)
        hub.rate, hub.closed_loop = max(capacity / 2, _LEAST_RATE), False
        hub.tally.tell(STATUS, capacity=round(capacity, 1), rate=round(hub.rate, 1))
        hub.tally.tell_minute()
        print(f"{STEADY} {capacity:.1f} {hub.rate:.1f}", flush=True)

    def _start_the_rest(self) -> None:
        hub = self._hub
        by_name = {line.name: line for line in self._lines}
        self._start(come_and_go(hub))
        self._start(change_policies(hub, "manager-1"))
        self._start(Halting(hub, by_name["supervisor-1"], by_name["chief"]).run())
        self._start(Caller(hub).run("gamma", "watcher-2"))
        for auditor in AUDITORS:
            self._start(Auditor(hub, auditor.name).run())

    async def _minute(self, stopped: asyncio.Event) -> None:
        """Let a minute pass, and tell what was timed in it. Raises what a task has failed with."""
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait(
            [waiting, *self._tasks], timeout=self._hub.plan.minute_s, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        for task in self._tasks:
            if task.done():
                task.result()
        self._hub.tally.tell_minute()

    async def _finish(self) -> None:
        """Propose nothing more, wait until everything is answered and everybody has caught up, and leave.

        Before that, wait for what a short soak on a busy machine has not come to.
        """
        await _until(lambda: all(self._hub.tally.counts[deed] for deed in DEEDS), _CATCH_UP_S)
        self._hub.stopping = True
        if not await _until(self._quiet, _CATCH_UP_S):
            self._hub.tally.counts["not caught up at the end"] += 1
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        unanswered = sum(len(line.unanswered) for line in self._lines)
        self._hub.tally.tell(STATUS, unanswered=unanswered, in_cycle=self._hub.in_cycle)

    def _quiet(self) -> bool:
        """Tell whether everything is answered, and everybody has caught up."""
        head = max(line.offset for line in self._lines)
        behind = any(line.offset < head - _NEAR for line in self._lines if not line.instance)
        return not behind and not any(line.unanswered for line in self._lines)


async def _until(condition: Callable[[], bool], patience_s: float) -> bool:
    """Wait until a condition holds; return whether it does."""
    deadline = time.monotonic() + patience_s
    for _ in range(int(patience_s / _LOOK_S)):
        if condition() or time.monotonic() > deadline:
            break
        await asyncio.sleep(_LOOK_S)
    return condition()


async def _run(folder: Path, credentials: Path, plan: Plan) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    journal, tally = Journal(folder), Tally(folder / TALLY)
    try:
        await Load(Hub(plan, credentials, journal, tally)).run(stopped)
    finally:
        journal.close()
        tally.close()


def _main() -> None:
    folder, credentials, minutes, seed = sys.argv[1:]
    asyncio.run(_run(Path(folder), Path(credentials), Plan.of(float(minutes), int(seed))))


if __name__ == "__main__":
    _main()
