"""Another process finds of the entries what this one would, and where it cannot, this one does."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from governance_server.ledger import verification, walking
from governance_server.ledger.verification import LedgerDamagedError, Verified
from governance_server.ledger.walking import verify_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance_server.engine.ports import Store
    from governance_server.ledger.sqlite_store import SqliteStore


@pytest.fixture
def store(lived: SqliteStore) -> SqliteStore:
    return lived


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another process begin for a single entry."""
    monkeypatch.setattr(walking, "MANY", 1)


@pytest.fixture
def walked_here(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return after which entries this process verifies, as it does."""
    afters: list[int] = []

    async def noting(store: Store, *, after: int) -> Verified:
        afters.append(after)
        return await verification.verify(store, after=after)

    monkeypatch.setattr(walking, "verify", noting)
    return afters


@pytest.mark.usefixtures("few_are_many")
async def test_in_another_process(store: SqliteStore, path: Path, walked_here: list[int]) -> None:
    """Many entries are verified in another process, beside this one that has the ledger open."""
    head = await store.head()
    assert await verify_beside(store, path, after=2) == Verified(head.offset)
    assert walked_here == []


async def test_few(store: SqliteStore, path: Path, walked_here: list[int]) -> None:
    """Few entries are verified here: another process would take longer to begin."""
    head = await store.head()
    assert await verify_beside(store, path, after=2) == Verified(head.offset)
    assert walked_here == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET entry = x'ff' WHERE offset = 6",
        "UPDATE entries SET hash = zeroblob(32) WHERE offset = 5",
        "UPDATE personal SET personal = x'00' WHERE offset = 4",
        "DELETE FROM entries WHERE offset = 7",
        "UPDATE head SET offset = offset + 1",
    ],
)
async def test_damage(
    store: SqliteStore, path: Path, tamper: Callable[..., None], monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """What another process finds damaged is told as this one would tell it."""
    tamper(statement)
    with pytest.raises(LedgerDamagedError) as here:
        await verify_beside(store, path, after=2)
    monkeypatch.setattr(walking, "MANY", 1)
    with pytest.raises(LedgerDamagedError) as there:
        await verify_beside(store, path, after=2)
    assert (str(there.value), there.value.offset) == (str(here.value), here.value.offset)


@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("executable", ["/nowhere/python", "true", "cat"])
async def test_no_other_process(
    store: SqliteStore, path: Path, walked_here: list[int], monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    """Where another process cannot be had, or does not say what it found, this one verifies."""
    monkeypatch.setattr(sys, "executable", executable)
    head = await store.head()
    assert await verify_beside(store, path, after=2) == Verified(head.offset)
    assert walked_here == [2]


@pytest.mark.usefixtures("few_are_many")
async def test_cancelled(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever waits no longer leaves no process behind."""
    idle = tmp_path / "idle"
    write_program(idle)
    monkeypatch.setattr(sys, "executable", str(idle))
    begun: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
    create = asyncio.create_subprocess_exec

    async def noting(*arguments: str, **named: int) -> asyncio.subprocess.Process:
        process = await create(*arguments, **named)  # type: ignore[arg-type]  # as they came
        begun.put_nowait(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noting)
    verifying = asyncio.create_task(verify_beside(store, path, after=2))
    process = await begun.get()
    verifying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await verifying
    assert await process.wait() < 0


def write_program(path: Path) -> None:
    """Have a program wait for ever."""
    path.write_text("#!/bin/sh\nexec tail -f /dev/null\n", encoding="ascii")
    path.chmod(0o700)
