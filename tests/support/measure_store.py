"""Measures a commit three ways: `python -m tests.support.measure_store`. The ledger's README says what came out."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from governance_server.engine.ports import Appendage, Head
from governance_server.ledger import sqlite_engine, statements, tiles
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.sqlite_transaction import _writes
from tests.support.entries import LedgerBuilder, joined

if TYPE_CHECKING:
    from collections.abc import Sequence


class Ground(NamedTuple):
    """One ledger, opened by the store and without it."""

    store: SqliteStore
    bare: sqlite3.Connection


def _lookups(batch: Appendage) -> Sequence[tuple[str, str]]:
    return (
        (statements.READ_REQUESTS, json.dumps([key for key, _ in batch.requests])),
        (statements.READ_DECISIONS, json.dumps([row.decision.decision_id for row in batch.decisions])),
    )


async def by_store(ground: Ground, batch: Appendage) -> None:
    async with ground.store.transaction() as transaction:
        await transaction.requests([key for key, _ in batch.requests])
        await transaction.decisions([row.decision.decision_id for row in batch.decisions])
        await transaction.append(batch)


async def by_sqlalchemy(ground: Ground, batch: Appendage) -> None:
    async with ground.store._engine.connect() as connection:
        await connection.exec_driver_sql(statements.BEGIN)
        head = Head._make((await connection.exec_driver_sql(statements.READ_HEAD)).one())
        for statement, keys in _lookups(batch):
            (await connection.exec_driver_sql(statement, (keys,))).all()
        for statement, rows in _writes(batch, head):
            if rows:
                await connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        await connection.exec_driver_sql(statements.COMMIT)


async def by_sqlite3(ground: Ground, batch: Appendage) -> None:
    ground.bare.execute(statements.BEGIN)
    head = Head._make(ground.bare.execute(statements.READ_HEAD).fetchone())
    for statement, keys in _lookups(batch):
        ground.bare.execute(statement, (keys,)).fetchall()
    for statement, rows in _writes(batch, head):
        if rows:
            ground.bare.executemany(statement, rows)
    ground.bare.execute(statements.COMMIT)


async def _no_tree(*_: object) -> None:
    """Grow no tree: two of the three ways write no tiles, so that the third must not look for them."""


async def measure(path: Path) -> None:
    tiles.grow = _no_tree  # type: ignore[assignment]  # for this process, which measures statements
    store = await SqliteStore.open(path, create=True)
    ground = Ground(store, sqlite3.connect(path, isolation_level=None))
    for setting in sqlite_engine.SETTINGS:
        ground.bare.execute(setting)
    builder = LedgerBuilder()
    for size, rounds in ((1, 200), (16, 60), (1024, 9)):
        took: dict[str, list[float]] = {}
        for turn in range(3 * rounds):  # in turns, so that a busy machine is busy for all
            way = (by_store, by_sqlalchemy, by_sqlite3)[turn % 3]
            batch = joined(*[builder.decided(f"decision-{builder.offset}", personal=bytes(300)) for _ in range(size)])
            start = time.perf_counter()
            await way(ground, batch)
            took.setdefault(way.__name__, []).append(time.perf_counter() - start)
        for name, seconds in took.items():
            sys.stdout.write(f"{size:5} a commit, {name:14} {statistics.median(seconds) * 1000:7.2f} ms\n")
    ground.bare.close()
    await store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(Path(directory) / "ledger.db"))
