"""A board in a test's hands: its keys, its screen, and the clock it looks at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console.attention import Attention
from governance_client.console.board import Board
from governance_client.console.desk import Desk
from governance_client.console.lines import plain
from governance_client.console.settings import Settings
from governance_client.console.surface import FullScreen, Interrupted
from governance_client.console.talk import Talk
from governance_client.operator import OperatorSession
from tests.console.examples import NOW_S, change, operator
from tests.console.scripted_server import CREDENTIALS, LEDGER

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from google.protobuf.message import Message

    from governance_client.console.lines import Line

_T = TypeVar("_T")


class SilentSurface:
    """A surface that shows a full screen to nobody, and remembers how often it was to be drawn anew."""

    width = 80
    height = 24
    interactive = True

    def __init__(self) -> None:
        self.told: list[str] = []
        self.refreshed = asyncio.Event()

    def tell(self, lines: Iterable[Line], *data: Message) -> None:
        del data
        self.told += [plain(line) for line in lines]

    def refuse(self, sentence: str) -> None:
        self.told.append(sentence)

    async def answer(self, question: Line, *, several_lines: bool = False) -> str:
        del question, several_lines
        raise Interrupted

    async def wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        return await work

    async def full_screen(self, screen: FullScreen) -> None:
        del screen

    def refresh(self) -> None:
        self.refreshed.set()

    def ring(self, sentence: str, *, critical: bool) -> None:
        del sentence, critical


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Hands:
    """A board, and whoever sits before it.

    Attributes:
        talk: The board's.
        board: The board.
        clock: Its clock.
        columns: Of the screen.
        rows: Of the screen.
    """

    def __init__(self, session: OperatorSession, settings: Settings | None = None) -> None:
        self.clock = Clock()
        self.surface = SilentSurface()
        attention = Attention(self.clock)
        self.talk = Talk(session, self.surface, Desk(session.replica), settings or Settings(), attention)
        self.board = Board(self.talk, self.clock)
        self.columns, self.rows = 80, 24

    def look(self) -> str:
        """Return what is on the screen, a while after the look before."""
        self.clock.now_s += 0.15
        return "\n".join(plain(line) for line in self.board.draw(self.columns, self.rows))

    async def type(self, text: str) -> str:
        """Press keys one after the other, the screen drawn after each, and return the screen."""
        shown = self.look()
        for key in text:
            shown = await self.press(key)
        return shown

    async def press(self, *keys: str) -> str:
        """Press named keys, the screen drawn after each, and return the screen."""
        shown = ""
        for key in keys:
            await self.board.press(key)
            shown = self.look()
        return shown


def unconnected(decisions: Iterable[v1.Decision]) -> OperatorSession:
    """Return a session that never connected, which knows some decisions."""
    session = OperatorSession(CREDENTIALS)
    session.replica.hello(v1.ServerHello(you=operator("alice"), ledger_id=LEDGER, head_offset=10, snapshot=True))
    envelope = v1.Envelope(offset=10, server_time=Timestamp(seconds=NOW_S))
    news = v1.OperatorNews(changes=[change(each) for each in decisions])
    session.replica.frame(v1.OperateResponse(envelope=envelope, news=news))
    session.clock.observe(envelope.server_time)
    return session
