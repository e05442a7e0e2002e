"""The ports of time and of chance."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The time, in microseconds since the Unix epoch, never going back while the process lives."""

    def now_us(self) -> int:
        """Return the present moment."""

    async def sleep_until(self, moment_us: int) -> None:
        """Return at that moment or soon after it, never before."""


class Entropy(Protocol):
    """Chance, for salts and names."""

    def token(self, length: int) -> bytes:
        """Return that many bytes that nobody can guess."""
