"""A person at a terminal: a real program on a pseudo-terminal, typed at one key at a time and read off its screen.

Nothing here sleeps for a guessed time. A key is pressed when the one before it is drawn, and a wait reads what the
program writes until the screen shows what is waited for. Two figures are times all the same, and both are waits on the
terminal (`select` with a bound), which take in whatever is written meanwhile: `Screen.steady`, when a screen counts as
at rest, and `Screen.pace_s`, how slowly a person types where the program tells people from pastes by their speed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import pexpect

from tests.support.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

SMALL: Final = (80, 24)
"""Columns and rows of the terminal that everybody has."""
LARGE: Final = (200, 50)
PATIENCE_S: Final = 20.0
"""Longer than anything takes that is waited for on a busy machine."""
QUIET_S: Final = 0.05
"""Nothing written for so long, and the screen counts as at rest."""
PASTE: Final = ("\x1b[200~", "\x1b[201~")
"""What a terminal puts around a paste where the program asked for it."""
KEYS: Final = {
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "page-up": "\x1b[5~",
    "page-down": "\x1b[6~",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "c-c": "\x03",
    "c-d": "\x04",
    "c-l": "\x0c",
    "c-r": "\x12",
    "c-u": "\x15",
}
"""What a terminal sends for the keys that are no characters."""
_CHUNK: Final = 65_536


class NotShownError(AssertionError):
    """What was waited for did not appear; the message holds the screen."""


class Screen:
    """A program on a pseudo-terminal of a size, and the screen that a person would see.

    Attributes:
        emulator: The screen's cells, and what was asked of the terminal beside showing them.
        keys: How many keys were pressed.
        pace_s: At least so long between two keys.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = SMALL,
        environment: Mapping[str, str] | None = None,
        pace_s: float = 0.0,
    ) -> None:
        """Start a program.

        Args:
            command: The program and its arguments.
            size: Columns and rows.
            environment: The whole of its environment; None for this process's.
            pace_s: At least so long between two keys.
        """
        columns, rows = size
        self.keys = 0
        self.pace_s = pace_s
        self._may_press_at = 0.0
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            dimensions=(rows, columns),
            env=dict(environment if environment is not None else os.environ),
        )
        self._child.delaybeforesend = None
        self.emulator = Emulator(columns, rows, self._child.send)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # what a person sees

    def lines(self) -> list[str]:
        """Return the rows, without the blanks at their ends."""
        return [self.emulator.row(number).rstrip() for number in range(self.emulator.lines)]

    @property
    def text(self) -> str:
        """The screen as lines."""
        return "\n".join(self.lines())

    @property
    def told(self) -> list[str]:
        """Everything that stands on the main screen and that scrolled off its top."""
        return [*self.emulator.scrolled, *self.lines()]

    @property
    def cursor_row(self) -> str:
        """The row that the cursor stands in."""
        return self.emulator.row(self.emulator.cursor.y).rstrip()

    @property
    def before_cursor(self) -> str:
        """Everything from the screen's first cell up to the cursor, rows joined as the terminal wraps them."""
        cursor = self.emulator.cursor
        above = "".join(self.emulator.row(number) for number in range(max(cursor.y - 3, 0), cursor.y))
        return above + self.emulator.row(cursor.y)[: cursor.x]

    @property
    def resident_bytes(self) -> int:
        """How much memory the program holds at this moment, as Linux counts it."""
        for line in Path(f"/proc/{self._child.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(self._child.pid)

    # what a person does

    def press(self, key: str) -> None:
        """Press one key: a character, or one of `KEYS` by its name."""
        self._listen_until(self._may_press_at)
        self._child.send(KEYS.get(key, key))
        self.keys += 1
        self._may_press_at = time.monotonic() + self.pace_s

    def type(self, text: str) -> None:
        """Type at a prompt, one key at a time, each when the one before it is drawn."""
        for count, character in enumerate(text, 1):
            self.press(character)
            self.until(_shown_before_cursor(text[:count]))

    def enter(self, text: str) -> None:
        """Type a line and end it."""
        self.type(text)
        self.press("enter")

    def answer(self, question: str, text: str) -> None:
        """Wait until something is asked, and answer it."""
        self.asked(question)
        self.enter(text)

    def paste(self, text: str) -> None:
        """Paste, as a terminal does: all at once, and marked if the program asked for that."""
        before, after = PASTE if self.emulator.takes_pastes else ("", "")
        self._child.send(f"{before}{text}{after}")

    def press_ahead(self, keys: str) -> None:
        """Press several keys at once, as somebody does who does not look at the screen."""
        self._child.send(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        self.steady()
        self.emulator.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    # waiting

    def until(self, wanted: str | Callable[[Screen], object], timeout_s: float = PATIENCE_S) -> None:
        """Read until a text stands on the screen, or a condition on it holds.

        Raises:
            NotShownError: It does not come, or the program ended.
        """
        give_up_at = time.monotonic() + timeout_s
        while not (wanted in self.text if isinstance(wanted, str) else wanted(self)):
            if not self._read(give_up_at - time.monotonic()):
                what = repr(wanted) if isinstance(wanted, str) else "What was waited for"
                raise NotShownError(f"{what} did not appear on:\n{self.text}")

    def asked(self, question: str) -> None:
        """Read until the cursor stands in a row that holds this text, and the screen is at rest: then it is asked.

        A person reads a question before answering it; what is pressed while it is still being drawn does not count.
        """
        self.until(lambda screen: question in screen.cursor_row)
        self.steady()

    def steady(self, quiet_s: float = QUIET_S) -> None:
        """Read until nothing was written for a while."""
        while self._read(quiet_s):
            pass

    def end(self) -> int:
        """Wait for the program to end by itself, and return its exit status."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._child.flag_eof:
            if not self._read(give_up_at - time.monotonic()) and not self._child.flag_eof:
                raise NotShownError(f"The program did not end:\n{self.text}")
        return int(self._child.wait())

    def close(self) -> None:
        """End the program if it runs. Idempotent."""
        self._child.close(force=True)

    def _read(self, timeout_s: float) -> bool:
        """Take in what is written within a time; return whether anything was."""
        if timeout_s < 0:
            return False
        try:
            self.emulator.feed(self._child.read_nonblocking(_CHUNK, timeout_s))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        return True

    def _listen_until(self, moment: float) -> None:
        """Take in what is written until a moment of the monotonic clock."""
        while (left := moment - time.monotonic()) > 0:
            self._read(left)


def _shown_before_cursor(text: str) -> Callable[[Screen], bool]:
    return lambda screen: screen.before_cursor.endswith(text)
