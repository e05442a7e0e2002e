"""Promise 7, hostile text is inert: all that an operator is told does nothing, once it is drawn as consoles draw it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from governance_client.console.inert import inert, inert_lines
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance import v1

_ACTS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WIDTH: Final = 80
_LINES: Final = 20


class Inertness:
    """Draws every text once.

    What stands in a decision that an operator is told is what stands in its entries, or `Following` says so: the texts
    of each entry are therefore drawn as it becomes durable, and not again with each change.
    """

    def __init__(self) -> None:
        self._drawn: set[str] = set()

    def entry(self, entry: v1.Entry, personal: v1.PersonalData) -> None:
        """Draw what stands in an entry, and in its personal data."""
        for text in (*texts(entry), *texts(personal)):
            self.text(text)

    def text(self, text: str) -> None:
        """Draw a text, as one line and as many."""
        if text in self._drawn:
            return
        self._drawn.add(text)
        for line in (inert(text), *inert_lines(text, _WIDTH, _LINES)):
            for character in line:
                if unicodedata.category(character) in _ACTS:
                    raise BrokenPromiseError(7, f"a text is drawn with U+{ord(character):04X} in it: {text[:60]!r}")


def texts(message: Message) -> Iterator[str]:
    """Return all texts in a message, map keys included."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            yield from _texts_within(value)
        elif field.type == FieldDescriptor.TYPE_STRING:
            yield from [value] if isinstance(value, str) else value


def _texts_within(value: object) -> Iterator[str]:
    if isinstance(value, Message):
        yield from texts(value)
    elif hasattr(value, "items"):  # a map, of texts only in this contract
        for key, kept in value.items():
            yield from (key, kept)
    else:
        for each in cast("Iterable[Message]", value):
            yield from texts(each)
