"""SQLAlchemy's engine over aiosqlite, with every connection set up to keep what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

READERS: Final = 4
"""Reads beside the writer. Each costs a thread and a page cache; reads are short, and more queue for one."""

SETTINGS: Final = (
    "PRAGMA busy_timeout = 5000",  # first: the next ones may meet another process's lock. 5 s is many batches
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = FULL",  # every commit reaches the disk before it returns: acked is durable
    "PRAGMA fullfsync = ON",  # the same where fsync alone leaves it in the drive's cache (macOS)
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",  # a tampered schema must not call functions
    "PRAGMA cache_size = -16384",  # 16 MiB a connection: the upper levels of the indexes over ten million entries
    "PRAGMA journal_size_limit = 67108864",  # a long read may let the log grow; it shrinks again to 64 MiB
)


def ledger_engine(path: Path) -> AsyncEngine:
    """Return an engine on a ledger. It begins no transactions by itself; whoever needs one says BEGIN."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        connect_args={"isolation_level": None},
        pool_size=1 + READERS,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    return engine


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in SETTINGS:
        cursor.execute(setting)
    cursor.close()
