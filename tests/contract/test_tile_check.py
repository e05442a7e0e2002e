"""The check of the whole ledger finds a tree and checkpoints that are not those of the entries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance_server.domain.note import Checkpoint, Note, Signature
from governance_server.domain.tree import root
from governance_server.engine.ports import Appendage, SignedCheckpoint, StoreError
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import LedgerDamagedError, check
from tests.support.entries import LEDGER_ID, LedgerBuilder, append

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LENGTH = 600
ORIGIN = f"governance-workspace/{LEDGER_ID}"
UPDATED = "UPDATE tiles SET hashes ="


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A ledger with two full tiles and a rest, and two checkpoints."""
    opened = await SqliteStore.open(path, create=True)
    builder = LedgerBuilder()
    await append(opened, Appendage([builder.created(), *(builder.entry() for _ in range(LENGTH - 1))]))
    for size in (300, 600):
        text = Checkpoint(ORIGIN, size, await root(opened, size)).text()
        note = Note(text, (Signature(ORIGIN, b"key1", bytes(64)),)).whole()
        await opened.keep_checkpoint(SignedCheckpoint(size, note), size)
    yield opened
    await opened.close()


def tamper(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        assert connection.execute(statement).rowcount > 0


async def test_all_is_well(store: SqliteStore) -> None:
    """What was written passes."""
    assert (await check(store)).offset == LENGTH


@pytest.mark.parametrize(
    ("statement", "offset"),
    [
        (f"{UPDATED} zeroblob(8192) WHERE level = 0 AND number = 1", 257),
        (
            f"{UPDATED} CAST(substr(hashes, 1, 8160) || zeroblob(32) AS BLOB) WHERE level = 0 AND number = 0",
            256,
        ),
        (f"{UPDATED} substr(hashes, 1, 32) WHERE level = 1", 257),
        (f"{UPDATED} 'text' WHERE level = 1", 1),
        ("DELETE FROM tiles WHERE level = 0 AND number = 1", 257),
        ("DELETE FROM tiles WHERE level = 1", 1),
        ("INSERT INTO tiles VALUES (0, 2, zeroblob(8192))", 512),
        ("INSERT INTO tiles VALUES (2, 0, zeroblob(32))", LENGTH),
        ("UPDATE checkpoints SET note = 'nonsense' WHERE size = 300", 300),
        ("UPDATE checkpoints SET size = 301 WHERE size = 300", 301),
        ("UPDATE checkpoints SET size = 601 WHERE size = 600", 601),
        ("UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 600) WHERE size = 300", 300),
        (f"UPDATE checkpoints SET note = replace(note, '{ORIGIN}', 'another/{LEDGER_ID}') WHERE size = 600", 600),
    ],
)
async def test_whatever_is_otherwise_is_found(store: SqliteStore, path: Path, statement: str, offset: int) -> None:
    """With the first entry that it is about."""
    tamper(path, statement)
    with pytest.raises(LedgerDamagedError) as found:
        await check(store)
    assert found.value.offset == offset


async def test_nothing_is_appended_to_a_tree_with_a_hole(store: SqliteStore, path: Path) -> None:
    """A transaction that cannot go on from the tiles that there are fails whole, and says what to do."""
    tamper(path, "DELETE FROM tiles WHERE level = 1")
    builder = LedgerBuilder.after(await store.head())
    with pytest.raises(StoreError, match="lacks hashes"):
        await append(store, Appendage([builder.entry() for _ in range(300)]))
    assert (await store.head()).offset == LENGTH
    with pytest.raises(StoreError, match="lacks hashes"):
        await store.hashes(1, 0, 2)
