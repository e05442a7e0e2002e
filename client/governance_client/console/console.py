"""The console's conversation: a line is read, understood and done; what changes meanwhile is told above it."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Final

from governance_client.console import announcing
from governance_client.console.around import Around
from governance_client.console.completion import complete
from governance_client.console.doing import do
from governance_client.console.halts import halt_news
from governance_client.console.rendering import actor
from governance_client.console.toolbar import toolbar, view
from governance_client.console.verbs import Mistake, Request, parse, said_before
from governance_client.language import _
from governance_client.operator import Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance import v1
    from governance_client.console.completion import Offer
    from governance_client.console.lines import Line
    from governance_client.console.talk import Talk
    from governance_client.console.terminal import Terminal
    from governance_client.operator import News

GATHER_S: Final = 1.0
"""What changes within this long after an announcement is announced together."""
PROMPT: Final[Line] = [("class:prompt", "governance> ")]


class Console:
    """One operator at one terminal. Nothing is decided but by a verb, and by its answer typed afterwards."""

    def __init__(self, talk: Talk, terminal: Terminal, gather_s: float = GATHER_S) -> None:
        """Converse in a talk whose surface is this terminal.

        Args:
            talk: What the deeds have at hand.
            terminal: Where lines are read.
            gather_s: How long announcements gather.
        """
        self._talk = talk
        self._terminal = terminal
        self._gather_s = gather_s
        self._around = Around(talk)
        self._link = Link.CONNECTING
        self._halts: dict[str, v1.Halt] = {}
        talk.heard.recall(said_before(terminal.typed()))

    async def run(self) -> None:
        """Converse until the operator quits."""
        with self._terminal.attend(self):
            # before the prompt: a terminal that was asked where the cursor is must not be printed to until it answers
            self._tell_link(self._talk.session.link, self._talk.session.why)
            async with asyncio.TaskGroup() as tasks:
                announcer = tasks.create_task(self._announce())
                await self._converse()
                announcer.cancel()

    def toolbar(self, width: int) -> Line:
        """Return the toolbar's line."""
        return toolbar(view(self._talk.session, self._talk.desk), width)

    def complete(self, before: str) -> Iterable[Offer]:
        """Return completions for the line up to the cursor."""
        return complete(before, self._around)

    async def _converse(self) -> None:
        kept = ""
        while not self._talk.leaving:
            try:
                line = await self._terminal.ask(PROMPT, kept)
            except EOFError:
                return
            kept = await self._obey(line)

    async def _obey(self, line: str) -> str:
        """Do what a line asks for, and return what the next prompt starts with."""
        match parse(line):
            case Mistake(message=message):
                self._talk.refuse(message)
            case Request() as request:
                return await do(self._talk, request, line)
        return ""

    async def _announce(self) -> None:
        while True:
            news = await self._talk.session.news()
            self._tell_link(news.link, news.why)
            self._tell_halts()
            self._tell_changes(news)
            self._terminal.refresh()
            await asyncio.sleep(self._gather_s)

    def _tell_changes(self, news: News) -> None:
        talk, me = self._talk, self._talk.you.name
        talk.desk.heard(news.updates, me, snapshot=news.snapshot)
        talk.heard.saw(news.updates)
        if news.snapshot:
            talk.tell([announcing.snapshot([each.after for each in news.updates])])
            gc.freeze()  # else all of it is walked for each cycle that a picture leaves, and so these gather for long
            return
        ears = announcing.ears_of(talk.desk, talk.you, talk.short)
        talk.tell(announcing.announce(news.updates, talk.now_us, talk.surface.width, ears))
        if rung := announcing.ringing(news.updates, talk.settings, me):
            talk.surface.ring(rung.sentence, critical=rung.critical)

    def _tell_halts(self) -> None:
        halts = dict(self._talk.session.replica.halts)
        self._talk.tell(halt_news(self._halts, halts, self._talk.now_us, self._talk.surface.width))
        self._halts = halts

    def _tell_link(self, link: Link, why: str) -> None:
        if link is self._link:
            return
        first, self._link = self._link is Link.CONNECTING, link
        if link is Link.UP:
            greeting = _("Connected as {you}. `help` lists the verbs.").format(you=actor(self._talk.you))
            self._talk.say("done", greeting if first else _("Connected again."))
        elif link is Link.DOWN:
            self._talk.refuse(_("The connection is lost; trying again. {why}").format(why=why))
        elif link is Link.ENDED:
            told = _("The session has ended. {why} `quit`, and start anew once that is mended.")
            self._talk.refuse(told.format(why=why))
