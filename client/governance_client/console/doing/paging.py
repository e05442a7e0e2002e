"""Paging: a page that is longer than the terminal is shown in pieces, and a person goes on from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.page import page
from governance_client.console.surface import Interrupted
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1
    from governance_client.console.lines import Line
    from governance_client.console.talk import Talk

BELOW: Final = 2
"""Rows below what is told: the question's, and the toolbar's."""
_STOP: Final = "q"


async def shown_whole(talk: Talk, decision: v1.Decision, before: Sequence[Line], after: int) -> bool:
    """Show all about a decision, and return whether all of it was shown; only then is it noted as shown.

    Where it does not fit, it comes in pieces of the terminal's height. It has been in view since the first of them.

    Args:
        talk: Where; a person is there.
        decision: What about.
        before: Lines to show before the page.
        after: Rows of what is shown right after it, which the end of the page has to stay on the screen with.
    """
    since_s = talk.attention.now()
    lines = page(decision, talk.now_us, talk.surface.width)
    left = [*before, *lines]
    while len(left) > max(talk.surface.height - after, 0):
        rows = max(talk.surface.height - BELOW, 1)
        talk.tell(left[:rows])
        left = left[rows:]
        if not await _goes_on(talk):
            return False
    talk.tell(left, decision)
    talk.attention.shown(decision, lines, since_s)
    return True


async def _goes_on(talk: Talk) -> bool:
    """Return whether a person goes on, by Enter alone; anything else but the word to stop is asked again."""
    question: Line = [("class:prompt", _("Enter goes on, q stops")), ("", ": ")]
    while True:
        try:
            typed = (await talk.surface.answer(question)).strip()
        except Interrupted:
            return False
        if not typed:
            return True
        if typed.casefold() == _STOP:
            return False
