"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq

START_US = 1_767_323_045_000_000
"""2026-01-02T03:04:05Z."""


class ManualClock:
    """The port's Clock, moved by hand. Passes the same contract suite as the system's."""

    def __init__(self, now_us: int = START_US) -> None:
        self._now_us = now_us
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    def now_us(self) -> int:
        return self._now_us

    async def sleep_until(self, moment_us: int) -> None:
        if moment_us <= self._now_us:
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (moment_us, self._count, woken))
        await woken

    def not_before(self, moment_us: int) -> None:
        self.advance(max(moment_us - self._now_us, 0))

    def advance(self, span_us: int) -> None:
        """Let time pass, and wake those whose moment has come, in the order of their moments."""
        self._now_us += span_us
        while self._sleepers and self._sleepers[0][0] <= self._now_us:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)


class CountedEntropy:
    """The port's Entropy, without chance: every token is another one, and the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def token(self, length: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(length, "big")
