"""Lines: styled text, cut to the width of a terminal. Pure."""

from __future__ import annotations

from typing import Final, TypeAlias

from governance_client.console.glyphs import GLYPHS
from governance_client.console.inert import fit, width_of

Fragment: TypeAlias = tuple[str, str]
"""A style and a text in it, as prompt-toolkit takes them. Styles are named in `theme`."""
Line: TypeAlias = list[Fragment]

NARROWEST: Final = 40
"""A terminal below this many columns is drawn as if it had so many."""


def clip(line: Line, width: int) -> Line:
    """Return a line cut to at most `width` columns, with a mark where it was cut."""
    if line_width(line) <= width:
        return line
    clipped: Line = []
    left = max(width - 1, 0)  # a column is the mark's
    for style, text in line:
        if width_of(text) > left:
            return [*clipped, (style, fit(text + GLYPHS.cut, left + 1))]
        clipped.append((style, text))
        left -= width_of(text)
    return clipped


def line_width(line: Line) -> int:
    """Return how many columns a line takes."""
    return sum(width_of(text) for _, text in line)


def plain(line: Line) -> str:
    """Return a line without its styles."""
    return "".join(text for _, text in line)
