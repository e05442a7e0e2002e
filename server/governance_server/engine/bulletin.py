"""Bulletins: what changed in a tail, made once for all the sessions that stand at the same place.

Hundreds of screens look at the same decisions and are mostly told at the same time, so that what one of them has to be
told is what the next one has to be told. A session that has nothing of its own to hear takes the news from here, and
whoever sends them keeps the frame that it made with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1
    from governance_server.engine.tail import Tail

MOST_PLACES: Final = 8
"""Places that news are kept for, of a tail: who is told while nothing is published stands at few. Each may hold a frame
of half a MiB."""


class Copy:
    """A frame of shared news, as whoever sends them made it.

    Attributes:
        frame: Its bytes; empty until it is made.
        made_at_us: When.
    """

    __slots__ = ("frame", "made_at_us")

    def __init__(self) -> None:
        self.frame = b""
        self.made_at_us = 0


class News(NamedTuple):
    """What a session has to be told: in one frame, or in a few where the receipts are many bytes.

    Attributes:
        receipts: The answers to its commands, as `frames.receipt_item` encodes each.
        changes: Changes as `frames.change_item` encodes them, in ascending order of offsets.
        offset: The resume point once the frame is read.
        caught_up: Nothing older than the ledger's head is left to tell.
        halts: Halts that were declared or ended since they were told last; those that ended are `released`.
        pressure: How much waits, where core should hold back otherwise than it was told last.
        console_rules: What the policy asks of consoles, where that is otherwise than an operator was told last.
        copy: Where the frame is kept that is made of it, when other sessions are told the very same; None for news of
            one session alone.
    """

    receipts: Sequence[bytes]
    changes: Sequence[bytes]
    offset: int
    caught_up: bool
    halts: Sequence[v1.Halt] = ()
    pressure: v1.Pressure | None = None
    console_rules: v1.ConsoleRules | None = None
    copy: Copy | None = None

    @property
    def idle(self) -> bool:
        """There is nothing to tell but the time and the offset."""
        told = self.receipts or self.changes or self.halts
        return not told and self.pressure is None and self.console_rules is None


class Bulletin:
    """The news of one tail since the last that was published there."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._head = tail.head
        self._floor = tail.floor
        self._news: dict[int, News] = {}

    def after(self, cursor: int, max_bytes: int) -> News | None:
        """Return what changed after a cursor, as `Tail.after`; the same news to all until more is published."""
        tail = self._tail
        if cursor < tail.floor:
            return None
        # What was dropped from the tail, since it was erased, is not kept here either.
        if tail.head != self._head or tail.floor != self._floor or len(self._news) >= MOST_PLACES:
            self._head, self._floor = tail.head, tail.floor
            self._news.clear()
        news = self._news.get(cursor)
        if news is None:
            recent = tail.after(cursor, max_bytes=max_bytes)
            if recent is None:
                return None
            items, offset = recent
            news = News((), [item.change for item in items], offset, caught_up=offset >= tail.head, copy=Copy())
            self._news[cursor] = news
        return news


class Bulletins:
    """The bulletins of all tails, by tail."""

    def __init__(self) -> None:
        self._of: dict[Tail, Bulletin] = {}

    def of(self, tail: Tail) -> Bulletin:
        """Return a tail's."""
        bulletin = self._of.get(tail)
        if bulletin is None:
            bulletin = self._of[tail] = Bulletin(tail)
        return bulletin
