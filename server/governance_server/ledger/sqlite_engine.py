"""SQLAlchemy's engine over aiosqlite, with every connection set up to keep what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

from governance_server.ledger.driver import Driver

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

READERS: Final = 4
"""Reads at a time. Each costs a thread and a page cache; reads are short, and more queue for one."""

SETTINGS: Final = (
    "PRAGMA busy_timeout = 5000",  # first: the next ones may meet another process's lock. 5 s is many batches
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = FULL",  # every commit reaches the disk before it returns: acked is durable
    "PRAGMA fullfsync = ON",  # the same where fsync alone leaves it in the drive's cache (macOS)
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = OFF",  # some builds blank what is overwritten, at each write; `erasure` sees to that itself
    "PRAGMA trusted_schema = OFF",  # a tampered schema must not call functions
    "PRAGMA cache_size = -16384",  # 16 MiB a connection: the upper levels of the indexes over ten million entries
    "PRAGMA wal_autocheckpoint = 16000",  # 62 MiB: `write_back` does it long before, and not within a commit
    "PRAGMA journal_size_limit = 67108864",  # a long read may let the log grow; it shrinks again to 64 MiB
)


def ledger_engine(path: Path) -> AsyncEngine:
    """Return an engine on a ledger. It begins no transactions by itself; whoever needs one says BEGIN."""

    async def connect() -> Driver:
        driver = Driver(path)
        await driver
        return driver

    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        async_creator=connect,
        pool_size=2 + READERS,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    return engine


async def driver_of(connection: AsyncConnection) -> Driver:
    """Return what a connection of this engine is underneath."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Driver)
    return driver


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in SETTINGS:
        cursor.execute(setting)
    cursor.close()
