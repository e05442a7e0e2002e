"""Takes consistent copies of a ledger that is written to meanwhile, and says how a copy stands to a checkpoint."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from governance_server.domain.note import NoteError, origin_of, read_checkpoint, read_note
from governance_server.domain.tree import root
from governance_server.engine.ports import StoreError
from governance_server.ledger.sqlite_store import FILE_MODE, SqliteStore
from governance_server.ledger.verification import check

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.ledger.verification import Progress, Verified


class ForkError(Exception):
    """A copy is not of the ledger whose checkpoint it was held against; the message says how."""


class Standing(NamedTuple):
    """How a copy stands to a checkpoint.

    Attributes:
        size: How many entries the checkpoint is over.
        behind: How many of them the copy lacks. Where it lacks some, nothing shows that they would follow it.
    """

    size: int
    behind: int


async def back_up(ledger: Path, copy: Path, progress: Progress | None = None) -> Verified:
    """Copy a ledger as it is at one moment into a new file of its own, verify the copy, and keep it durably.

    Others read and write the ledger meanwhile. Killed in between, there is no file, or one that was not verified under
    another name than the one that was asked for: the caller gives it that one afterwards.

    Args:
        ledger: The ledger.
        copy: Where; there is nothing there yet.
        progress: Told of the verification.

    Raises:
        LedgerDamagedError: The copy does not verify; so the ledger would not either.
        StoreError: It could not be made.
        FileExistsError: There is something.
    """
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
    await asyncio.to_thread(_copy, ledger, copy)
    verified = await verify_copy(copy, progress)
    await asyncio.to_thread(_settle, copy)
    return verified


async def assure_begun(store: SqliteStore, path: Path) -> None:
    """Return if a ledger has a first entry, which gives it its name: one without is nobody's, and proves nothing.

    Raises:
        StoreError: It has none, or could not be read.
    """
    if not await store.ledger_id():
        raise StoreError(
            f"The ledger at {path} has no first entry: what was in it is gone. Keep the files beside it, find out what"
            " happened to it, and go on from a backup."
        )


async def verify_copy(copy: Path, progress: Progress | None = None) -> Verified:
    """Verify all of a ledger that nobody else has open, and note that it was.

    Raises:
        LedgerDamagedError: It is not what was written.
        StoreError: It could not be read, or is none.
    """
    store = await SqliteStore.open(copy, create=False)
    try:
        await assure_begun(store, copy)
        verified = await check(store, progress=progress)
        await store.record_verified(verified.offset)
    finally:
        await store.close()
    return verified


async def standing(store: SqliteStore, note: str) -> Standing:
    """Tell how a ledger that was verified stands to a checkpoint, whose signature was verified.

    Raises:
        ForkError: The ledger is another one, or its first entries are not those that the checkpoint is over.
        StoreError: It could not be read.
    """
    try:
        checkpoint = read_checkpoint(read_note(note).text)
    except NoteError as error:
        raise ForkError(f"What was given as a checkpoint is none: {error}.") from error
    if checkpoint.origin != origin_of(await store.ledger_id()):
        raise ForkError(f"The checkpoint is of another ledger, {checkpoint.origin!r}.")
    size = (await store.head()).offset
    if checkpoint.size <= size and await root(store, checkpoint.size) != checkpoint.root:
        raise ForkError(
            f"The copy has forked: its first {checkpoint.size} entries are not those that the checkpoint is over."
        )
    return Standing(checkpoint.size, max(checkpoint.size - size, 0))


def _copy(ledger: Path, copy: Path) -> None:
    """Copy by SQLite's online backup, in one step: it holds one moment, and whoever writes does not wait for it."""
    try:
        with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(copy)) as target:
            source.execute("PRAGMA query_only = ON")
            source.backup(target)
    except sqlite3.Error as error:
        raise StoreError(f"The ledger could not be copied: {error}. The ledger is as it was; try again.") from error


def _settle(copy: Path) -> None:
    """Have a copy be one file, with no log beside it, that survives a loss of power."""
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"The copy could not be settled: {error}. The ledger is as it was; try again.") from error
    descriptor = os.open(copy, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
