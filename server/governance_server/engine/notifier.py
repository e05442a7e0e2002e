"""The notifier: tells people outside of what cannot wait until somebody looks.

Theory of operation. Every destination has a courier of its own, and the courier a bookmark: the offset up to which its
destination was told. It reads the ledger from there, in order, sends what its destination wants to hear of, and moves
the bookmark only when the destination has taken it. So every notice is told at least once, in order, over restarts; a
destination that fails keeps its courier waiting and nobody else, and costs no memory, since what it has missed is in
the ledger. Nothing is ever given up.

It follows the ledger, not the governor: it is woken after the commit, reads the store like everybody else, and nobody
waits for it. A bug in it ends notifications, which the log says; the gate stays.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from governance import v1
from governance_server.domain.moment import SECOND_US
from governance_server.engine.notices import kinds_of, message_of, notice_of_decision, notice_of_house
from governance_server.engine.ports import Bookmark, BookmarkError, MessengerError, StoreError
from governance_server.engine.reminders import Reminders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tenacity import RetryCallState

    from governance_server.engine.notices import Notice, NoticeKind
    from governance_server.engine.ports import Bookmarks, Clock, Messenger, Record, Store
    from governance_server.engine.tail import Tails

log = structlog.get_logger(__name__)

T = TypeVar("T")

PAGE_ENTRIES: Final = 256
"""Entries read at once: enough to keep up with, and a read that is over in a few milliseconds."""
MAX_NOTICES: Final = 20
"""Most notices in one message: what still reads as a mail. A storm comes as a few long messages, not as thousands."""
GATHER_US: Final = SECOND_US
"""A courier looks up once a second at the most: what happens within one goes out together, and a busy ledger is read
in pages, not in single entries."""
FIRST_RETRY_S: Final = 1.0
"""A first failure is most often a passing one; each further wait is twice as long."""
LONGEST_RETRY_S: Final = 300.0
"""A destination that is back is told within five minutes."""
SAVE_ENTRIES: Final = 4096
"""Entries that nobody is told of and that a restart may have to read again: less than a second's reading."""


class Destination(NamedTuple):
    """Who is told, and what of.

    Attributes:
        name: What the bookmark is kept under, and what the log says.
        messenger: The way there.
        kinds: What it wants to hear of.
        min_risk: Leave out decisions of lower risk; what is about the house comes always.
    """

    name: str
    messenger: Messenger
    kinds: frozenset[NoticeKind]
    min_risk: v1.RiskLevel.ValueType


class Sources(NamedTuple):
    """What couriers read.

    Attributes:
        store: The ledger.
        clock: The time.
        bookmarks: Where they have been.
        reminder_s: Returns within how many seconds a decision is reminded of once.
    """

    store: Store
    clock: Clock
    bookmarks: Bookmarks
    reminder_s: Callable[[], int]


class Notifier:
    """The couriers of all destinations."""

    def __init__(self, sources: Sources, destinations: Sequence[Destination]) -> None:
        self._couriers = [Courier(sources, destination) for destination in destinations]

    async def start(self) -> None:
        """Take up every bookmark. A destination that has none is told of what happens from now on.

        Raises:
            BookmarkError: One cannot be read, or a first one not be written.
            StoreError: The ledger cannot be read.
        """
        for courier in self._couriers:
            await courier.start()

    async def run(self, tails: Tails) -> None:
        """Tell the destinations what happens, until cancelled.

        Args:
            tails: Wake the couriers when there is something new.
        """
        tasks = [asyncio.create_task(courier.run()) for courier in self._couriers]
        for task in tasks:
            task.add_done_callback(_tell_of_bug)
        tail = tails.of("")
        tail.follow(self._wake)
        try:
            if tasks:
                await asyncio.wait(tasks)
        finally:
            tail.leave(self._wake)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self) -> None:
        for courier in self._couriers:
            courier.wake()


def _tell_of_bug(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("notifications ended by a bug; restart the server to try again", exc_info=error)


class Courier:
    """One destination, and how far it was told."""

    def __init__(self, sources: Sources, destination: Destination) -> None:
        self._sources = sources
        self._destination = destination
        self._news = asyncio.Event()
        self._ledger_id = ""
        self._offset = 0
        self._saved_offset = 0
        self._reminders = Reminders({})

    def wake(self) -> None:
        """Have it look up."""
        self._news.set()

    async def start(self) -> None:
        """Take up the bookmark; as `Notifier.start`."""
        store, name = self._sources.store, self._destination.name
        self._ledger_id, head = await store.ledger_id(), await store.head()
        bookmark = await self._sources.bookmarks.read(name)
        if bookmark is not None and (bookmark.ledger_id != self._ledger_id or bookmark.offset > head.offset):
            log.warning("the ledger is another one; notifying from its end", destination=name, offset=head.offset)
            bookmark = None
        if bookmark is None:
            bookmark = Bookmark(self._ledger_id, head.offset, {})
            await self._sources.bookmarks.write(name, bookmark)
        self._offset = self._saved_offset = bookmark.offset
        self._reminders = Reminders(bookmark.reminded)

    async def run(self) -> None:
        """Tell the destination what happens, until cancelled."""
        clock = self._sources.clock
        while True:
            self._news.clear()
            looked_us = clock.now_us()
            while await self._tell_page():
                pass
            await self._news.wait()
            await clock.sleep_until(looked_us + GATHER_US)

    async def _tell_page(self) -> bool:
        """Tell of the next page of entries; return whether there may be more."""
        records = await self._until_done(self._read)
        if not records:
            return False
        notices = await self._until_done(lambda: self._notices(records))
        due: list[Notice] = []
        # One is admitted only when the ones before it are told or go out with it: what is remembered was told.
        for notice in filter(self._admits, notices):
            due.append(notice)
            if len(due) == MAX_NOTICES:
                await self._tell(due)
                due = []
        if due:
            await self._tell(due)
        self._offset = records[-1].offset
        if self._offset - self._saved_offset >= SAVE_ENTRIES:
            await self._save()
        return len(records) == PAGE_ENTRIES

    async def _read(self) -> Sequence[Record]:
        return await self._sources.store.records(after=self._offset, limit=PAGE_ENTRIES)

    async def _notices(self, records: Sequence[Record]) -> list[Notice]:
        """Return what this destination wants to hear of some entries."""
        notices: list[Notice] = []
        for record in records:
            entry = v1.Entry.FromString(record.entry)
            kinds = tuple(kind for kind in kinds_of(entry) if kind in self._destination.kinds)
            if not kinds:
                continue
            if not entry.decision_id:
                notices.append(notice_of_house(entry, kinds))
                continue
            decision = await self._sources.store.decision(entry.decision_id)
            assert decision is not None, "an entry is about a decision that there is"
            if decision.assessment.risk >= self._destination.min_risk:
                notices.append(notice_of_decision(entry, kinds, decision))
        return notices

    def _admits(self, notice: Notice) -> bool:
        admitted = self._reminders.admit(notice, self._sources.reminder_s())
        if not admitted:
            log.info("notice held back", destination=self._destination.name, subject=notice.subject)
        return admitted

    async def _tell(self, notices: Sequence[Notice]) -> None:
        """Send one message, however long it takes, and move the bookmark behind what it told."""
        message = message_of(notices)
        await self._until_done(lambda: self._destination.messenger.send(message))
        self._offset = notices[-1].offset
        self._reminders.forget(notices[-1].recorded_at_us, self._sources.reminder_s())
        log.info("notified", destination=self._destination.name, notices=len(notices), offset=self._offset)
        await self._save()

    async def _save(self) -> None:
        """Keep the bookmark. If that fails, a restart tells again what is told by now; no reason to stop telling."""
        bookmark = Bookmark(self._ledger_id, self._offset, self._reminders.told_us)
        try:
            await self._sources.bookmarks.write(self._destination.name, bookmark)
        except BookmarkError as error:
            log.warning("bookmark not kept", destination=self._destination.name, reason=str(error))
        else:
            self._saved_offset = self._offset

    async def _until_done(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something outside until it is done, with longer and longer pauses between."""
        # No jitter: a destination has one courier, so there is no herd to spread.
        retrying = AsyncRetrying(
            retry=retry_if_exception_type((MessengerError, StoreError)),
            wait=wait_exponential(multiplier=FIRST_RETRY_S, max=LONGEST_RETRY_S),
            sleep=self._pause,
            before_sleep=self._log_failure,
        )
        async for attempt in retrying:
            with attempt:
                return await work()
        raise AssertionError("it is tried again for ever")

    async def _pause(self, span_s: float) -> None:
        await self._sources.clock.sleep_until(self._sources.clock.now_us() + round(span_s * SECOND_US))

    def _log_failure(self, attempt: RetryCallState) -> None:
        assert attempt.outcome is not None
        assert attempt.next_action is not None
        log.warning(
            "notification failed; will be tried again",
            destination=self._destination.name,
            after=self._offset,
            attempt=attempt.attempt_number,
            retry_in_s=attempt.next_action.sleep,
            reason=str(attempt.outcome.exception()),
        )
