"""A person at a terminal, for tests: a pipe for keys, a real vt100 output, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from governance_client.console.settings import Settings
from governance_client.console.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prompt_toolkit.input import PipeInput

    from governance_client.console.completion import Offer
    from governance_client.console.lines import Line

CTRL_C, CTRL_D, ESCAPE, UP, RIGHT = "\x03", "\x04", "\x1b", "\x1b[A", "\x1b[C"
CURSOR = "\x1b[1;1R"
"""A terminal's answer to where the cursor is."""
PASTE, PASTED = "\x1b[200~", "\x1b[201~"


class Written(io.StringIO):
    """What was written, and a way to wait for some of it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()
        self._read = 0

    def write(self, text: str, /) -> int:
        """Write, and wake whoever waits."""
        self._written.set()
        return super().write(text)

    async def until(self, text: str) -> None:
        """Wait until a text stands in what was written after what was waited for before."""
        while (at := self.getvalue().find(text, self._read)) < 0:
            self._written.clear()
            await self._written.wait()
        self._read = at + len(text)


class Fingers:
    """A clock that moves on by a step whenever it is asked: so long does each key take."""

    def __init__(self) -> None:
        self.step_s = 0.2
        self._now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        self._now_s += self.step_s
        return self._now_s


class Typist:
    """A terminal and everything at it.

    Attributes:
        terminal: The terminal.
        screen: What it shows.
        fingers: How fast keys come.
        offers: What is offered as completions.
        status: What the toolbar says.
        size: Of the terminal.
    """

    def __init__(self, settings: Settings, keys: PipeInput, *, asks_cursor: bool) -> None:
        self.screen = Written()
        self.fingers = Fingers()
        self.size = Size(rows=24, columns=80)
        self.sink = Vt100_Output(self.screen, lambda: self.size, enable_cpr=asks_cursor)
        self.terminal = Terminal(settings, keys, self.sink, self.fingers)
        self.offers: list[Offer] = []
        self.status = "toolbar…"
        self._keys = keys

    def type(self, text: str) -> None:
        """Press keys, in one go."""
        self._keys.send_text(text)

    def hang_up(self) -> None:
        """Be gone."""
        self._keys.close()

    def toolbar(self, width: int) -> Line:
        """Return the toolbar."""
        return [("", self.status[:width])]

    def complete(self, before: str) -> Iterable[Offer]:
        """Return what is offered for the word before the cursor."""
        word = before.rpartition(" ")[2]
        return [each._replace(start=-len(word)) for each in self.offers if each.text.startswith(word)]


@contextmanager
def typing(settings: Settings | None = None, *, asks_cursor: bool = False) -> Iterator[Typist]:
    """Sit down at a terminal; the prompt is attended."""
    with create_pipe_input() as keys:
        typist = Typist(settings or Settings(), keys, asks_cursor=asks_cursor)
        with typist.terminal.attend(typist):
            yield typist
