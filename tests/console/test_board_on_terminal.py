"""The board on a terminal: real keys through a pipe, a real full-screen application, a scripted server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prompt_toolkit.data_structures import Size

from governance import v1
from governance_client.console.attention import Attention
from governance_client.console.board import Board
from governance_client.console.board.dialogue import Dialogue
from governance_client.console.desk import Desk
from governance_client.console.settings import Settings
from governance_client.console.talk import Talk
from governance_client.operator import OperatorSession
from tests.console.examples import decision
from tests.console.scripted_server import CREDENTIALS, ScriptedServer, dialler, serving
from tests.console.typist import CTRL_C, PASTE, PASTED, Typist, typing

if TYPE_CHECKING:
    from governance_client.console.lines import Line


class _Watched(Board):
    """A board, and a way to wait for what it draws."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(talk)
        self._drawn = asyncio.Event()

    def draw(self, columns: int, rows: int) -> list[Line]:
        self._drawn.set()
        return super().draw(columns, rows)

    async def until_typed(self, text: str) -> None:
        """Wait until a text stands in the question, on the screen."""
        while not _typed(self, text):
            self._drawn.clear()
            await self._drawn.wait()


def _typed(board: Board, text: str) -> bool:
    """Say whether a text stands in the board's question, on the screen."""
    dialogue = board._foot.dialogue
    return isinstance(dialogue, Dialogue) and dialogue.drawn and dialogue.editor.text == text


async def _type(typist: Typist, board: _Watched, text: str) -> None:
    for end, key in enumerate(text, 1):
        typist.type(key)
        await board.until_typed(text[:end])


async def test_a_verdict() -> None:
    """Keys at a terminal approve on the board; Ctrl-C, a paste and a resize on the way decide nothing."""
    script = ScriptedServer()
    script.open = [decision("aaaaaaaa1111", risk=v1.RISK_LEVEL_LOW)]
    async with serving(script), OperatorSession(CREDENTIALS, dial=dialler(script)) as session:
        while not session.replica.complete:
            await session.news()
        with typing() as typist:
            talk = Talk(session, typist.terminal, Desk(session.replica), Settings(), Attention(typist.fingers))
            board = _Watched(talk)
            shown = asyncio.create_task(typist.terminal.full_screen(board))
            await typist.screen.until("PENDING")
            typist.type("a")
            await typist.screen.until("type yes to approve")
            typist.type(CTRL_C)
            await typist.screen.until("Nothing was decided")
            typist.type("a")
            await board.until_typed("")
            typist.type(PASTE + "yes\r" + PASTED)
            await typist.screen.until("What is pasted does not answer")
            typist.size = Size(rows=40, columns=132)
            await _type(typist, board, "yes")
            assert script.commands == []
            typist.type("\r")
            await typist.screen.until("Approved, entry 99")
            typist.type("q")
            await shown
    (command,) = script.commands
    assert command.verdict.HasField("approve")
