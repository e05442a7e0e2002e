"""A ledger of an older version is led to the newest revision, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic import command
from alembic.config import Config

from governance import v1
from governance_server.domain.tree import root
from governance_server.engine.ports import Appendage
from governance_server.ledger.migration import SCRIPTS, migrate, migration_engine
from governance_server.ledger.schema import metadata
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import check
from tests.support.entries import LedgerBuilder, append
from tests.support.lived import LIVED, live
from tests.support.messages import OPERATOR_1
from tests.unit.test_tree import naive_root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Rows = list[dict[str, Any]]
SINCE_THEN: Final = {"entries": {"operator"}, "decisions": {"group_key", "ended"}}
"""The columns that revision 0002 does not have, by table."""
TABLES_SINCE_THEN: Final = {"tiles", "checkpoints"}
"""The tables that it does not have."""


def rows_of(path: Path) -> dict[str, Rows]:
    """Return everything in a ledger, by table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2")]
            for name in metadata.tables
        }


def made_at(path: Path, revision: str) -> None:
    """Make an empty ledger of an older revision."""
    engine = migration_engine(path)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS))
        command.upgrade(config, revision)
    engine.dispose()


def filled(path: Path, content: Mapping[str, Rows]) -> None:
    """Put rows into a ledger of revision 0002, without what it does not have."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM head")
        for name, rows in content.items():
            for row in rows if name not in TABLES_SINCE_THEN else ():
                known = {key: value for key, value in row.items() if key not in SINCE_THEN.get(name, ())}
                places = ", ".join("?" * len(known))
                names = ", ".join(f'"{key}"' for key in known)
                connection.execute(f"INSERT INTO {name} ({names}) VALUES ({places})", tuple(known.values()))


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return an empty ledger of revision 0002."""
    path = tmp_path / "older.db"
    made_at(path, "0002")
    return path


async def test_nothing_is_lost(tmp_path: Path, older: Path) -> None:
    """A ledger that an older version wrote becomes, row by row, what this one would have written, and checks out."""
    written = tmp_path / "written.db"
    store = await SqliteStore.open(written, create=True)
    await live(store)
    await store.close()
    content = rows_of(written)
    filled(older, content)
    store = await SqliteStore.open(older, create=False)
    assert await check(store) == (LIVED,)
    deeds = await store.deeds(OPERATOR_1.name, before=LIVED + 1, limit=9)
    assert len(deeds) == 2
    await store.close()
    assert rows_of(older) == content
    assert {row["operator"] for row in content["entries"]} == {"", OPERATOR_1.name}
    assert all(row["group_key"] for row in content["decisions"])


async def test_many_rows(tmp_path: Path, older: Path) -> None:
    """Rows are filled a batch at a time, across the edges of the batches."""
    written = tmp_path / "written.db"
    store = await SqliteStore.open(written, create=True)
    builder = LedgerBuilder()
    states = (v1.DECISION_STATE_PENDING, v1.DECISION_STATE_REJECTED)
    additions = [
        builder.decided(f"decision-{n:04}", group=f"group-{n % 3}", state=states[n % 2], actor=OPERATOR_1)
        for n in range(300)
    ]
    await append(store, *additions)
    await store.close()
    content = rows_of(written)
    filled(older, content)
    await asyncio.to_thread(migrate, older)
    assert rows_of(older) == content


async def test_what_was_damaged_before(older: Path) -> None:
    """Bytes that can no longer be read do not keep the rest from being led on; the check tells of them as before."""
    builder = LedgerBuilder()
    builder.created()
    with closing(sqlite3.connect(older, isolation_level=None)) as connection:
        connection.execute("INSERT INTO entries VALUES (1, '', x'ff', x'00'), (2, '', 'text', x'00')")
    await asyncio.to_thread(migrate, older)
    assert [(row["entry"], row["operator"]) for row in rows_of(older)["entries"]] == [(b"\xff", ""), ("text", "")]


@pytest.mark.parametrize("count", [255, 256, 1000])
async def test_the_tree_of_an_older_ledger(tmp_path: Path, older: Path, count: int) -> None:
    """Its tiles are those that this version would have written, and the tree goes on growing from them."""
    written = tmp_path / "written.db"
    store = await SqliteStore.open(written, create=True)
    builder = LedgerBuilder()
    records = [builder.entry() for _ in range(count)]
    await append(store, Appendage(records))
    await store.close()
    content = rows_of(written)
    filled(older, content)
    store = await SqliteStore.open(older, create=False)
    assert rows_of(older)["tiles"] == content["tiles"]
    await append(store, Appendage([builder.entry() for _ in range(600)]))
    assert await root(store, count + 600) == naive_root([record.hash for record in builder.records])
    assert await store.wrong_hash() is None
    await store.close()


async def test_a_large_tree_is_built_a_tile_at_a_time(older: Path) -> None:
    """Across the edge of a level: 65,536 entries fill one tile of level 1."""
    size = 65_536 + 300
    hashes = [hashlib.sha256(b"%d" % number).digest() for number in range(size)]
    with closing(sqlite3.connect(older, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        rows = ((number + 1, "", b"", each) for number, each in enumerate(hashes))
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    await asyncio.to_thread(migrate, older)
    store = await SqliteStore.open(older, create=False)
    for part in (65_535, 65_536, 65_537, size):
        assert await root(store, part) == naive_root(hashes[:part])
    assert await store.wrong_hash() is None
    await store.close()


async def test_what_had_ended(tmp_path: Path) -> None:
    """Of a ledger of revision 0004, each decision's row says afterwards whether it has ended, and nothing else."""
    path = tmp_path / "ledger.db"
    made_at(path, "0004")
    of_snapshot = {1, 2, 3, 6, 7}  # one that was executed is to be reversed
    rows = [
        (f"decision-{state}", state, state, int(state in of_snapshot), 2, -2, "", 1, 1, 1, 1, 0, 0, b"", None, "g")
        for state in range(1, 10)
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executemany(f"INSERT INTO decisions VALUES ({', '.join('?' * 16)})", rows)
    await asyncio.to_thread(migrate, path)
    migrated = [tuple(row.values()) for row in rows_of(path)["decisions"]]
    assert [row[:-1] for row in migrated] == rows
    assert [row[-1] for row in migrated] == [0, 0, 0, 1, 1, 0, 1, 1, 1]
