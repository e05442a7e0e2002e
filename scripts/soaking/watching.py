"""Watchers: one that is timed, those that read slowly, one that stops reading, and one that comes and goes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from soaking.line import Line
from soaking.plan import VISITOR
from soaking.tally import SHOWN

if TYPE_CHECKING:
    from governance import v1
    from soaking.hub import Hub

_SLOW_S = 0.7
"""A slow reader takes a frame about this often."""
_STAY_S = 3.0
"""A visitor stays about so long."""


def time_screen(hub: Hub, line: Line) -> None:
    """Have what a watcher is shown timed, from when it was proposed."""

    def shown(change: v1.Change) -> None:
        at = hub.proposed_at.pop(change.decision.decision_id, None)
        if at is not None and at > line.greeted_at:  # not what a restart has kept from it
            hub.tally.time(SHOWN, time.monotonic() - at)

    line.on_change = shown


def read_slowly(hub: Hub, line: Line) -> None:
    """Have a watcher take a frame now and then."""

    async def pause() -> None:
        if not hub.stopping:
            await asyncio.sleep(_SLOW_S * (0.5 + hub.chance.random()))

    line.pause = pause


def get_stuck(hub: Hub, line: Line) -> None:
    """Have a watcher stop reading now and then, for longer than the server waits."""
    stuck_next = time.monotonic() + hub.plan.stuck_s

    async def pause() -> None:
        nonlocal stuck_next
        if time.monotonic() < stuck_next or hub.stopping:
            return
        hub.tally.counts["stopped reading"] += 1
        # far longer than the limit, since what is sent goes into the connection's windows at first
        await asyncio.sleep(2 * hub.plan.write_timeout_s + 2)
        stuck_next = time.monotonic() + hub.plan.stuck_s

    line.pause = pause


async def come_and_go(hub: Hub) -> None:
    """Come, take the snapshot, stay a little and leave, over and over, until cancelled."""
    while True:
        await asyncio.sleep(hub.plan.visit_s * (0.5 + hub.chance.random()))
        line = Line(hub, hub.path(VISITOR.name))
        line.followed_from_start = False
        try:
            async with asyncio.timeout(min(_STAY_S, hub.plan.visit_s)):
                await line.run()
        except TimeoutError:
            hub.tally.counts["visits"] += 1
