"""Labelled facts, and the words of others, as lines of a page. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from governance_client import language
from governance_client.console.glyphs import GLYPHS
from governance_client.console.inert import inert, inert_lines, pad, width_of, wrap
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance_client.console.lines import Line

LABELS: Final = (
    *(N_("decision"), N_("state"), N_("proposed"), N_("decides"), N_("deadline"), N_("deferred"), N_("assigned")),
    *(N_("claimed"), N_("approvals"), N_("target"), N_("asset"), N_("observed"), N_("evidence"), N_("indicators")),
    *(N_("data"), N_("action"), N_("parameter"), N_("digest"), N_("core says"), N_("threat"), N_("impact")),
    *(N_("risk"), N_("concerns"), N_("mitigate"), N_("modified"), N_("change"), N_("asked"), N_("answered")),
    *(N_("vote"), N_("approved"), N_("held"), N_("order"), N_("outcome"), N_("ended"), N_("returned"), N_("undo")),
    *(N_("reversed"), N_("reverses"), N_("note"), N_("alarm"), N_("score"), N_("automation"), N_("rules")),
    *(N_("policy"), N_("operator"), N_("since"), N_("verdicts"), N_("group")),
)
"""Everything that stands before a fact. In each language the column is as wide as the longest of them."""
_WIDEST_LABEL: Final = 16
"""Columns of a label in any language; a translation has to be shorter."""
_TEXT_LINES: Final = 12
"""Of each quoted text; `show ID --json` has all of it."""


@lru_cache(maxsize=8)
def _columns(spoken: str) -> int:
    del spoken  # the labels are looked up in it
    return min(max(width_of(_(label)) for label in LABELS), _WIDEST_LABEL) + 1


def label_columns() -> int:
    """Return how many columns a label takes, with the space after it."""
    return _columns(language.spoken())


def facts(labelled: Iterable[tuple[str, str]], width: int) -> Iterator[Line]:
    """Yield labelled facts. Texts are inert and told already, labels are of `LABELS`; long ones go on below."""
    columns = label_columns()
    for label, text in labelled:
        for number, piece in enumerate(wrap(text, width - columns)):
            yield [("class:label", pad("" if number or not label else _(label), columns)), ("", piece)]


def fact(label: str, line: Line) -> Line:
    """Return a labelled fact that has styles of its own."""
    return [("class:label", pad(_(label) if label else "", label_columns())), *line]


def quoted(label: str, text: str, width: int, *, most: int = _TEXT_LINES, title: str = "") -> Iterator[Line]:
    """Yield what someone wrote, each line marked as that; nothing where nothing was written.

    Args:
        label: Of `LABELS`, or empty.
        text: What was written, as it was written.
        width: Columns of the terminal.
        most: Most lines of it.
        title: What its writer calls it, as it was written; quoted with it.
    """
    if not text and not title:
        return
    columns = label_columns()
    room = max(width - columns - width_of(GLYPHS.quote), 1)
    if title:
        text = f"{inert(title, limit=_WIDEST_LABEL * 4)}: {text}"
    for number, line in enumerate(inert_lines(text, room, most)):
        shown = "" if number or not label else _(label)
        yield [("class:label", pad(shown, columns)), ("class:quote", GLYPHS.quote), ("", line)]
