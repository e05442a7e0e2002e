"""A console at work: the real conversation on the real terminal, typed at through a pipe, against a scripted server."""

from __future__ import annotations

import asyncio
import io
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from governance import v1
from governance_client.console.attention import Attention
from governance_client.console.console import Console
from governance_client.console.desk import Desk
from governance_client.console.settings import Settings
from governance_client.console.talk import Talk
from governance_client.console.terminal import Terminal
from governance_client.operator import OperatorSession, SessionSettings
from tests.console.examples import decision
from tests.console.scripted_server import CREDENTIALS, ScriptedServer, dialler, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from prompt_toolkit.input import PipeInput

CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"
PASTE: Final = "\x1b[200~{}\x1b[201~"
MEDIUM: Final = v1.RISK_LEVEL_MEDIUM
COLUMNS: Final = 120
KEY_S: Final = 0.1
"""How long a key takes, to a terminal that tells typing from pasting."""


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Screen(io.StringIO):
    """What was written, and a way to wait for some of it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text: str, /) -> int:
        self._written.set()
        return super().write(text)

    @property
    def length(self) -> int:
        """How much was written so far."""
        return len(self.getvalue())

    async def until(self, text: str, since: int = 0) -> int:
        """Wait until a text stands in what was written after a place, and return the place after it."""
        while text not in self.getvalue()[since:]:
            self._written.clear()
            await self._written.wait()
        return self.getvalue().index(text, since) + len(text)


class Place:
    """A console, and who sits at it.

    Attributes:
        script: The server it talks to.
        screen: What it shows.
        session: Its connection.
        talk: What its deeds have at hand.
        clock: By which reading times are counted.
        console: The conversation.
    """

    console: asyncio.Task[None]

    def __init__(self, script: ScriptedServer, screen: Screen, keys: PipeInput, talk: Talk, clock: Clock) -> None:
        self.script = script
        self.screen = screen
        self.talk = talk
        self.session = talk.session
        self.clock = clock
        self._keys = keys

    def type(self, text: str) -> None:
        """Press keys."""
        self._keys.send_text(text)

    async def line(self, text: str) -> int:
        """Type a line, and return where in what is shown it was typed."""
        since = self.screen.length
        self.type(text + ENTER)
        return since

    async def answer(self, question: str, text: str, since: int = 0) -> int:
        """Wait for a question, then type an answer; return the place after the question."""
        place = await self.screen.until(question, since)
        self.type(text)
        return place

    @property
    def verdicts(self) -> list[v1.Verdict]:
        """The verdicts that the server was sent."""
        return [command.verdict for command in self.script.commands]


@asynccontextmanager
async def at_console(
    decisions: Sequence[v1.Decision] | None = None,
    rules: v1.ConsoleRules | None = None,
    settings: SessionSettings | None = None,
    rows: int = 40,
) -> AsyncIterator[Place]:
    """Sit at a console; `aaaa…` (medium) and `bbbb…` (high) wait for a decision unless others are given."""
    script = ScriptedServer()
    standard = [decision("aaaaaaaa1111", risk=MEDIUM), decision("bbbbbbbb2222", target="198.51.100.9")]
    script.open = list(decisions) if decisions is not None else standard
    script.rules = rules or v1.ConsoleRules()
    screen, clock = Screen(), Clock()
    sink = Vt100_Output(screen, lambda: Size(rows=rows, columns=COLUMNS), enable_cpr=False)
    typing = itertools.count(0.0, KEY_S)
    with create_pipe_input() as keys:
        async with serving(script), OperatorSession(CREDENTIALS, settings, dial=dialler(script)) as session:
            terminal = Terminal(Settings(), keys, sink, lambda: next(typing))
            talk = Talk(session, terminal, Desk(session.replica), Settings(), Attention(clock))
            console = asyncio.create_task(Console(talk, terminal, gather_s=0).run())
            place = Place(script, screen, keys, talk, clock)
            place.console = console
            pending = [each for each in script.open if each.state == v1.DECISION_STATE_PENDING]
            await screen.until(f"{len(pending)} wait")
            await screen.until("governance>")
            yield place
            if console.done():
                return
            since = screen.length
            keys.send_text(CTRL_C + CTRL_C + CTRL_D)
            await screen.until("governance>", since)
            keys.send_text(CTRL_D)
            await console
