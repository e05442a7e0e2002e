"""Writes the log back into the database beside the commits, on a connection of its own.

SQLite would have the commit that fills the log do it, which then takes ten times as long as others, or more. Here that
commit finds most of it done. It still comes: only when nobody has written meanwhile can the log begin anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

    from governance_server.ledger.driver import Driver

DUE_PAGES: Final = 1000
"""After so many pages of log, which is SQLite's own measure; the writing connection waits for four times as many."""
PAGES_A_COMMIT: Final = 16
"""About so many pages a commit changes, beside one for each entry: as many tables and indexes as there are."""


class WriteBack:
    """Counts what is written, and has the log written back now and then."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._pages = 0

    def wrote(self, entries: int) -> None:
        """Take note of a commit of so many entries."""
        self._pages += PAGES_A_COMMIT + entries
        if self._pages >= DUE_PAGES:
            self._pages = 0
            self._driver.leave(_write_back)


def _write_back(connection: sqlite3.Connection) -> None:
    # Passive: it waits for nobody, and nobody for it. What it cannot do, the writing connection does, or says why not.
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
