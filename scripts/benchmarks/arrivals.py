"""Arrivals: when the frames of a line came, and up to which offset each of them told."""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.lines import Line


class Arrivals:
    """Notes the frames of a line from now on, and does not parse them.

    Attributes:
        line: The line.
        frames: How many frames came.
        bytes: How many bytes they had.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.frames = 0
        self.bytes = 0
        self._moments: list[int] = []
        self._offsets: list[int] = []
        line.hand_on = self._note

    def _note(self, frame: bytes) -> None:
        self._moments.append(time.monotonic_ns())
        self._offsets.append(self.line.offset)
        self.frames += 1
        self.bytes += len(frame)

    def forget(self) -> None:
        """Forget when frames came, so far."""
        self._moments.clear()
        self._offsets.clear()

    def of(self, offset: int) -> int:
        """Return when the frame came that told of an offset, in nanoseconds of the monotonic clock."""
        return self._moments[bisect_left(self._offsets, offset)]
