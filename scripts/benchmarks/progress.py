"""Progress: one line that says what is being done, drawn over on a terminal, a line each elsewhere."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


class Progress:
    """Tells on standard error what is being done, so that standard output holds the result alone."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._over = self._stream.isatty()

    def say(self, text: str) -> None:
        """Say what is being done now."""
        if self._over:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[K{text[:width]}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def done(self) -> None:
        """Take the line away, so that what is written next begins a line."""
        if self._over:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
