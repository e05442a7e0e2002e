"""aiosqlite's connection, which also does a piece of work of many statements on its thread in one go."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import aiosqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_CHUNK: Final = 64
"""Rows that aiosqlite fetches at a time where it is asked for one after the other: its own default."""


class Driver(aiosqlite.Connection):
    """A connection on a thread of its own.

    Each of aiosqlite's methods goes to that thread and back, which costs more than most statements do. What belongs
    together goes there once.
    """

    def __init__(self, path: Path) -> None:
        # Without an isolation level nothing begins a transaction unasked. SQLAlchemy, too, sets aiosqlite's thread so
        # that a connection that was forgotten does not keep the process from ending.
        super().__init__(partial(sqlite3.connect, path, isolation_level=None, check_same_thread=False), _CHUNK)
        self._thread.daemon = True

    async def carry_out(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work on the connection's thread, after what was asked of it before; return or raise what it does.

        Cancelled meanwhile, the work goes on; whatever is asked of the connection afterwards comes after it.
        """
        # aiosqlite's own way there
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]  # it has no types
        return result

    def begin(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Have work done on the connection's thread, after what was asked of it before; return what it will come to."""
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((outcome, partial(work, self._conn)))
        return outcome

    def carry_out_here(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work on this thread; return or raise what it does.

        Only for what takes about as long as to go to the connection's thread and back, and only while nothing is under
        way there.
        """
        return work(self._conn)

    def leave(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Have work done on the connection's thread, after what was asked of it before; nobody hears how it went."""
        self._tx.put_nowait((None, partial(work, self._conn)))
