"""The pace of typing: tells what a person typed from what was pasted where the terminal does not mark a paste. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FASTEST_KEY_S: Final = 0.02
"""Nobody types a whole answer at a key in less than this.

The fastest typing that is on record, 305 words a minute for 15 seconds, is a key in 39 ms; half of that leaves room for
keys that a network has pushed together. What a terminal pastes comes hundreds of keys a millisecond.
"""


class Pace:
    """When the keys of one answer were pressed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first_s: float | None = None
        self._last_s = 0.0
        self._keys = 0

    def pressed(self) -> None:
        """Note that a key was pressed, now."""
        self._last_s = self._clock()
        if self._first_s is None:
            self._first_s = self._last_s
        self._keys += 1

    @property
    def is_human(self) -> bool:
        """Say whether somebody can have typed all of it. One key alone tells nothing, and counts as typed."""
        if self._first_s is None:
            return True
        return self._last_s - self._first_s >= (self._keys - 1) * FASTEST_KEY_S
