"""The system's own time and chance: the one place that asks for them."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final

from governance_server.domain.moment import SECOND_US

LONGEST_SLEEP_S: Final = 3600.0
"""An event loop's timers are not made for years; what is further off is slept towards in steps."""


class SystemClock:
    """The wall clock as it stood when the process began, carried on by the monotonic clock.

    Steps of the wall clock while the process lives change nothing: a deadline neither jumps near nor away.

    Attributes:
        behind_us: By how much the wall clock was behind the moment that time may not begin before; 0 where it was not.
    """

    def __init__(self, floor_us: int = 0) -> None:
        """Begin.

        Args:
            floor_us: Time does not begin before this: a wall clock that was set back since is not believed.
        """
        wall_us = time.time_ns() // 1000
        self.behind_us = max(floor_us - wall_us, 0)
        self._start_us = max(floor_us, wall_us)
        self._start_monotonic_ns = time.monotonic_ns()

    def now_us(self) -> int:
        """Return the present moment, in microseconds since the Unix epoch."""
        return self._start_us + (time.monotonic_ns() - self._start_monotonic_ns) // 1000

    async def sleep_until(self, moment_us: int) -> None:
        """Return at that moment or soon after it, never before."""
        while (left_us := moment_us - self.now_us()) > 0:  # noqa: ASYNC110 - waits for time itself, not for an event
            await asyncio.sleep(min(left_us / SECOND_US, LONGEST_SLEEP_S))


class SystemEntropy:
    """The operating system's chance."""

    def token(self, length: int) -> bytes:
        """Return that many bytes that nobody can guess."""
        return os.urandom(length)
