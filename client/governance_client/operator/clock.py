"""The server's clock as a client knows it: what it said last, carried on by a clock that nobody sets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.timestamp_pb2 import Timestamp


class ServerClock:
    """Tells the server's time. Deadlines count down by it, whatever the clock of this machine says."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        self._ahead_us: int | None = None

    def observe(self, server_time: Timestamp) -> None:
        """Take the time a frame was written at. It is late by as long as the frame travelled."""
        told_us = server_time.seconds * 1_000_000 + server_time.nanos // 1000
        self._ahead_us = told_us - self._monotonic_ns() // 1000

    def now_us(self) -> int:
        """Return the server's time in microseconds since the Unix epoch; 0 before it was first told."""
        if self._ahead_us is None:
            return 0
        return self._monotonic_ns() // 1000 + self._ahead_us
