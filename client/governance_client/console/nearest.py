"""The nearest known word to one that was mistyped: to be suggested, never to be taken in its place. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.inert import inert
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 40
"""Characters of a typed word that are looked at; every known word is shorter."""
_LETTERS_A_SLIP: Final = 3
"""One slip is forgiven for each so many letters: `aprove` is near `approve`, `cat` is near nothing."""


def nearest(typed: str, known: Iterable[str]) -> str:
    """Return the known word that was most likely meant; empty where none is near.

    A word that starts as typed is nearer than any that is spelled otherwise. Among equals the first one wins.
    """
    word = typed.casefold()
    words = list(known)
    if not word or len(word) > _LONGEST:
        return ""
    started = [each for each in words if each.casefold().startswith(word)]
    if started:
        return min(started, key=len)
    most = max(1, len(word) // _LETTERS_A_SLIP)
    # a word of one or two letters is one slip away from every other of them
    near = [(slips(word, each.casefold()), each) for each in words if len(word) > 1]
    found = min(near, key=lambda pair: pair[0], default=(most + 1, ""))
    return found[1] if found[0] <= most else ""


def suggestion(typed: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or else all of them."""
    words = list(known)
    found = nearest(typed, words)
    if found:
        return _("Did you mean `{word}`?").format(word=inert(found))
    return _("There are {words}.").format(words=", ".join(map(inert, words)))


def slips(one: str, other: str) -> int:
    """Return how many slips part two words: a letter too many, missing or wrong, or two that changed places.

    The optimal string alignment distance: the Damerau-Levenshtein distance in which no part is edited twice.
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        this = [row]
        for column, wanted in enumerate(other, 1):
            best = min(last[column] + 1, this[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                best = min(best, before[column - 2] + 1)
            this.append(best)
        before, last = last, this
    return last[-1]
