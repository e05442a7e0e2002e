"""A talk with a scripted server over a surface of lines, for what needs no keys."""

from __future__ import annotations

import io
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from governance_client.console import script
from governance_client.console.attention import Attention
from governance_client.console.desk import Desk
from governance_client.console.plain import ROWS, Plain
from governance_client.console.settings import Settings
from governance_client.console.talk import Talk
from governance_client.operator import OperatorSession
from tests.console.scripted_server import CREDENTIALS, ScriptedServer, dialler, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from governance import v1


class Room:
    """A talk, and what is said in it.

    Attributes:
        script: The server.
        talk: The talk.
        complaints: What was refused, in order.
    """

    def __init__(self, server: ScriptedServer, session: OperatorSession, height: int, *, json: bool) -> None:
        self.server = server
        self.complaints: list[str] = []
        self._out = io.StringIO()
        self.surface = Plain(self._out, self.complaints.append, width=120, height=height, json=json)
        self.talk = Talk(session, self.surface, Desk(session.replica), Settings(), Attention(time.monotonic))

    async def run(self, *lines: str, keep_going: bool = False) -> script.Outcome:
        """Run lines as a script."""
        return await script.run(self.talk, self.surface, _each(lines), keep_going=keep_going)

    async def say(self, *lines: str) -> str:
        """Run lines, all of which have to be done, and return what was told."""
        self._out.truncate(0)
        self._out.seek(0)
        outcome = await self.run(*lines)
        assert outcome is script.Outcome.DONE, self.complaints
        return self._out.getvalue()

    @property
    def told(self) -> str:
        """All that was told."""
        return self._out.getvalue()


@asynccontextmanager
async def talking(
    *decisions: v1.Decision, height: int = ROWS, json: bool = False, rules: v1.ConsoleRules | None = None
) -> AsyncIterator[Room]:
    """Talk as alice with a server where these decisions are open."""
    server = ScriptedServer()
    if rules is not None:
        server.rules = rules
    server.open = list(decisions)
    async with serving(server), OperatorSession(CREDENTIALS, dial=dialler(server)) as session:
        yield Room(server, session, height, json=json)


async def _each(lines: tuple[str, ...]) -> AsyncIterator[str]:
    for line in lines:
        yield line
