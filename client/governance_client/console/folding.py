"""Folds our own words and signs into ASCII, for terminals that show nothing else. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from governance_client.console.lines import Line

_SIGNS: Final = str.maketrans(
    {"…": "...", "→": "->", "│": "|", "·": "-", "×": "x", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'"}  # noqa: RUF001 - what is folded
)
_UNKNOWN: Final = "?"


def folded(text: str) -> str:
    """Return text in ASCII: letters without their accents, signs by what is near, and `?` for everything else.

    What other people wrote was made inert before, and stands there as marks already.
    """
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text.translate(_SIGNS))
    return "".join(each if each.isascii() else _UNKNOWN for each in letters if not unicodedata.combining(each))


def folded_line(line: Line) -> Line:
    """Return a line in ASCII."""
    return [(style, folded(text)) for style, text in line]
