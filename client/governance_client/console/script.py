"""A script: lines of the console's verbs, run one after the other over one session, with nobody to ask."""

from __future__ import annotations

import asyncio
import enum
from typing import TYPE_CHECKING, Final

from governance_client.console.doing import do
from governance_client.console.inert import inert
from governance_client.console.surface import Interrupted
from governance_client.console.verbs import Mistake, parse
from governance_client.language import N_, _
from governance_client.operator import Link

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping

    from governance_client.console.plain import Plain
    from governance_client.console.talk import Talk
    from governance_client.console.verbs import Request
    from governance_client.operator import OperatorSession

READY_S: Final = 20.0
"""For a connection that was lost to come back; the command line's verbs wait no longer for an answer."""
COMMENT: Final = "#"
"""Starts a line that is left out."""
_FOR_PEOPLE: Final[Mapping[str, str]] = {
    "board": N_("`board` needs a terminal. In a script, `queue` lists what is open."),
    "watch": N_("`watch` needs somebody who reads on. In a script, follow changes with `governance watch --json`."),
}
"""Verbs without sense where nobody looks, and what to use instead."""


class Outcome(enum.IntEnum):
    """What became of a line, or of a script: the worst of its lines. The numbers are exit statuses."""

    DONE = 0
    REFUSED = 1
    MISTAKEN = 2
    NOT_REACHED = 3


async def run(talk: Talk, surface: Plain, lines: AsyncIterable[str], *, keep_going: bool = False) -> Outcome:
    """Run lines until they end, or one of them fails.

    Rows, filter and focus hold from line to line. Nothing runs before what is open is wholly known.

    Args:
        talk: Over a session that has been entered.
        surface: The talk's own.
        lines: As they would be typed; empty ones and those that start with `#` are left out.
        keep_going: Go on after a line that failed. Without a connection nothing goes on.
    """
    worst, number = Outcome.DONE, 0
    async for line in lines:
        number += 1
        surface.line = number
        outcome = await _run_line(talk, surface, line.strip())
        worst = max(worst, outcome)
        if talk.leaving or outcome is Outcome.NOT_REACHED or (outcome and not keep_going):
            break
    return worst


async def ready(session: OperatorSession) -> bool:
    """Wait until the session is connected and knows all that is open; return whether it came to that."""
    try:
        async with asyncio.timeout(READY_S):
            while session.link is not Link.ENDED:
                if session.link is Link.UP and session.replica.complete:
                    return True
                await session.news()
    except TimeoutError:
        return False
    return False


async def _run_line(talk: Talk, surface: Plain, line: str) -> Outcome:
    if line.startswith(COMMENT):
        return Outcome.DONE
    request = parse(line)
    if request is None:
        return Outcome.DONE
    if isinstance(request, Mistake):
        surface.refuse(inert(request.message))
        return Outcome.MISTAKEN
    if not await ready(talk.session):
        surface.refuse(inert(_("There is no connection. {why}").format(why=talk.session.why)))
        return Outcome.NOT_REACHED
    return await _do(talk, surface, request, line)


async def _do(talk: Talk, surface: Plain, request: Request, line: str) -> Outcome:
    before = surface.refused
    if request.verb.name in _FOR_PEOPLE:
        surface.refuse(_(_FOR_PEOPLE[request.verb.name]))
        return Outcome.REFUSED
    try:
        await do(talk, request, line)
    except Interrupted:
        surface.refuse(_("That asks a person, and a script has none. Nothing was done."))
    if surface.refused == before:
        return Outcome.DONE
    return Outcome.REFUSED if talk.session.link is Link.UP else Outcome.NOT_REACHED
