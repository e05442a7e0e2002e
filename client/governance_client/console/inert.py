"""Makes text inert: whatever someone wrote, it cannot move the terminal, forge a line or hide what it says.

Everything that a proposal, an alert, an operator or a server wrote passes through here before it is shown, in the
console and in the command line's output for people. What may not be shown as it is, is shown as a mark that can be
seen: a control character as its picture (`␛`), anything else as its number (`<U+202E>`). Nothing is left out silently.
Scripts written from right to left stay as they are, in quotes that keep them from rearranging what stands beside them.
Where only ASCII is drawn, everything else is shown as its number.

However much was written, only as much of it is looked at as can be shown.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wcwidth import wcswidth, wcwidth

from governance_client.console.glyphs import GLYPHS, UNICODE, Glyphs, spelled
from governance_client.language import ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_CHARACTERS: Final = 2200
"""Most characters of one line that are looked at. The longest part of an action, of 2048, is not cut."""
MARKS_PER_CHARACTER: Final = 2
"""Most combining marks that stay on a character. Living languages need two; towers of them cover other lines."""
NAME_CHARACTERS: Final = 64
"""Most characters of a name that are shown. The contract allows no longer ones."""
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9._:@/!-]+")
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS: Final = frozenset({"Mn", "Me", "Mc"})
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters and marks that show nothing: names that differ in them look the same."""
_FIRST_VARIATION: Final = range(0xFE00, 0xFE10)
_OTHER_VARIATIONS: Final = range(0xE0100, 0xE01F0)
_STRONG: Final = frozenset({"L", "R", "AL"})
_QUOTES: Final = "\u02bb\u02bc"
"""MODIFIER LETTER TURNED COMMA and APOSTROPHE: the quotes that are letters to the bidirectional algorithm (UAX #9)."""
_PICTURES: Final = 0x2400
_DELETE: Final = 0x7F
_DELETED: Final = 0x21
"""The picture of DELETE stands right after those of the other controls."""


def inert(text: str, limit: int = LINE_CHARACTERS) -> str:
    """Return text as one line that does nothing but be read.

    Args:
        text: Whatever someone wrote.
        limit: Most characters of it to show; what is beyond is cut, with a mark, and not looked at.
    """
    return _inert(text, limit, GLYPHS)


def filed(text: str, limit: int) -> str:
    """Return text for a file as one line that does nothing: as `inert`, whatever is drawn on this terminal."""
    return _inert(text, limit, UNICODE)


def sentence(text: str) -> str:
    """Return a sentence of ours as one inert line: where only ASCII is drawn, it is read without its accents.

    What others wrote in it is inert already, by its numbers; this is the net beneath it.
    """
    if GLYPHS.ascii and not text.isascii():
        # what has no width has no place in a sentence of ours, and is not left out but shown
        text = "".join(spelled(each) if wcwidth(each) > 0 else each for each in text)
    return inert(text)


def name(text: str, limit: int = NAME_CHARACTERS) -> str:
    """Return a name that stands among our own words: as it is if it is an identifier, else quoted, without spaces."""
    if _IDENTIFIER.fullmatch(text[: limit + 1]):
        return inert(text, limit)
    return _enclosed(inert(text, limit).replace(" ", GLYPHS.space)) if text else ""


def value(text: str, limit: int = LINE_CHARACTERS) -> str:
    """Return a target or the like that stands among our own words: in quotes if it has a space in it."""
    shown = inert(text, limit)
    return _enclosed(shown) if " " in shown else shown


def _enclosed(shown: str) -> str:
    """Return inert text in our quotes, which nothing within can close."""
    for quote in {GLYPHS.opening, GLYPHS.closing}:
        shown = shown.replace(quote, _number(quote))
    return f"{GLYPHS.opening}{shown}{GLYPHS.closing}"


def _inert(text: str, limit: int, glyphs: Glyphs) -> str:
    head = text[:limit]
    cut = glyphs.cut if len(text) > limit else ""
    if head.isascii() and head.isprintable():
        return head + cut
    return _contained(_visible(head, ascii_only=glyphs.ascii) + cut)


def _visible(text: str, *, ascii_only: bool) -> str:
    """Return text with everything in it that could act shown as a mark."""
    shown: list[str] = []
    marks = MARKS_PER_CHARACTER  # a combining mark without a character before it would land on ours
    for character in text:
        if unicodedata.category(character) in _MARKS and not (_is_invisible(character) or ascii_only):
            marks += 1
            shown.append(character if marks <= MARKS_PER_CHARACTER else _number(character))
        else:
            picture = _shown(character, ascii_only=ascii_only)
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

    Only line feeds, alone or after a carriage return, part lines. If there is more, one line beyond `most` says how
    many of the text's lines are left.
    """
    lines: list[str] = []
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        # one character more than is shown, so that the cut is seen
        line = text[start : min(end, start + LINE_CHARACTERS + 1)]
        if end - start <= LINE_CHARACTERS and end < len(text):
            line = line.removesuffix("\r")
        for piece in _pieces(inert(line), width):
            if len(lines) == most:
                return [*lines, fit(_left_out(1 + text.count("\n", start)), width)]
            lines.append(piece)
        start = end + 1
    return lines


def _left_out(count: int) -> str:
    told = ngettext("and {count} more line", "and {count} more lines", count)
    return f"{GLYPHS.cut} {told.format(count=count)}"


@lru_cache(maxsize=4096)  # the characters of what is on the screen
def columns_of(character: str) -> int:
    """Return how many columns a character adds to a line: a spacing mark adds one, though alone it has none."""
    width = wcwidth(character)
    return width if width > 0 else max(wcswidth("0" + character) - 1, 0)


def width_of(text: str) -> int:
    """Return how many columns inert text takes."""
    return len(text) if text.isascii() else sum(map(columns_of, text))


def fit(text: str, width: int) -> str:
    """Return inert text cut to at most `width` columns, with a mark where it was cut."""
    if width_of(text) <= width:
        return text
    room = max(width - 1, 0)
    kept: list[str] = []
    for character in text:
        room -= columns_of(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + (GLYPHS.cut if width > 0 else "")


def pad(text: str, width: int) -> str:
    """Return inert text in exactly `width` columns, cut or filled up."""
    fitted = fit(text, width)
    return fitted + " " * (width - width_of(fitted))


def wrap(text: str, width: int) -> list[str]:
    """Return an inert line in pieces of at most `width` columns, parted at spaces where there are any."""
    return list(_pieces(text, width))


def _pieces(text: str, width: int) -> Iterator[str]:
    """Yield the pieces one by one, so that nothing is done for those that nobody asks for."""
    start = 0
    while True:
        end = _end(text, start, width)
        if end == len(text):
            yield text[start:]
            return
        space = end if text[end] == " " else text.rfind(" ", start + 1, end)
        while space > start and _is_mark(text[space + 1 : space + 2]):
            space = text.rfind(" ", start + 1, space)  # a mark belongs to the space, and would land on ours
        end = space if space > start else _before_marks(text, start, end)
        yield text[start:end]
        start = end + 1 if text[end] == " " and not _is_mark(text[end + 1 : end + 2]) else end


def _before_marks(text: str, start: int, end: int) -> int:
    """Return a place to part text at, up to an end: not between a character and the marks on it, if that is not all."""
    at = end
    while at > start + 1 and _is_mark(text[at]):
        at -= 1
    return end if _is_mark(text[at]) else at


def _is_mark(character: str) -> bool:
    return bool(character) and not character.isascii() and unicodedata.category(character) in _MARKS


def _end(text: str, start: int, width: int) -> int:
    """Return where as much of a text as fits ends, at least one character on."""
    if text.isascii():
        return min(start + max(width, 1), len(text))
    taken = 0
    for index in range(start, len(text)):
        taken += columns_of(text[index])
        if taken > width:
            return max(index, start + 1)
    return len(text)


def _shown(character: str, *, ascii_only: bool) -> str:
    point = ord(character)
    if character.isascii() and character.isprintable():
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if ascii_only:
        return _number(character)
    if point < ord(" ") or point == _DELETE:
        return chr(_PICTURES + min(point, _DELETED))
    if category in _UNSHOWN or _is_invisible(character) or wcwidth(character) < 1:
        return _number(character)
    return character


def _is_invisible(character: str) -> bool:
    point = ord(character)
    return character in _BLANK or point in _FIRST_VARIATION or point in _OTHER_VARIATIONS


def _number(character: str) -> str:
    return f"<U+{ord(character):04X}>"
