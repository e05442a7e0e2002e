"""What SqliteStore promises beyond the port: the file, its lock, its failures and its revisions."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from governance import v1
from governance_server.engine.ports import Appendage, DecisionQuery, StoreBusyError, StoreError
from governance_server.ledger import queries, sqlite_store, statements, write_back
from governance_server.ledger.listing import selection
from governance_server.ledger.migration import known_revisions, migrate, migration_engine
from governance_server.ledger.schema import REVISION, metadata
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.write_back import DUE_PAGES
from tests.support.entries import LedgerBuilder, append

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path, create=True)
    yield store
    await store.close()


class TestFile:
    async def test_nobody_else_may_read_it(self, path: Path, store: SqliteStore) -> None:
        """The ledger and the files that SQLite puts beside it are readable by their owner alone."""
        await append(store, Appendage([LedgerBuilder().created()]))
        files = sorted(path.parent.iterdir())
        assert [file.name for file in files] == ["ledger.db", "ledger.db-shm", "ledger.db-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    async def test_there_is_none(self, path: Path) -> None:
        """Opening a ledger that is not there says so, and makes none."""
        with pytest.raises(StoreError, match=r"There is no ledger at .*ledger\.db"):
            await SqliteStore.open(path, create=False)
        assert not await asyncio.to_thread(path.exists)

    async def test_no_directory(self, path: Path) -> None:
        """Making a ledger in a directory that is not there says what to do."""
        with pytest.raises(StoreError, match="Make its directory first"):
            await SqliteStore.open(path / "deeper" / "ledger.db", create=True)

    async def test_not_a_database(self, path: Path) -> None:
        """A file that is no database is refused and left as it is."""
        diary = b"Dear diary, " * 100
        await asyncio.to_thread(path.write_bytes, diary)
        with pytest.raises(StoreError, match="not a database"):
            await SqliteStore.open(path, create=False)
        assert await asyncio.to_thread(path.read_bytes) == diary

    async def test_every_commit_reaches_the_disk(self, store: SqliteStore) -> None:
        """The writing connection logs ahead and waits for the disk at each commit."""
        settings = [
            next(iter(await store._driver.execute_fetchall(f"PRAGMA {name}")))[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
        assert settings == ["wal", 2, 1]

    async def test_what_was_overwritten_is_not_blanked(self, store: SqliteStore) -> None:
        """However SQLite was built, a write does not blank what it overwrites; erasing has that done by itself."""
        assert list(await store._driver.execute_fetchall("PRAGMA secure_delete")) == [(0,)]

    async def test_the_log_begins_anew(self, path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """The log does not grow with the ledger: it is written back and begun anew, by no commit."""
        monkeypatch.setattr(write_back, "DUE_PAGES", 40)
        monkeypatch.setattr(write_back, "LONG_PAGES", 100)
        await store._driver.execute("PRAGMA wal_autocheckpoint = 0")
        builder = LedgerBuilder()
        for number in range(60):
            await append(store, builder.decided(f"decision-{number}", personal=bytes(20_000)))
            await _written_back(store)
        sizes = await asyncio.to_thread(lambda: [path.stat().st_size, path.with_name("ledger.db-wal").stat().st_size])
        assert sizes[1] < sizes[0] / 2

    async def test_the_log_is_written_back_beside_the_commits(self, path: Path, store: SqliteStore) -> None:
        """Where the writing connection never does it, the other one has the log written back into the database."""
        await store._driver.execute("PRAGMA wal_autocheckpoint = 0")
        before = (await asyncio.to_thread(path.stat)).st_size
        builder = LedgerBuilder()
        await append(store, *[builder.decided(f"decision-{n}", personal=bytes(1000)) for n in range(DUE_PAGES)])
        await _written_back(store)
        assert (await asyncio.to_thread(path.stat)).st_size > before + 1_000_000

    async def test_what_cannot_be_written_back_is_tried_again(
        self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Writing the log back may fail, and nobody who commits hears of it; the next time does what is left."""
        monkeypatch.setattr(write_back, "DUE_PAGES", 1)
        builder = LedgerBuilder()
        store._write_back._beside.leave(lambda connection: connection.close())
        await append(store, builder.decided("decision-1"))
        await _written_back(store)
        assert (await store.head()).offset == 1
        await append(store, builder.decided("decision-2"))
        await _written_back(store)
        assert (await store.head()).offset == 2


async def _written_back(store: SqliteStore) -> None:
    """Return when what was written was written back, as far as that could be done."""
    under_way = store._write_back._under_way
    if under_way is not None:
        await asyncio.wait([under_way])


class TestDriver:
    async def test_work_of_many_statements(self, store: SqliteStore) -> None:
        """Work is done on the connection's thread, and what it returns or raises comes back."""
        place = await store._driver.carry_out(lambda connection: (threading.get_ident(), connection.in_transaction))
        assert place != (threading.get_ident(), False)
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await store._driver.carry_out(lambda connection: connection.execute("SELECT * FROM recipes"))

    async def test_cancelled_work_goes_on(self, store: SqliteStore) -> None:
        """Work that is cancelled is done all the same, before what is asked of the connection afterwards."""
        go_on, done = threading.Event(), []

        def work(_: sqlite3.Connection) -> None:
            go_on.wait(timeout=10)
            done.append("cancelled")

        task = asyncio.create_task(store._driver.carry_out(work))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        following = asyncio.create_task(store._driver.carry_out(lambda _: done.append("following")))
        go_on.set()
        await following
        assert done == ["cancelled", "following"]


class TestLock:
    async def test_opening_a_ledger_again_keeps_the_locks_on_it(self, path: Path, store: SqliteStore) -> None:
        """A second store in one process comes and goes; another process's reading does not remove the log after it."""
        builder = LedgerBuilder()
        await append(store, Appendage([builder.created()]))
        await (await SqliteStore.open(path, create=False)).close()
        reading = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM head'); c.close()"
        reader = await asyncio.create_subprocess_exec(sys.executable, "-c", reading, str(path))
        assert await reader.wait() == 0
        assert await asyncio.to_thread(path.with_name("ledger.db-wal").exists)
        assert (await store.head()).offset == 1

    async def test_another_store_waits(self, path: Path, store: SqliteStore) -> None:
        """Two stores on one file take turns: the second sees what the first appended."""
        other = await SqliteStore.open(path, create=False)
        builder = LedgerBuilder()
        seen: list[int] = []

        async def second() -> None:
            async with other.transaction() as transaction:
                seen.append(transaction.head.offset)

        try:
            async with asyncio.TaskGroup() as tasks, store.transaction() as transaction:
                tasks.create_task(second())
                await transaction.append(Appendage([builder.created()]))
                assert not seen
        finally:
            await other.close()
        assert seen == [1]

    async def test_a_lock_held_too_long(self, path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever does not get the lock in time is told so, and may try again."""
        monkeypatch.setattr(sqlite_store, "PATIENCE_MS", 1)
        builder = LedgerBuilder()
        holder = sqlite3.connect(path, isolation_level=None)
        try:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError, match="could not be locked: database is locked"):
                await append(store, Appendage([builder.created()]))
        finally:
            holder.close()
        await append(store, *[Appendage(builder.records)])
        assert (await store.head()).offset == 1


class TestCancellation:
    @pytest.mark.parametrize(
        ("statement", "kept"), [("BEGIN", 0), ("SELECT head", 0), ("INSERT INTO entries", 1), ("COMMIT", 1)]
    )
    async def test_cancelled_while_the_disk_works(
        self, store: SqliteStore, statement: str, kept: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A commit on its way is carried to its end though cancelled, twice even; whatever comes before is undone."""
        monkeypatch.setattr(sqlite_store, "FEW", -1)  # so that the head is locked on SQLite's thread
        loop = asyncio.get_running_loop()
        reached, go_on = asyncio.Event(), threading.Event()

        def pause(running: str) -> None:
            if running.startswith(statement) and not go_on.is_set():
                loop.call_soon_threadsafe(reached.set)
                go_on.wait(timeout=10)

        await store._driver.set_trace_callback(pause)
        builder = LedgerBuilder()
        task = asyncio.create_task(append(store, builder.decided("decision-1")))
        await reached.wait()
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        head = await store.head()
        assert head.offset == kept
        await append(store, LedgerBuilder.after(head).decided("decision-2"))
        assert (await store.head()).offset == kept + 1

    async def test_a_cancelled_read(self, store: SqliteStore) -> None:
        """Reads that are cancelled give their connections back: more of them than there are leave the store usable."""
        for steps in range(40):
            task = asyncio.create_task(store.head())
            for _ in range(steps % 8):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert (await store.head()).offset == 0


class TestFailure:
    async def test_a_full_disk(self, store: SqliteStore) -> None:
        """A transaction that finds no room is not kept; once there is room again, the next one is."""
        builder = LedgerBuilder()
        ((pages,),) = await store._driver.execute_fetchall("PRAGMA page_count")
        await store._driver.execute(f"PRAGMA max_page_count = {pages}")
        addition = builder.decided("decision-1", personal=bytes(100_000))
        with pytest.raises(StoreError, match=r"could not be written: .*full.* Nothing was changed"):
            await append(store, addition)
        assert (await store.head()).offset == 0
        await store._driver.execute(f"PRAGMA max_page_count = {pages + 1000}")
        await append(store, addition)
        assert (await store.head()).offset == 1

    async def test_a_commit_that_fails(self, store: SqliteStore) -> None:
        """When the commit itself fails, nothing of the transaction was kept and the store can go on."""
        builder = LedgerBuilder()

        async def committed_what_cannot_be() -> None:
            async with store.transaction() as transaction:
                await store._driver.execute("PRAGMA defer_foreign_keys = ON")
                await store._driver.execute("INSERT INTO personal VALUES (99, x'00', x'00')")
                await transaction.append(Appendage([builder.created()]))

        with pytest.raises(StoreError, match="FOREIGN KEY"):
            await committed_what_cannot_be()
        assert (await store.head()).offset == 0
        await append(store, Appendage(builder.records))
        assert (await store.head()).offset == 1

    async def test_errors_hold_no_content(self, store: SqliteStore) -> None:
        """What is told of a failed read names the cause, not the statement and its values."""
        await store._driver.execute("DROP TABLE credentials")
        with pytest.raises(StoreError) as caught:
            await store.credential("0123456789abcdef")
        assert "no such table" in str(caught.value)
        assert "0123456789abcdef" not in str(caught.value)


class TestRevisions:
    def test_migrations_lead_to_the_schema(self, path: Path) -> None:
        """A database made by the migrations has the tables, columns and indexes of the schema, and no others."""
        migrate(path)
        engine = migration_engine(path)
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert max(known_revisions()) == REVISION

    async def test_migrating_twice(self, path: Path, store: SqliteStore) -> None:
        """A ledger that is up to date is left alone."""
        await append(store, Appendage([LedgerBuilder().created()]))
        migrate(path)
        assert (await store.head()).offset == 1

    async def test_a_newer_ledger(self, path: Path) -> None:
        """A ledger of a newer version is refused with what to do, and not touched."""
        migrate(path)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        with pytest.raises(StoreError, match=r"newer version of this program.*start the newer version"):
            await SqliteStore.open(path, create=False)

    async def test_another_database(self, path: Path) -> None:
        """A database that is no ledger is refused, and gets no tables."""
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
        with pytest.raises(StoreError, match="not a ledger"):
            await SqliteStore.open(path, create=True)
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["recipes"]
        connection.close()


URGENCY, RECENT = v1.DECISION_ORDER_URGENCY, v1.DECISION_ORDER_RECENT
OPEN = v1.DecisionFilter(open_only=True)


class TestPlans:
    @pytest.mark.parametrize(
        ("wanted", "order", "index"),
        [
            (v1.DecisionFilter(), URGENCY, "decisions_by_urgency"),
            (OPEN, URGENCY, "decisions_by_urgency"),
            (v1.DecisionFilter(), RECENT, "decisions_by_offset"),
            (OPEN, RECENT, "open_decisions_by_offset"),
            (v1.DecisionFilter(cores=["one"]), RECENT, "decisions_of_core"),
        ],
    )
    @pytest.mark.parametrize("paged", [False, True])
    async def test_listing(
        self, store: SqliteStore, wanted: v1.DecisionFilter, order: v1.DecisionOrder.ValueType, index: str, paged: bool
    ) -> None:
        """A page is read out of an index in its order, from where it starts, without sorting."""
        builder = LedgerBuilder()
        await append(store, *[builder.decided(f"decision-{number}", core="one") for number in range(3)])
        asked = DecisionQuery(wanted, order, 2)
        if paged:
            asked = asked._replace(after=(await store.list_decisions(asked)).next)
        plan = await self.plan(store, str(selection(asked).compile(compile_kwargs={"literal_binds": True})))
        assert f"INDEX {index}" in plan
        assert "TEMP B-TREE" not in plan
        assert ("SEARCH" in plan) == (paged or bool(wanted.cores) or order == URGENCY)

    @pytest.mark.parametrize(
        "statement",
        [
            queries.changes(7, 2),
            queries.changes(7, 2, open_only=True),
            queries.changes(7, 2, core="one"),
            queries.records(7, 2, ""),
            queries.records(7, 2, "decision-1"),
            queries.deeds("operator-1", 7, 2),
            queries.deeds("operator-1", 7, 2, "decision-1"),
            queries.latest_of_group("g", "decision-1", 2),
        ],
    )
    async def test_reading_on(self, store: SqliteStore, statement: object) -> None:
        """Reading on from an offset starts there."""
        plan = await self.plan(store, str(statement.compile(compile_kwargs={"literal_binds": True})))  # type: ignore[attr-defined] # a Select of any row
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan

    @pytest.mark.parametrize(
        ("statement", "index"),
        [
            (queries.ends_of_group("g", "decision-1", 2), "ended_decisions_of_group"),
            (queries.open_of_group("g", "decision-1"), "open_decisions_of_group"),
        ],
    )
    async def test_counting_a_group(self, store: SqliteStore, statement: object, index: str) -> None:
        """What is counted of a group is read out of an index alone; no decision is touched."""
        plan = await self.plan(store, str(statement.compile(compile_kwargs={"literal_binds": True})))  # type: ignore[attr-defined] # a Select of any row
        assert f"SEARCH decisions USING COVERING INDEX {index}" in plan

    async def test_reading_what_is_open(self, store: SqliteStore) -> None:
        """Reading on from an offset starts there, and reads what is open only."""
        plan = await self.plan(store, queries.OPEN_DECISIONS.replace("?", "7"))
        assert plan == "SEARCH decisions USING INDEX open_decisions_by_offset (offset>?)"

    @pytest.mark.parametrize("statement", [*statements.READ_REQUESTS, *statements.READ_DECISIONS])
    async def test_looking_up(self, store: SqliteStore, statement: str) -> None:
        """Keys are looked up one by one; nothing but the given keys is walked through."""
        plan = await self.plan(store, statement.replace("?", "'[]'"))
        assert [line for line in plan.splitlines() if "SCAN" in line and "VIRTUAL TABLE" not in line] == []

    @staticmethod
    async def plan(store: SqliteStore, statement: str) -> str:
        return "\n".join(row[3] for row in await store._driver.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}"))
