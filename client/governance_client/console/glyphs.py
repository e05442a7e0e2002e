"""Glyphs: the characters that we draw with ourselves, in Unicode or in ASCII.

Chosen once, when a program starts. Views read `GLYPHS` when they draw, so that they stay values in, text out.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Final

from wcwidth import wcwidth


@dataclass(slots=True)
class Glyphs:
    """One way to draw.

    Attributes:
        ascii: Nothing outside of ASCII is shown, whoever wrote it.
        quote: Stands before every line that someone else wrote.
        cut: Ends whatever was cut. One column.
        arrow: From before to after.
        opening: Opens a name or a target that has more in it than letters.
        closing: Closes it.
        space: A space in a name, where it could be taken for the end of the name.
        eighths: Parts of a full column of a bar, from one part up to all of it.
        rest: A column that a bar leaves empty.
        marker: Points to what is selected, or stands out.
        separator: Between parts of a line that have no order.
        horizontal: A border from left to right.
        vertical: A border from top to bottom.
        top_left: A corner.
        top_right: A corner.
        bottom_left: A corner.
        bottom_right: A corner.
        tee_left: Where a border starts from the left one.
        tee_right: Where it meets the right one.
        up: There is more above.
        down: There is more below.
    """

    ascii: bool
    quote: str
    cut: str
    arrow: str
    opening: str
    closing: str
    space: str
    eighths: str
    rest: str
    marker: str
    separator: str
    horizontal: str
    vertical: str
    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str
    tee_left: str
    tee_right: str
    up: str
    down: str


UNICODE: Final = Glyphs(
    ascii=False,
    quote="│ ",
    cut="…",
    arrow="→",
    opening="“",
    closing="”",
    space="␠",
    eighths="▏▎▍▌▋▊▉█",
    rest="·",
    marker="▸",
    separator="·",
    horizontal="─",
    vertical="│",
    top_left="┌",
    top_right="┐",
    bottom_left="└",
    bottom_right="┘",
    tee_left="├",
    tee_right="┤",
    up="▲",
    down="▼",
)
ASCII: Final = Glyphs(
    ascii=True,
    quote="| ",
    cut="~",
    arrow="->",
    opening='"',
    closing='"',
    space="_",
    eighths="#",
    rest=".",
    marker=">",
    separator="-",
    horizontal="-",
    vertical="|",
    top_left="+",
    top_right="+",
    bottom_left="+",
    bottom_right="+",
    tee_left="+",
    tee_right="+",
    up="^",
    down="v",
)


GLYPHS: Final = replace(UNICODE)
"""The set in use. One a program: a console has one terminal."""


def use(*, ascii: bool) -> None:  # noqa: A002 - named as the setting is
    """Draw with this from here on."""
    chosen = ASCII if ascii else UNICODE
    for each in fields(Glyphs):
        setattr(GLYPHS, each.name, getattr(chosen, each.name))


_SIGNS: Final = MappingProxyType(
    {"…": "~", "→": ">", "│": "|", "·": "-", "×": "x", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'"}  # noqa: RUF001 - what is spelled
)
"""Signs of ours, by what is near in ASCII."""


def spelled(text: str) -> str:
    """Return text of ours as it can be drawn: where only ASCII is, without accents, in as many columns.

    What others wrote is in ASCII already where that is all there is; this is for the translations.
    """
    if not GLYPHS.ascii or text.isascii():
        return text
    return "".join(each if each.isascii() else _spelled(each) for each in unicodedata.normalize("NFC", text))


def _spelled(character: str) -> str:
    """Return what stands in ASCII for a character, in as many columns; a letter for itself without its accents."""
    letter = unicodedata.normalize("NFKD", character)[0]
    near = _SIGNS.get(character, letter if letter.isascii() else "?")
    return near * max(wcwidth(character), 0)


def bar(value: float, columns: int) -> tuple[str, str]:
    """Return a bar for a value from 0 to 1, and what is left of its columns, together exactly so many wide.

    What is more than nothing is never shown as nothing.
    """
    steps = len(GLYPHS.eighths)
    filled = round(min(max(value, 0.0), 1.0) * columns * steps) if value == value else 0  # noqa: PLR0124 - not NaN
    if value > 0 and columns > 0:
        filled = max(filled, 1)
    whole, part = divmod(filled, steps)
    drawn = GLYPHS.eighths[-1] * whole + (GLYPHS.eighths[part - 1] if part else "")
    return drawn, GLYPHS.rest * (columns - len(drawn))
