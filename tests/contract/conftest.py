"""The ground that the Store's contract is held on: every adapter, and the fake."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

import pytest

from governance_server.ledger.sqlite_store import SqliteStore
from tests.support.entries import LedgerBuilder
from tests.support.in_memory_store import InMemoryStore
from tests.support.lived import live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from governance_server.engine.ports import Store


class Ground(Protocol):
    """Where stores are opened: twice on the same ground is twice the same ledger."""

    async def open(self) -> Store: ...


class SqliteGround:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.stores: list[Store] = []

    async def open(self) -> Store:
        store = await SqliteStore.open(self.path, create=True)
        self.stores.append(store)
        return store


class MemoryGround:
    def __init__(self) -> None:
        self.first = InMemoryStore()
        self.stores: list[Store] = []

    async def open(self) -> Store:
        return self.first.reopened()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a ledger in a file is."""
    return tmp_path / "ledger.db"


@pytest.fixture(params=["sqlite", "memory"])
async def ground(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Ground]:
    chosen = SqliteGround(path) if request.param == "sqlite" else MemoryGround()
    yield chosen
    for store in chosen.stores:
        await store.close()


@pytest.fixture
async def store(ground: Ground) -> Store:
    return await ground.open()


@pytest.fixture
def tamper(path: Path) -> Callable[..., None]:
    """Return what changes the ledger behind its back."""

    def execute(statement: str, *values: object) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            assert connection.execute(statement, values).rowcount > 0, "nothing was tampered with"

    return execute


@pytest.fixture
async def lived(path: Path) -> AsyncIterator[SqliteStore]:
    """Return a store on a ledger that was lived."""
    store = await SqliteStore.open(path, create=True)
    await live(store)
    yield store
    await store.close()


@pytest.fixture
def builder() -> LedgerBuilder:
    return LedgerBuilder()
