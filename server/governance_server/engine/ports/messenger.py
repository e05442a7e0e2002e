"""The ports of whoever is told outside, and of how far each was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class MessengerError(Exception):
    """A message was not delivered, as far as can be told. The text says why, without the destination's secrets."""


class Message(NamedTuple):
    """What a destination is told.

    Attributes:
        title: One line.
        body: One line for each thing that happened.
        urgent: Somebody has to look at once.
    """

    title: str
    body: str
    urgent: bool


class Messenger(Protocol):
    """The way to one destination outside: a mailbox, a chat, a telephone, a program of others."""

    async def send(self, message: Message) -> None:
        """Return when the destination has taken the message; it may take it twice, if it is sent again.

        Never blocks the event loop, and ends in bounded time. Raises MessengerError where it was not taken, or where
        nobody can tell.
        """


class Bookmark(NamedTuple):
    """How far one destination was told.

    Attributes:
        ledger_id: The ledger it is about.
        offset: Everything up to this entry was told, or did not have to be.
        reminded: When what was told lately happened, in microseconds since the epoch, by subject.
    """

    ledger_id: str
    offset: int
    reminded: Mapping[str, int]


class BookmarkError(Exception):
    """A bookmark could not be read or written; the message tells people why, and what to do."""


class Bookmarks(Protocol):
    """Where bookmarks are kept, one for each destination's name. Each has one writer."""

    async def read(self, name: str) -> Bookmark | None:
        """Return the bookmark that was written last; None where there is none. Raises BookmarkError."""

    async def write(self, name: str, bookmark: Bookmark) -> None:
        """Keep a bookmark in place of the former: durable, and whole or not at all. Raises BookmarkError."""
