"""The port's Store on SQLite: one connection that writes, a few that read."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from governance_server.engine.ports import NOTHING, StoreBusyError, StoreError
from governance_server.ledger import checkpoints, statements
from governance_server.ledger.migration import migrate
from governance_server.ledger.settling import settled
from governance_server.ledger.sqlite_engine import driver_of, ledger_engine
from governance_server.ledger.sqlite_reads import SqliteReads
from governance_server.ledger.sqlite_transaction import Locked, SqliteTransaction, lock, told_as_store_error
from governance_server.ledger.write_back import WriteBack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path
    from typing import Self

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from governance_server.engine.ports import SignedCheckpoint, Wanted
    from governance_server.ledger.driver import Driver

FEW: Final = 4
"""So much is looked up on the loop's own thread as the head is locked, since one command's share takes a third of what
going to SQLite's thread and back does; where it cannot be had at once, or is more, it is waited for on that thread."""
PATIENCE_MS: Final = 5000
"""How long another process may hold the head before it counts as busy: many of its batches."""
FILE_MODE: Final = 0o600
"""The ledger is its owner's. SQLite gives the files beside it (-wal, -shm) the same mode."""


class SqliteStore(SqliteReads):
    """A ledger in one SQLite file. Several processes may have it open; the file's lock orders their writing."""

    def __init__(self, engine: AsyncEngine, kept: Sequence[AsyncConnection], drivers: Sequence[Driver]) -> None:
        """Take over what was opened: connections for as long as it is open, and what they are underneath.

        Args:
            engine: Makes the connections that read.
            kept: The connection that writes, and the one that writes the log back.
            drivers: The same, for use without SQLAlchemy.
        """
        super().__init__(engine)
        self._kept = kept
        self._driver, beside = drivers
        self._write_back = WriteBack(self._driver, beside)
        self._writing = asyncio.Lock()
        self._thinned_us = 0

    @classmethod
    async def open(cls, path: Path, *, create: bool) -> Self:
        """Open a ledger and bring its tables to the newest revision.

        Args:
            path: The database.
            create: Make an empty ledger where there is none.

        Raises:
            StoreError: There is none, it is of a newer version, is no ledger, or cannot be opened.
        """
        _find(path, create=create)
        with told_as_store_error("opened"):
            await asyncio.to_thread(migrate, path)
            engine = ledger_engine(path)
            async with AsyncExitStack() as opened:
                kept = [await opened.enter_async_context(engine.connect()) for _ in range(2)]
                drivers = [await driver_of(connection) for connection in kept]
                await drivers[0].execute("PRAGMA busy_timeout = 0")  # `lock` waits where it may
                opened.pop_all()  # closed by `close`
        return cls(engine, kept, drivers)

    @asynccontextmanager
    async def transaction(self, wanted: Wanted = NOTHING) -> AsyncIterator[SqliteTransaction]:
        """Lock the head of the ledger until the block ends, and then write what was appended and commit.

        Cancelled within the block, nothing was appended. Cancelled while it commits, the commit is carried to its end
        first and the cancellation goes on afterwards: a commit on its way cannot be called back.

        Raises:
            StoreError: The head could not be locked, or the transaction not be committed. Nothing was appended.
        """
        async with self._writing:
            self._assure_open()
            try:
                transaction = await self._begin(wanted)
                yield transaction
            except BaseException:
                await settled(self._roll_back())
                raise
            await self._commit(transaction)

    async def _begin(self, wanted: Wanted) -> SqliteTransaction:
        if sum(map(len, wanted)) <= FEW and not self._write_back.holds_writer:
            with suppress(StoreBusyError):
                return SqliteTransaction(self._driver, self._driver.carry_out_here(partial(lock, wanted=wanted)))
        locked: Locked = await self._driver.carry_out(partial(lock, wanted=wanted, patience_ms=PATIENCE_MS))
        return SqliteTransaction(self._driver, locked)

    async def _commit(self, transaction: SqliteTransaction) -> None:
        try:
            with told_as_store_error("written"):
                await settled(self._driver.begin(transaction.commit))
        except BaseException:
            await settled(self._roll_back())  # cancelled after it was committed, there is nothing to roll back
            raise
        self._write_back.wrote(transaction.entries)

    async def _roll_back(self) -> None:
        with told_as_store_error("rolled back"):
            await self._driver.rollback()  # does nothing outside of a transaction

    async def record_verified(self, offset: int) -> None:
        """Note that the entries up to `offset` were verified, so that the next start need not do it again."""
        async with self.transaction():
            with told_as_store_error("written"):
                await self._driver.execute(statements.NOTE_VERIFIED, (offset,))

    async def keep_checkpoint(self, checkpoint: SignedCheckpoint, signed_us: int) -> None:
        """Keep a new checkpoint, and of those signed an hour before it or earlier one an hour."""
        until_us = signed_us - checkpoints.HOUR_US
        # only the hour that is ending has more than one: what came before was thinned before, at least after the start
        since_us = self._thinned_us - self._thinned_us % checkpoints.HOUR_US
        async with self.transaction():
            with told_as_store_error("written"):
                await self._driver.execute(statements.INSERT_CHECKPOINT, (*checkpoint, signed_us))
                await self._driver.execute(checkpoints.THIN, (since_us, until_us))
        self._thinned_us = max(until_us, 0)

    async def cosign_checkpoint(self, size: int, former: str, note: str) -> bool:
        """Put a note with cosignatures in the place of a checkpoint's; do nothing if it is no longer the former one."""
        async with self.transaction():
            with told_as_store_error("written"):
                cursor = await self._driver.execute(statements.COSIGN_CHECKPOINT, (note, 1, size, former))
        return cursor.rowcount == 1

    async def close(self) -> None:
        """Let go of the store, after the transaction that is on its way. Idempotent."""
        async with self._writing:
            if self._closed:
                return
            self._closed = True
            await settled(self._let_go())

    async def _let_go(self) -> None:
        with told_as_store_error("closed"):
            for connection in self._kept:
                await connection.close()
            await self._engine.dispose()


def _find(path: Path, *, create: bool) -> None:
    """Assure that there is a file to open, which nobody else may read.

    A file that is there is not opened: closing it would let go of the locks that this process holds on it through
    SQLite, and another process could then remove the log under it (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        if create and not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
        elif not os.access(path, os.R_OK | os.W_OK):
            path.stat()
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        elif not create and path.stat().st_size == 0:
            # SQLite would take it for a new database, and remove the log beside it that may hold all there was
            raise StoreError(
                f"The ledger at {path} is an empty file: what was in it is gone. It was not touched. Keep the files"
                " beside it, find out what happened to it, and go on from a backup."
            )
    except FileNotFoundError as error:
        advice = "Make its directory first" if create else "Name another one, or make one first"
        raise StoreError(f"There is no ledger at {path}. {advice}.") from error
    except OSError as error:
        raise StoreError(f"The ledger at {path} could not be opened: {error.strerror}.") from error
