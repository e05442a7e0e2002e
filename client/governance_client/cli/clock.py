"""The server's clock, as the answers of the verb that runs have told it."""

from __future__ import annotations

import time
from typing import Any, Final


class ServerClock:
    """This machine's clock, set by the server's times: deadlines count down right on a machine whose clock is wrong."""

    def __init__(self) -> None:
        self._ahead_us = 0

    def note(self, response: Any) -> None:
        """Take the server's time from an answer that tells it."""
        described = getattr(response, "DESCRIPTOR", None)
        if described is not None and "server_time" in described.fields_by_name and response.HasField("server_time"):
            self._ahead_us = response.server_time.ToMicroseconds() - time.time_ns() // 1000

    def now_us(self) -> int:
        """Return the server's time; this machine's before the server has told any. Microseconds since the epoch."""
        return time.time_ns() // 1000 + self._ahead_us


CLOCK: Final = ServerClock()
"""One invocation runs one verb against one server."""
