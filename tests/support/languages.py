"""Speaking another language for a while, and one in which whatever is not looked up shows."""

from __future__ import annotations

import gettext
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from governance_client import language
from governance_client.console import naming, quoting

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE: Final = re.compile(r"(\{[^}]*\}|%\([a-z_]+\)[a-z]|%[a-z])")
_LETTER: Final = re.compile(r"[A-Za-z]")
MARK: Final = "ж"
"""What stands for each letter of ours that was looked up: as wide as a letter, and in no text of ours."""


class _Marked(gettext.NullTranslations):
    """Answers each text with its letters struck out and its placeholders kept."""

    def gettext(self, message: str) -> str:
        return "".join(part if _PLACE.fullmatch(part) else _LETTER.sub(MARK, part) for part in _PLACE.split(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        del context
        return self.gettext(message)


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Speak a language within the block, and English after it."""
    language.use(spoken)
    try:
        yield
    finally:
        language.use("en")


@contextmanager
def struck_out() -> Iterator[None]:
    """Within the block, strike out every letter that goes through a catalogue."""
    before = language._SPOKEN.catalogue, language._SPOKEN.language
    language._SPOKEN.catalogue, language._SPOKEN.language = _Marked(), "struck out"
    try:
        yield
    finally:
        language._SPOKEN.catalogue, language._SPOKEN.language = before
        naming._spoken.cache_clear()
        naming._by_spoken.cache_clear()
        quoting._columns.cache_clear()
