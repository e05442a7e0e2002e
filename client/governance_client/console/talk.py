"""The talk: what every deed has at hand to look, to speak and to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from governance_client.console.around import Heard
from governance_client.console.batches import Batches
from governance_client.console.desk import Desk, Unclear
from governance_client.console.inert import name, sentence
from governance_client.console.page import page
from governance_client.console.telling import short_id
from governance_client.operator import Link

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from google.protobuf.message import Message

    from governance import v1
    from governance_client.console.attention import Attention
    from governance_client.console.lines import Line
    from governance_client.console.settings import Settings
    from governance_client.console.surface import Surface
    from governance_client.console.verbs import Request
    from governance_client.operator import OperatorSession

    Deed: TypeAlias = "Callable[[Talk, Request], Awaitable[str]]"


class Talk:
    """One operator's talk with one server.

    Attributes:
        session: The connection, and what is known through it.
        surface: Where it is spoken.
        desk: What the operator has in view.
        settings: What the operator has chosen.
        attention: What was shown, and since when.
        batches: What was listed and shown of groups.
        heard: Who and what was heard of.
        line: What was typed and is being done, for keeping it at the prompt.
        leaving: The operator wants to leave.
    """

    def __init__(
        self, session: OperatorSession, surface: Surface, desk: Desk, settings: Settings, attention: Attention
    ) -> None:
        self.session = session
        self.surface = surface
        self.desk = desk
        self.settings = settings
        self.attention = attention
        self.batches = Batches(attention.now)
        self.heard = Heard()
        self.line = ""
        self.leaving = False

    @property
    def you(self) -> v1.Actor:
        """Who we are."""
        return self.session.you

    @property
    def now_us(self) -> int:
        """The server's time in microseconds since the Unix epoch; 0 before it was first told."""
        return self.session.clock.now_us()

    @property
    def rules(self) -> v1.ConsoleRules:
        """What the policy asks of consoles; empty where the server did not say."""
        return self.session.rules

    @property
    def connected(self) -> bool:
        """The server can be told something now."""
        return self.session.link is Link.UP

    def short(self, decision_id: str) -> str:
        """Return enough of an id to know it by: as much, at least, as no other known one starts with. Inert."""
        shown, unique = short_id(decision_id), self.session.replica.unique_prefix(decision_id)
        return shown if len(shown) >= len(unique) else name(unique)

    def tell(self, lines: Iterable[Line], *data: Message) -> None:
        """Tell lines to a person, or the messages to a program that asked for them."""
        self.surface.tell(lines, *data)

    def say(self, style: str, text: str) -> None:
        """Tell one line in one style, such as "dim". The text is made inert."""
        self.surface.tell([[(f"class:{style}", sentence(text))]])

    def refuse(self, text: str) -> None:
        """Tell that something was not done. The text is made inert."""
        self.surface.refuse(sentence(text))

    def find(self, request: Request) -> v1.Decision | None:
        """Return the decision that a request is about, and move the focus to it.

        Where the word means none, or several, that is refused, and None returned.
        """
        found = self.desk.find(request.word)
        if isinstance(found, Unclear):
            self.refuse(found.message)
            return None
        self.desk.focus = found.decision_id
        return found

    def show_page(self, decision: v1.Decision) -> None:
        """Tell all about a decision, and note that it was shown."""
        lines = page(decision, self.now_us, self.surface.width)
        self.surface.tell(lines, decision)
        self.attention.shown(decision, lines)
