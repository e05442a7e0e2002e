"""The system's own time and chance: the one place that asks for them."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from governance_server.domain.moment import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SLEEP_S: Final = 3600.0
"""An event loop's timers are not made for years; what is further off is slept towards in steps."""
DRAWN_BYTES: Final = 4096
"""Of chance at a time: the salts of 128 entries."""


class SystemClock:
    """The wall clock as it stood when the process began, carried on by the monotonic clock.

    Steps of the wall clock while the process lives change nothing: a deadline neither jumps near nor away.

    Attributes:
        behind_us: By how much the wall clock was behind the moment that time may not begin before; 0 where it was not.
    """

    def __init__(
        self,
        floor_us: int = 0,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Begin.

        Args:
            floor_us: Time does not begin before this: a wall clock that was set back since is not believed.
            wall_ns: Returns the wall clock's time, in nanoseconds since the Unix epoch. Asked once.
            monotonic_ns: Returns how much time has passed since some moment, in nanoseconds.
        """
        wall_us = wall_ns() // 1000
        self.behind_us = max(floor_us - wall_us, 0)
        self._start_us = max(floor_us, wall_us)
        self._monotonic_ns = monotonic_ns
        self._start_monotonic_ns = monotonic_ns()
        self._moved = asyncio.Event()

    def now_us(self) -> int:
        """Return the present moment, in microseconds since the Unix epoch."""
        return self._start_us + (self._monotonic_ns() - self._start_monotonic_ns) // 1000

    async def sleep_until(self, moment_us: int) -> None:
        """Return at that moment or soon after it, never before."""
        while (left_us := moment_us - self.now_us()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_us / SECOND_US, LONGEST_SLEEP_S)):
                    await self._moved.wait()

    def not_before(self, moment_us: int) -> None:
        """Have time go on from a moment, and wake whom that was slept past; nothing where it is that late already."""
        behind_us = moment_us - self.now_us()
        if behind_us <= 0:
            return
        self._start_us += behind_us
        self._moved.set()
        self._moved = asyncio.Event()


class SystemEntropy:
    """The operating system's chance, asked for a page at a time: whenever it is asked, another thread may go first."""

    def __init__(self) -> None:
        self._drawn = b""
        self._at = 0

    def token(self, length: int) -> bytes:
        """Return that many bytes that nobody can guess."""
        at, end = self._at, self._at + length
        if end > len(self._drawn):
            self._drawn, at, end = os.urandom(max(DRAWN_BYTES, length)), 0, length
        self._at = end
        return self._drawn[at:end]
