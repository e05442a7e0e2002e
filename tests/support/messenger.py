"""A destination and its bookmark without a network and a disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from governance_server.engine.ports import BookmarkError, MessengerError

if TYPE_CHECKING:
    from governance_server.engine.ports import Bookmark, Message


class InMemoryMessenger:
    """The port's Messenger; it keeps what it takes.

    Attributes:
        taken: The messages it took, in order.
        failures: How many sends are still to fail.
    """

    def __init__(self, *, failures: int = 0) -> None:
        self.taken: asyncio.Queue[Message] = asyncio.Queue()
        self.failures = failures
        self.attempts: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, message: Message) -> None:
        self.attempts.put_nowait(message)
        await asyncio.sleep(0)  # as a network would, this lets others run before it is there
        if self.failures:
            self.failures -= 1
            raise MessengerError("The service could not be reached, or did not take the message.")
        self.taken.put_nowait(message)


class InMemoryBookmarks:
    """The port's Bookmarks, without a disk.

    Attributes:
        kept: The bookmarks, by name.
        broken: Whether writing fails.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Bookmark] = {}
        self.broken = False

    async def read(self, name: str) -> Bookmark | None:
        return self.kept.get(name)

    async def write(self, name: str, bookmark: Bookmark) -> None:
        if self.broken:
            raise BookmarkError(f"{name} cannot be written: No space left on device.")
        self.kept[name] = bookmark._replace(reminded=dict(bookmark.reminded))
