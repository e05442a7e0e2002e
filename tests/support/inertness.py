"""What inert means: nothing on the screen does anything but be read, and nothing is wider than the screen."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from wcwidth import wcswidth

from governance_client.console.inert import MARKS_PER_CHARACTER, width_of
from governance_client.console.lines import NARROWEST, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance_client.console.lines import Line

_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me", "Mc"})


def assert_inert(text: str) -> None:
    """Hold a text to be one line that cannot move, hide or reorder anything, and that a terminal can take."""
    marks = MARKS_PER_CHARACTER
    for character in text:
        category = unicodedata.category(character)
        assert category not in _FORBIDDEN, f"U+{ord(character):04X} in {text!r}"
        marks = marks + 1 if category in _MARKS else 0
        assert marks <= MARKS_PER_CHARACTER or category not in _MARKS, f"a tower of marks in {text!r}"
    text.encode()


def assert_drawn(lines: Iterable[Line], width: int) -> None:
    """Hold lines to be inert and within the screen, by our count and by the whole line's."""
    for line in lines:
        text = plain(line)
        assert_inert(text)
        assert width_of(text) <= max(width, NARROWEST), text
        assert 0 <= wcswidth(text) <= max(width, NARROWEST), text
