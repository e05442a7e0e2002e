"""Where SqliteStore carries a commit out: on the loop's own thread, while that takes no longer than deciding does."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from governance_server.engine.ports import StoreError
from governance_server.ledger.pace import QUICK_NS, Pace
from governance_server.ledger.sqlite_store import FEW, SqliteStore
from tests.support.entries import LedgerBuilder, append

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Disk:
    """A clock on which each commit takes as long as the disk is slow.

    Attributes:
        takes_ns: How long each reading is after the one before.
    """

    def __init__(self, takes_ns: int) -> None:
        self.takes_ns = takes_ns
        self._now_ns = 0

    def __call__(self) -> int:
        self._now_ns += self.takes_ns
        return self._now_ns


class Watched:
    """A store, and on which thread it has committed.

    Attributes:
        here: The last commit was on this one.
    """

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.builder = LedgerBuilder()
        self.here = False

    def note(self, statement: str) -> None:
        """Be told what SQLite executes, on the thread where it does."""
        if statement == "COMMIT":
            self.here = threading.current_thread() is threading.main_thread()

    async def commit(self, entries: int = 1) -> bool:
        """Commit so many entries; tell whether that was done on this thread."""
        numbers = range(len(self.builder.records), len(self.builder.records) + entries)
        await append(self.store, *[self.builder.decided(f"decision-{number}") for number in numbers])
        return self.here


@asynccontextmanager
async def watched(path: Path, disk: Disk | None) -> AsyncIterator[Watched]:
    store = await SqliteStore.open(path, create=True, monotonic_ns=disk)
    watched = Watched(store)
    await store._driver.set_trace_callback(watched.note)
    try:
        yield watched
    finally:
        await store.close()


async def test_without_a_clock(path: Path) -> None:
    """A store that cannot tell the time has no commit hold the loop up."""
    async with watched(path, None) as store:
        assert [await store.commit() for _ in range(3)] == [False, False, False]


async def test_a_disk_is_taken_for_slow_until_it_was_quick(path: Path) -> None:
    """The first commit is waited for on SQLite's thread, and those after it are carried out at once."""
    async with watched(path, Disk(QUICK_NS)) as store:
        assert [await store.commit() for _ in range(3)] == [False, True, True]


async def test_a_disk_that_stalls_holds_the_loop_up_once(path: Path) -> None:
    """After one slow commit the next ones are waited for elsewhere, until one of them was quick again."""
    disk = Disk(QUICK_NS)
    async with watched(path, disk) as store:
        await store.commit()
        disk.takes_ns = QUICK_NS + 1
        assert [await store.commit() for _ in range(3)] == [True, False, False]
        disk.takes_ns = QUICK_NS
        assert [await store.commit() for _ in range(2)] == [False, True]


async def test_many_entries_are_written_elsewhere(path: Path) -> None:
    """The loop goes on while many entries reach the disk."""
    async with watched(path, Disk(0)) as store:
        await store.commit()
        assert [await store.commit(FEW), await store.commit(FEW + 1)] == [True, False]


async def test_entries_in_parts_are_written_elsewhere(path: Path) -> None:
    """Few entries that come in parts are committed where the first of them is being written already."""
    async with watched(path, Disk(0)) as store:
        await store.commit()
        async with store.store.transaction() as transaction:
            for number in (2, 3):
                await transaction.append(store.builder.decided(f"decision-{number}"))
        assert store.here is False
        assert (await store.store.head()).offset == 3


class LongWriteBack:
    """A write-back that goes on until it is let."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def __call__(self, _: sqlite3.Connection) -> int:
        self.go_on.wait(timeout=10)
        return 0


async def test_while_the_log_is_written_back(path: Path) -> None:
    """A disk that is busy with the log is not waited for by the loop."""
    async with watched(path, Disk(0)) as store:
        await store.commit()
        writing_back, work = store.store._write_back, LongWriteBack()
        writing_back._under_way = writing_back._beside.begin(work)
        assert await store.commit() is False
        work.go_on.set()
        await writing_back._under_way
        assert await store.commit() is True


async def test_the_head_is_not_locked_here_while_the_writer_is_busy(path: Path) -> None:
    """While the log's end is written back on the writing connection, the next transaction waits there for its turn."""
    async with watched(path, Disk(0)) as store:
        await store.commit()
        writing_back, work = store.store._write_back, LongWriteBack()
        writing_back._under_way = writing_back._ending = writing_back._writing.begin(work)
        assert writing_back.holds_writer
        writing_back._beside.leave(lambda _: work.go_on.set())
        assert await store.commit() is True
        assert not writing_back.holds_writer


async def test_a_commit_that_fails_here(path: Path) -> None:
    """What cannot be committed at once is rolled back as elsewhere, and the store goes on."""
    async with watched(path, Disk(0)) as store:
        await store.commit()
        driver = store.store._driver

        async def committed_what_cannot_be() -> None:
            async with store.store.transaction():
                await driver.execute("PRAGMA defer_foreign_keys = ON")
                await driver.execute("INSERT INTO personal VALUES (99, x'00', x'00')")

        with pytest.raises(StoreError, match="could not be written: FOREIGN KEY"):
            await committed_what_cannot_be()
        assert (await store.store.head()).offset == 1
        assert [await store.commit() for _ in range(2)] == [False, True]
        assert (await store.store.head()).offset == 3


async def test_a_full_disk_found_here(path: Path) -> None:
    """A transaction that finds no room is not kept, on this thread either."""
    async with watched(path, Disk(0)) as store:
        await store.commit()
        driver = store.store._driver
        ((pages,),) = await driver.execute_fetchall("PRAGMA page_count")
        await driver.execute(f"PRAGMA max_page_count = {pages}")
        addition = store.builder.decided("decision-2", personal=bytes(100_000))
        with pytest.raises(StoreError, match=r"could not be written: .*full.* Nothing was changed"):
            await append(store.store, addition)
        await driver.execute(f"PRAGMA max_page_count = {pages + 1000}")
        await append(store.store, addition)
        assert (await store.store.head()).offset == 2


def test_a_commit_that_fails_was_not_quick() -> None:
    """What failed says nothing of the disk: the next commit is waited for elsewhere."""
    pace = Pace(lambda: 0)

    def fail(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with sqlite3.connect(":memory:") as connection:
        pace.timed(lambda _: None, connection)
        assert pace.is_quick
        with pytest.raises(sqlite3.OperationalError):
            pace.timed(fail, connection)
    connection.close()
    assert not pace.is_quick
