"""The ports of time and of chance."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The time, in microseconds since the Unix epoch, never going back while the process lives."""

    def now_us(self) -> int:
        """Return the present moment."""

    async def sleep_until(self, moment_us: int) -> None:
        """Return at that moment or soon after it, never before."""

    def not_before(self, moment_us: int) -> None:
        """Have time go on from a moment, and wake whom that was slept past; nothing where it is that late already.

        For a ledger that another process has taken further: what is recorded after an entry is not recorded before it,
        and time that stood still until it is would have every deadline come late.
        """


class Entropy(Protocol):
    """Chance, for salts and names."""

    def token(self, length: int) -> bytes:
        """Return that many bytes that nobody can guess."""
