"""Labelled facts, and the words of others, as lines of a page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.inert import inert_lines, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance_client.console.rendering import Line

LABEL: Final = 11
"""Columns of a label."""
_QUOTE: Final = "│ "
"""Stands before every line that someone else wrote, so that none can pass for one of ours."""
_TEXT_LINES: Final = 12
"""Of each quoted text; `show ID --json` has all of it."""


def facts(labelled: Iterable[tuple[str, str]], width: int) -> Iterator[Line]:
    """Yield labelled facts. They are inert already; long ones go on below."""
    for label, text in labelled:
        for number, piece in enumerate(wrap(text, width - LABEL)):
            yield [("class:label", pad("" if number else label, LABEL)), ("", piece)]


def quoted(title: str, text: str, width: int) -> Iterator[Line]:
    """Yield what someone wrote, each line marked as that; nothing where nothing was written. The title is inert."""
    if not text:
        return
    if title:
        yield from ([("class:label", piece)] for piece in wrap(title, width))
    for line in inert_lines(text, width - len(_QUOTE), _TEXT_LINES):
        yield [("class:dim", _QUOTE), ("", line)]
