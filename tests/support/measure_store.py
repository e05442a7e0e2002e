"""Measures a commit two ways: `python -m tests.support.measure_store`. The ledger's README says what came out."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from governance_server.engine.ports import Wanted
from governance_server.ledger import sqlite_engine, statements, tiles
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.sqlite_transaction import lock
from governance_server.ledger.writes import writes
from tests.support.entries import LedgerBuilder, joined

if TYPE_CHECKING:
    from governance_server.engine.ports import Appendage


class Ground(NamedTuple):
    """One ledger, opened by the store and without it."""

    store: SqliteStore
    bare: sqlite3.Connection


def _wanted(batch: Appendage) -> Wanted:
    return Wanted([key for key, _ in batch.requests], [row.decision.decision_id for row in batch.decisions])


async def by_store(ground: Ground, batch: Appendage) -> None:
    async with ground.store.transaction(_wanted(batch)) as transaction:
        await transaction.append(batch)


async def by_sqlite3(ground: Ground, batch: Appendage) -> None:
    head = lock(ground.bare, _wanted(batch)).head
    for kind, values in writes(batch, head):
        kind.carry_out(ground.bare, values)
    ground.bare.execute(statements.COMMIT)


def _no_tree(*_: object) -> None:
    """Grow no tree: one of the two ways writes no tiles, so that the other must not look for them."""


async def measure(path: Path) -> None:
    tiles.grow = _no_tree  # type: ignore[assignment]  # for this process, which measures statements
    store = await SqliteStore.open(path, create=True)
    ground = Ground(store, sqlite3.connect(path, isolation_level=None))
    for setting in sqlite_engine.SETTINGS:
        ground.bare.execute(setting)
    builder = LedgerBuilder()
    for size, rounds in ((1, 200), (16, 60), (1024, 9)):
        took: dict[str, list[float]] = {}
        for turn in range(2 * rounds):  # in turns, so that a busy machine is busy for both
            way = (by_store, by_sqlite3)[turn % 2]
            batch = joined(*[builder.decided(f"decision-{builder.offset}", personal=bytes(300)) for _ in range(size)])
            start = time.perf_counter()
            await way(ground, batch)
            took.setdefault(way.__name__, []).append(time.perf_counter() - start)
        for name, seconds in took.items():
            sys.stdout.write(f"{size:5} a commit, {name:14} {min(seconds) * 1000:7.2f} ms\n")
    ground.bare.close()
    await store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(Path(directory) / "ledger.db"))
