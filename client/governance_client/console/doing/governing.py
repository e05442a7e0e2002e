"""The deeds that are about the house and the console: halts, whether one is there, the board, and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.building import about_house, house_told
from governance_client.console.doing.confirming import reasoned, yes
from governance_client.console.doing.sending import line_of, not_sent, send
from governance_client.console.halts import halt_line
from governance_client.console.surface import Interrupted
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_client.console.talk import Deed, Talk
    from governance_client.console.verbs import Request


async def govern(talk: Talk, request: Request) -> str:
    """Declare a halt, ask to release one, or say that one is away or back. What asks is asked about first."""
    if not talk.connected:
        not_sent(talk)
        return talk.line
    whole = await reasoned(talk, request)
    if whole is None:
        return ""
    if whole.verb.asks and not await yes(talk, whole.verb, house_told(whole)):
        talk.say("dim", _("Nothing was changed."))
        return ""
    return await send(talk, whole, about_house(whole), None, line_of(talk, request, whole))


async def halts(talk: Talk, request: Request) -> str:
    """List the halts in force."""
    del request
    in_force = list(talk.session.replica.halts.values())
    lines = [halt_line(halt, talk.now_us, talk.surface.width) for halt in in_force]
    talk.tell(lines or [[("class:dim", _("No halt is in force."))]], *in_force)
    return ""


async def board(talk: Talk, request: Request) -> str:
    """Show the board until it is left."""
    del request
    from governance_client.console.board import Board

    try:
        await talk.surface.full_screen(Board(talk))
    except Interrupted:
        talk.refuse(_("There is no screen here for a board."))
    return ""


async def leave(talk: Talk, request: Request) -> str:
    """End the talk."""
    del request
    talk.leaving = True
    return ""


DEEDS: Final[Mapping[str, Deed]] = {
    **dict.fromkeys(("halt", "release-halt", "away", "back"), govern),
    "halts": halts,
    "board": board,
    "quit": leave,
}
"""By the names of their verbs."""
