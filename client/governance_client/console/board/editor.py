"""The editor: one line that is being typed, with a cursor in it. Pure but for its own state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.inert import inert, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_client.console.rendering import Line

MOST: Final = 4096
"""Characters that a line takes: as many as the contract lets a reason have."""
_CURSOR: Final = "_"
"""Stands where the next character goes; a terminal without colours shows it too."""

_MOVES: Final[Mapping[str, Callable[[int, int], int]]] = {
    "left": lambda at, _end: at - 1,
    "right": lambda at, _end: at + 1,
    "home": lambda _at, _end: 0,
    "end": lambda _at, end: end,
    "c-b": lambda at, _end: at - 1,
    "c-f": lambda at, _end: at + 1,
    "c-a": lambda _at, _end: 0,
    "c-e": lambda _at, end: end,
}
"""Where the cursor goes, from where it is and how long the line is."""
_EDITS: Final[Mapping[str, Callable[[str, str], tuple[str, str]]]] = {
    "backspace": lambda before, after: (before[:-1], after),
    "delete": lambda before, after: (before, after[1:]),
    "c-d": lambda before, after: (before, after[1:]),
    "c-u": lambda _before, after: ("", after),
    "c-k": lambda before, _after: (before, ""),
    "c-w": lambda before, after: (_without_word(before), after),
}
"""What stands before and after the cursor, from what stood there."""


class Editor:
    """A line, and where in it one is.

    Attributes:
        text: What is typed.
        cursor: Before which character of it.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.cursor = len(text)

    def press(self, key: str) -> None:
        """Take a key: a character goes in, editing keys edit, and any other does nothing."""
        if key in _MOVES:
            self.cursor = min(max(_MOVES[key](self.cursor, len(self.text)), 0), len(self.text))
        elif key in _EDITS:
            self._become(*_EDITS[key](self.text[: self.cursor], self.text[self.cursor :]))
        elif len(key) == 1 and key.isprintable():
            self.insert(key)

    def insert(self, text: str) -> None:
        """Put text where the cursor is, as one line, without anything in it that acts, as far as there is room."""
        harmless = "".join(each if each.isprintable() else " " for each in text[: 2 * MOST])
        line = " ".join(harmless.split()) if len(text) > 1 else harmless
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        self._become(before + line[: max(MOST - len(self.text), 0)], after)

    def drawn(self, width: int) -> Line:
        """Return the part of the line around the cursor, of at most `width` columns, the cursor marked."""
        at = self.text[self.cursor : self.cursor + 1]
        shown = inert(at) if at and at != " " else _CURSOR
        room = max(width - width_of(shown), 0)
        before = _ending(inert(self.text[: self.cursor]), room)
        after = _beginning(inert(self.text[self.cursor + 1 :]), room - width_of(before))
        return [("class:target", before), ("reverse", shown), ("class:target", after)]

    def _become(self, before: str, after: str) -> None:
        self.text = before + after
        self.cursor = len(before)


def _ending(text: str, width: int) -> str:
    while width_of(text) > width:
        text = text[max((width_of(text) - width) // 2, 1) :]
    return text


def _beginning(text: str, width: int) -> str:
    while width_of(text) > width:
        text = text[: -max((width_of(text) - width) // 2, 1)]
    return text


def _without_word(text: str) -> str:
    kept = text.rstrip()
    return kept[: kept.rfind(" ") + 1]
