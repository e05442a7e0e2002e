"""A bar that shows how far something long is."""

from __future__ import annotations

import sys
from typing import Final, Self


class Bar:
    """How far a long reading is, on a terminal; nothing elsewhere."""

    _STEPS: Final = 30

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * len(self._shown) + "\r")
            sys.stderr.flush()

    def show(self, reached: int, end: int) -> None:
        """Show it, where it looks otherwise than before."""
        if not self._on or not end:
            return
        part = min(1.0, reached / end)
        done = int(part * self._STEPS)
        line = f"[{'#' * done}{'.' * (self._STEPS - done)}] {int(part * 100):3d} %"
        if line != self._shown:
            self._shown = line
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()
