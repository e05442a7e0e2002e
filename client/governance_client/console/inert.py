"""Makes text inert: whatever someone wrote, it cannot move the terminal, forge a line or hide what it says.

Everything that a proposal, an alert, an operator or a server wrote passes through here before it is shown, in the
console and in the command line's output for people. What may not be shown as it is, is shown as a mark that can be
seen: a control character as its picture (`␛`), anything else as its number (`<U+202E>`). Nothing is left out silently.
Scripts written from right to left stay as they are, in quotes that keep them from rearranging what stands beside them.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from wcwidth import wcwidth

CUT: Final = "…"
"""Ends whatever was cut."""
LINE_CHARACTERS: Final = 2000
"""Most characters of one line that are looked at; nobody reads more, and a terminal is not flooded."""
MARKS_PER_CHARACTER: Final = 2
"""Most combining marks that stay on a character. Living languages need two; towers of them cover other lines."""
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters and marks that show nothing: names that differ in them look the same."""
_FIRST_VARIATION: Final = range(0xFE00, 0xFE10)
_OTHER_VARIATIONS: Final = range(0xE0100, 0xE01F0)
_STRONG: Final = frozenset({"L", "R", "AL"})
_QUOTES: Final = "\u02bb\u02bc"
"""MODIFIER LETTER TURNED COMMA and APOSTROPHE: the quotes that are letters to the bidirectional algorithm (UAX #9)."""
_PICTURES: Final = 0x2400
_DELETE: Final = 0x7F


def inert(text: str, limit: int = LINE_CHARACTERS) -> str:
    """Return text as one line that does nothing but be read.

    Args:
        text: Whatever someone wrote.
        limit: Most characters of it to show; what is beyond is cut, with a mark.
    """
    if text.isascii() and text.isprintable():
        return text if len(text) <= limit else text[:limit] + CUT
    return _contained(_visible(text[:limit]) + (CUT if len(text) > limit else ""))


def _visible(text: str) -> str:
    """Return text with everything in it that could act shown as a mark."""
    shown: list[str] = []
    marks = MARKS_PER_CHARACTER  # a combining mark without a character before it would land on ours
    for character in text:
        if unicodedata.category(character) in {"Mn", "Me", "Mc"} and not _is_invisible(character):
            marks += 1
            shown.append(character if marks <= MARKS_PER_CHARACTER else _number(character))
        else:
            picture = _shown(character)
            marks = 0 if picture == character else MARKS_PER_CHARACTER
            shown.append(picture)
    return "".join(shown)


def _contained(text: str) -> str:
    """Return text in quotes if it begins or ends with a script written from right to left.

    A terminal that draws such scripts would else let it run into our own words and figures beside it, and put those in
    another order. The quotes are letters, written from left to right, so that whatever stands beyond them stays.
    """
    strong = [kind for kind in map(unicodedata.bidirectional, text) if kind in _STRONG]
    if strong and not strong[0] == strong[-1] == "L":
        return f"{_QUOTES[0]}{text}{_QUOTES[1]}"
    return text


def inert_lines(text: str, width: int, most: int) -> list[str]:
    """Return text of many lines as inert lines of at most `width` columns, wrapped, and at most `most` of them.

    Only line feeds, alone or after a carriage return, part lines. The last line says how many were left out.
    """
    lines: list[str] = []
    source = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(source):
        for piece in wrap(inert(line), width):
            if len(lines) == most:
                left = len(source) - number
                return [*lines, fit(f"{CUT} and {left} more {'line' if left == 1 else 'lines'}", width)]
            lines.append(piece)
    return lines


def width_of(text: str) -> int:
    """Return how many columns inert text takes."""
    return len(text) if text.isascii() else sum(max(wcwidth(character), 0) for character in text)


def fit(text: str, width: int) -> str:
    """Return inert text cut to at most `width` columns, with a mark where it was cut."""
    if width_of(text) <= width:
        return text
    room = max(width - 1, 0)
    kept: list[str] = []
    for character in text:
        room -= max(wcwidth(character), 0)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + (CUT if width > 0 else "")


def pad(text: str, width: int) -> str:
    """Return inert text in exactly `width` columns, cut or filled up."""
    fitted = fit(text, width)
    return fitted + " " * (width - width_of(fitted))


def wrap(text: str, width: int) -> list[str]:
    """Return an inert line in pieces of at most `width` columns, parted at spaces where there are any."""
    pieces: list[str] = []
    rest = text
    while width_of(rest) > width:
        head = _head(rest, width)
        space = head.rfind(" ")
        if space > 0:
            head = head[:space]
        pieces.append(head)
        rest = rest[len(head) :].removeprefix(" ")
    return [*pieces, rest]


def _head(text: str, width: int) -> str:
    """Return as much of the start of a text as fits, at least one character."""
    taken = 0
    for index, character in enumerate(text):
        taken += max(wcwidth(character), 0)
        if taken > width:
            return text[: max(index, 1)]
    return text


def _shown(character: str) -> str:
    point = ord(character)
    if point < ord(" "):
        return chr(_PICTURES + point)
    if point == _DELETE:
        return "␡"
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in _UNSHOWN or _is_invisible(character) or wcwidth(character) < 1:
        return _number(character)
    return character


def _is_invisible(character: str) -> bool:
    point = ord(character)
    return character in _BLANK or point in _FIRST_VARIATION or point in _OTHER_VARIATIONS


def _number(character: str) -> str:
    return f"<U+{ord(character):04X}>"
