"""The ground that the Store's contract is held on: every adapter, and the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from governance_server.ledger.sqlite_store import SqliteStore
from tests.support.entries import LedgerBuilder
from tests.support.in_memory_store import InMemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
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


@pytest.fixture(params=["sqlite", "memory"])
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    chosen = SqliteGround(tmp_path / "ledger.db") if request.param == "sqlite" else MemoryGround()
    yield chosen
    for store in chosen.stores:
        await store.close()


@pytest.fixture
async def store(ground: Ground) -> Store:
    return await ground.open()


@pytest.fixture
def builder() -> LedgerBuilder:
    return LedgerBuilder()
