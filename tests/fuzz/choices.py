"""Choices: what a harness decides by the bytes that the fuzzer gives it, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")
_SHORT: Final = 48
TRICKS: Final = (
    "\x1b[2J\x1b]0;title\x07",
    "safe\rAPPROVED",
    "two\nlines\n\n",
    "\u202eexe.tset\u2066",
    "a" + "\u0301" * 9,
    "zero\u200bwidth\ufeff",
    "\u2028\x85\x9b31m",
    "漢字👩\u200d💻🏳\ufe0f",
    "{0.__class__} {who} %s %(x)s",
    "x" * 300,
    "=cmd|' /C calc'!A0",
    "\x00\x7f",
    "\u05d0\u05d1 1 \u0628",
    "<script>alert(1)</script>&amp;",
)
"""Texts that try to do something where they are shown."""
_NUMBERS: Final = (0, 1, 2, 7, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1)


class Choices:
    """The fuzzer's bytes, taken from the front. Once they are used up, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def byte(self) -> int:
        """Take one byte; 0 where there is none."""
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1]

    def below(self, bound: int) -> int:
        """Return a number from 0 to less than `bound`."""
        number = self.byte()
        if bound > 256:
            number = number << 8 | self.byte()
        return number % bound

    def chance(self) -> bool:
        """Return yes or no."""
        return bool(self.byte() & 1)

    def pick(self, options: Sequence[_T]) -> _T:
        """Return one of several."""
        return options[self.below(len(options))]

    def raw(self, most: int = _SHORT) -> bytes:
        """Take some bytes: how many says the first."""
        size = min(self.below(most + 1), self.left)
        self._at += size
        return self._data[self._at - size : self._at]

    def rest(self) -> bytes:
        """Take all that is left."""
        start, self._at = self._at, len(self._data)
        return self._data[start:]

    def text(self, most: int = _SHORT) -> str:
        """Return a text: what the bytes say, or one that tries to do something."""
        if self.byte() & 7 == 7:
            return self.pick(TRICKS)
        return self.raw(most).decode("utf-8", "replace")

    def number(self) -> int:
        """Return a number from 0 to less than 2 to the 64: a small one, one at a bound, or any."""
        kind = self.byte() & 3
        if kind == 0:
            return self.byte()
        if kind == 1:
            return self.pick(_NUMBERS)
        return int.from_bytes(self.raw(8), "little")
