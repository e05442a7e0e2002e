"""News for whoever watches a session: gathered until fetched, one update a decision, cheap for a slow reader too."""

from __future__ import annotations

import asyncio
import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance_client.operator.replica import Update


class Link(enum.Enum):
    """How the session stands with the server."""

    CONNECTING = "connecting"
    UP = "connected"
    DOWN = "disconnected"
    ENDED = "ended"


class News(NamedTuple):
    """What has gathered since the news before.

    Attributes:
        updates: The decisions that changed, in the order they first did; each with its newest state.
        snapshot: The updates are everything that is open now; whatever was known before is void.
        link: How the session stands now.
        why: Why it is not connected, for people; empty while it is.
    """

    updates: tuple[Update, ...]
    snapshot: bool
    link: Link
    why: str


class Freshness:
    """Gathers news for one reader. Memory is bounded by the number of decisions."""

    def __init__(self) -> None:
        self.link = Link.CONNECTING
        self.why = ""
        self._updates: dict[str, Update] = {}
        self._snapshot = False
        self._complete = False
        self._ready = asyncio.Event()

    def turn(self, link: Link, why: str = "") -> None:
        """Note that the session stands differently now."""
        self.link, self.why = link, why
        self._ready.set()

    def start_over(self) -> None:
        """Note that a snapshot begins: what has gathered so far is void."""
        self._updates.clear()
        self._snapshot = True
        self._complete = False

    def gather(self, updates: Iterable[Update], *, complete: bool, stirred: bool = False) -> None:
        """Note updates. Of a snapshot that is not complete nothing is told yet.

        Args:
            updates: The decisions that changed.
            complete: What was gathered is whole.
            stirred: Something else changed that a reader looks at in the replica, such as a halt.
        """
        for update in updates:
            earlier = self._updates.get(update.after.decision_id)
            self._updates[update.after.decision_id] = update._replace(before=earlier.before) if earlier else update
        self._complete = complete
        if stirred or (complete and (self._updates or self._snapshot)):
            self._ready.set()

    async def fetch(self) -> News:
        """Wait until there is something new, and return all of it."""
        await self._ready.wait()
        self._ready.clear()
        if not self._complete:
            return News((), False, self.link, self.why)
        news = News(tuple(self._updates.values()), self._snapshot, self.link, self.why)
        self._updates.clear()
        self._snapshot = False
        return news
