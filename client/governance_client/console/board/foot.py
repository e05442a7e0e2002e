"""The foot: the rows at the bottom, with a dialogue, or with what was done last and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.board.dialogue import Dialogue, Notice, made_larger
from governance_client.console.inert import sentence, width_of, wrap
from governance_client.console.rendering import clip
from governance_client.language import pgettext

if TYPE_CHECKING:
    from governance_client.console.board.keys import Keys
    from governance_client.console.rendering import Line

_HINTED: Final = (
    *("keys", "quit", "approve", "reject", "modify", "escalate", "claim", "next", "defer", "ask"),
    *("why", "open", "filter", "history", "panes"),
)
"""In the order of what is worth the room."""
_GAP: Final = "  "
_STATUS: Final = 3
"""Rows that a sentence takes at most."""


class Foot:
    """What stands at the bottom.

    Attributes:
        dialogue: What is asked, or told and has to be read; None for neither.
    """

    def __init__(self, keys: Keys) -> None:
        self.dialogue: Dialogue | Notice | None = None
        self._keys = keys
        self._style = self._status = ""

    def say(self, style: str, text: str) -> None:
        """Tell something in the status line, until the next thing is told. The text is made inert."""
        self._style, self._status = f"class:{style}" if style else "", sentence(text)

    def lines(self, width: int, most: int) -> list[Line]:
        """Return the foot, and note that the dialogue is on the screen where all of it is."""
        if self.dialogue is None:
            return [*self._told(width, min(_STATUS, most - 1)), hints(self._keys, width)]
        lines = self.dialogue.lines(width)
        self.dialogue.drawn = len(lines) <= most
        return lines if self.dialogue.drawn else made_larger(width)[:most]

    def _told(self, width: int, most: int) -> list[Line]:
        """Return the status on one line, or on a few where it is longer; the last is cut where it is longer still."""
        pieces = wrap(self._status, width)
        shown = pieces if len(pieces) <= most else [*pieces[: most - 1], " ".join(pieces[most - 1 :])]
        return [clip([(self._style, piece)], width) for piece in shown]

    def unseen(self) -> None:
        """Note that nothing of it is on the screen: what is typed from here on answers nothing."""
        if self.dialogue is not None:
            self.dialogue.drawn = False


def hints(keys: Keys, width: int) -> Line:
    """Return as many keys as there is room for, with what they do, each whole."""
    line: Line = []
    room = width
    for name in _HINTED:
        key, told = keys.of(name), _words()[name]
        room -= width_of(key) + 1 + width_of(told) + (len(_GAP) if line else 0)
        if room < 0:
            break
        line += [*([("", _GAP)] if line else []), ("class:key", key), ("class:dim", f" {told}")]
    return line


def _words() -> dict[str, str]:
    return {
        "keys": pgettext("key", "keys"),
        "quit": pgettext("key", "back"),
        "approve": pgettext("key", "approve"),
        "reject": pgettext("key", "reject"),
        "modify": pgettext("key", "modify"),
        "escalate": pgettext("key", "escalate"),
        "claim": pgettext("key", "claim"),
        "next": pgettext("key", "next"),
        "defer": pgettext("key", "defer"),
        "ask": pgettext("key", "ask"),
        "why": pgettext("key", "why"),
        "open": pgettext("key", "open"),
        "filter": pgettext("key", "filter"),
        "history": pgettext("key", "history"),
        "panes": pgettext("key", "panes"),
    }
