"""Key lines: in which line of a TOML text each of its keys stands. The standard library's parser does not tell."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Place: TypeAlias = tuple[str | int, ...]
"""The keys from the top; an element of a list by its number, from 1."""

_KEY: Final = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_BLANK: Final = re.compile(r"(?:\s+|#[^\n]*)*")
_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n",
    re.DOTALL,
)


def key_lines(document: str) -> Mapping[Place, int]:
    """Return the line, from 1, of every table and key of a document that the parser takes.

    What stands within an inline table or a list is not told apart: its line is that of the key it is the value of.
    """
    return _Scan(document).lines


def line_of(lines: Mapping[Place, int], place: Sequence[str | int]) -> int:
    """Return the line of a place, or of the nearest one around it; 0 where there is none."""
    for length in range(len(place), 0, -1):
        line = lines.get(tuple(place[:length]))
        if line is not None:
            return line
    return 0


class _Scan:
    """One pass over a document, statement by statement."""

    def __init__(self, document: str) -> None:
        self.lines: dict[Place, int] = {}
        self._text = document.replace("\r\n", "\n")
        self._breaks = [match.start() for match in re.finditer("\n", self._text)]
        self._counts: dict[Place, int] = {}
        self._table: Place = ()
        at = self._skip_blank(0)
        while at < len(self._text):
            at = self._skip_blank(self._header(at) if self._text[at] == "[" else self._pair(at))

    def _skip_blank(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        assert match is not None
        return match.end()

    def _header(self, at: int) -> int:
        """Take in `[table]` or `[[table]]`; return where it ends."""
        brackets = 2 if self._text.startswith("[[", at) else 1
        keys, end = self._keys(at + brackets)
        place = self._numbered(keys)
        if brackets > 1:
            number = self._counts[place] = self._counts.get(place, 0) + 1
            self._note(place, at)
            place = (*place, number)
        self._table = place
        self._note(place, at)
        return end + brackets

    def _pair(self, at: int) -> int:
        """Take in `key = value`; return where it ends."""
        keys, end = self._keys(at)
        for length in range(1, len(keys) + 1):
            self._note((*self._table, *keys[:length]), at)
        return self._skip_value(end + 1)

    def _keys(self, at: int) -> tuple[list[str], int]:
        """Return the parts of a dotted key, and where it ends."""
        keys = []
        while True:
            match = _KEY.match(self._text, at)
            assert match is not None, "the parser took this for a key"
            keys.append(next(part for part in match.groups() if part is not None))
            at = match.end()
            if self._text[at] != ".":
                return keys, at
            at += 1

    def _numbered(self, keys: Sequence[str]) -> Place:
        """Return a header's place: within a list of tables, its last one is meant."""
        place: Place = ()
        for key in keys:
            if place in self._counts:
                place = (*place, self._counts[place])
            place = (*place, key)
        return place

    def _skip_value(self, at: int) -> int:
        """Return where a value ends: at a line's end outside of brackets."""
        depth = 0
        for match in _TOKEN.finditer(self._text, at):
            found = match[0]
            if found in "[{":
                depth += 1
            elif found in "]}":
                depth -= 1
            elif found == "\n" and not depth:
                return match.end()
        return len(self._text)

    def _note(self, place: Place, at: int) -> None:
        self.lines.setdefault(place, bisect_left(self._breaks, at) + 1)
