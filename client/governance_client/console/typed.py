"""Typed lines in words: quotes as in a shell, and everything else as it was typed. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from governance_client.language import _

_QUOTES: Final = "'\""
_ESCAPABLE: Final = '"\\'


class Word(NamedTuple):
    """One word of a line.

    Attributes:
        text: What it says, without the quotes around it or a part of it.
        start: Where it starts in the line.
        end: Where it ends.
        quoted: It starts with a quote: it is a value, and never an option.
    """

    text: str
    start: int
    end: int
    quoted: bool


class UnclosedError(ValueError):
    """A quote was opened and not closed.

    Attributes:
        start: Where it is in the line.
        word: Where the word starts that it is in; before it, other parts of the word may have stood in quotes.
    """

    def __init__(self, mark: str, start: int, word: int) -> None:
        super().__init__(
            _("The quote {mark} is not closed. Close it, or put the whole text in the other kind of quotes.").format(
                mark=mark
            )
        )
        self.start = start
        self.word = word


def words(line: str) -> list[Word]:
    r"""Return the words of a line.

    A quote opens at the start of a word, after a `=` or right behind another quoted part, and nowhere else: the
    apostrophe in `it's` is one. Within double quotes a backslash stands before a quote or a backslash that is meant
    literally; everywhere else it is itself, as in `C:\temp`.

    Raises:
        UnclosedError: A quote is not closed.
    """
    found: list[Word] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word = _word(line, at)
        found.append(word)
        at = word.end
    return found


def _word(line: str, start: int) -> Word:
    parts: list[str] = []
    at = start
    opens = True
    while at < len(line) and not line[at].isspace():
        if opens and line[at] in _QUOTES:
            text, at = _quoted(line, at, start)
            parts.append(text)
            continue
        parts.append(line[at])
        opens = line[at] == "="
        at += 1
    return Word("".join(parts), start, at, line[start] in _QUOTES)


def _quoted(line: str, start: int, word: int) -> tuple[str, int]:
    """Return what stands in the quotes that open at a place, and the place after them. The word starts at another."""
    mark, parts, at = line[start], list[str](), start + 1
    while at < len(line) and line[at] != mark:
        if mark == '"' and line[at] == "\\" and line[at + 1 : at + 2] and line[at + 1] in _ESCAPABLE:
            at += 1
        parts.append(line[at])
        at += 1
    if at == len(line):
        raise UnclosedError(mark, start, word)
    return "".join(parts), at + 1


def quoted(text: str) -> str:
    """Return a text as one word that is read back as that text; without quotes where it needs none."""
    if text and not any(each.isspace() or each in _QUOTES for each in text) and not text.startswith("--"):
        return text
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def raw(line: str, said: list[Word]) -> str:
    """Return what several words say as it was typed, quotes and all; of one word what it says.

    The words stand in the line one after another, with nothing but spaces between them.
    """
    if not said:
        return ""
    return said[0].text if len(said) == 1 else line[said[0].start : said[-1].end]
