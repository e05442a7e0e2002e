"""A terminal's screen as values: what stands in its cells, what was asked of the terminal, what scrolled away."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable

ALTERNATE: Final = frozenset({47, 1047, 1049})
"""The private modes that switch to the alternate screen and back, which pyte leaves to its user."""
KEPT_LINES: Final = 5_000
"""So many lines that scrolled away are kept, more than any test writes; the count goes on."""
_PRIVATE: Final = 5
"""pyte notes a private mode shifted by so many bits."""
_COMMAND: Final = re.compile(rb"\x1b([\]P^_X])(.*?)(?:\x07|\x1b\\)", re.DOTALL)
_BEGUN: Final = re.compile(rb"\x1b(?:[\]P^_X](?:(?!\x07|\x1b\\).)*)?\Z", re.DOTALL)


class Emulator(pyte.Screen):
    """What a person sees, and what a terminal would have done beside showing it.

    Attributes:
        commands: The strings that were sent to the terminal itself: window title, clipboard, links, notifications
            (OSC, DCS, APC, PM, SOS), each with its introducer.
        bells: How often it rang.
        scrolled: The lines that left the main screen at its top, oldest first; the newest `KEPT_LINES` of them.
        scrolled_count: How many lines left it.
        alternate: The alternate screen is shown.
    """

    def __init__(self, columns: int, rows: int, reply: Callable[[str], object]) -> None:
        """Make an empty screen.

        Args:
            columns: How wide.
            rows: How high.
            reply: Takes what the terminal answers when it is asked, for the program to read.
        """
        super().__init__(columns, rows)
        self.commands: list[str] = []
        self.bells = 0
        self.scrolled: deque[str] = deque(maxlen=KEPT_LINES)
        self.scrolled_count = 0
        self.alternate = False
        self._reply = reply
        self._main: tuple[Any, int, int] | None = None
        self._stream = pyte.ByteStream(self)
        self._held = b""

    def feed(self, written: bytes) -> None:
        """Take in what the program wrote."""
        self._note_commands(written)
        self._stream.feed(written)

    def row(self, number: int) -> str:
        """Return one row, counted from 0, in full width."""
        line = self.buffer[number]
        # the second cell of a wide character is empty
        return "".join(line[column].data for column in range(self.columns))

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Become another size as xterm does: what is below goes first, then what is above the cursor."""
        rows, columns = lines or self.lines, columns or self.columns
        over = max(self.cursor.y - (rows - 1), 0)
        for _ in range(over):
            self._scroll_away()
        for number in [each for each in self.buffer if each >= rows]:
            del self.buffer[number]
        for line in self.buffer.values():
            for column in [each for each in line if each >= columns]:
                del line[column]
        self.cursor.y -= over
        self.cursor.x = min(self.cursor.x, columns - 1)
        self.lines, self.columns = rows, columns
        self.margins = None

    def index(self) -> None:
        """Go down a line; at the bottom the top line leaves the screen, and is kept."""
        if self.cursor.y == self.lines - 1 and self.margins is None and not self.alternate:
            self._keep(self.row(0))
        super().index()

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Set modes; the alternate screen is empty when it is switched to."""
        if kwargs.get("private") and ALTERNATE & set(modes) and not self.alternate:
            self._main = (self.buffer.copy(), self.cursor.y, self.cursor.x)
            self.alternate = True
            self.buffer.clear()
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Reset modes; the main screen is as it was when it is switched back to."""
        if kwargs.get("private") and ALTERNATE & set(modes) and self._main is not None:
            main, self.cursor.y, self.cursor.x = self._main
            self.buffer.clear()
            self.buffer.update({number: line for number, line in main.items() if number < self.lines})
            self.cursor.y = min(self.cursor.y, self.lines - 1)
            self._main, self.alternate = None, False
        super().reset_mode(*modes, **kwargs)

    def bell(self, *_args: Any) -> None:
        """Ring."""
        self.bells += 1

    def write_process_input(self, data: str) -> None:
        """Answer the program, which asked for the cursor's place or the like."""
        self._reply(data)

    @property
    def takes_pastes(self) -> bool:
        """The program asked for pastes to be marked as such."""
        return 2004 << _PRIVATE in self.mode

    def _scroll_away(self) -> None:
        if not self.alternate:
            self._keep(self.row(0))
        for number in range(self.lines - 1):
            self.buffer[number] = self.buffer[number + 1]
        self.buffer.pop(self.lines - 1, None)

    def _keep(self, row: str) -> None:
        self.scrolled.append(row.rstrip())
        self.scrolled_count += 1

    def _note_commands(self, written: bytes) -> None:
        """Note the strings for the terminal itself, also one that comes in two pieces."""
        seen = self._held + written
        self.commands += [(kind + text).decode(errors="backslashreplace") for kind, text in _COMMAND.findall(seen)]
        begun = _BEGUN.search(seen)
        self._held = seen[begun.start() :] if begun else b""
