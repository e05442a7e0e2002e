"""Writes the log back into the database beside the commits.

SQLite would have the commit that fills the log do it, which then takes ten times as long as others, or more. Here a
connection of its own does, now and then. But the log can begin anew only when nobody has written meanwhile: when it has
become long, the little that is left of it is written back on the writing connection, between two commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    import sqlite3

    from governance_server.ledger.driver import Driver

DUE_PAGES: Final = 1000
"""After so many pages of log, which is SQLite's own measure."""
LONG_PAGES: Final = 4000
"""A log of 16 MiB begins anew: what is written again and again meanwhile was written back a few times."""
PAGES_A_COMMIT: Final = 16
"""About so many pages a commit changes, beside one for each entry: as many tables and indexes as there are."""


class WriteBack:
    """Counts what is written, and has the log written back."""

    def __init__(self, writing: Driver, beside: Driver) -> None:
        """Begin with an empty log.

        Args:
            writing: The connection that writes.
            beside: Another one, for this alone.
        """
        self._writing = writing
        self._beside = beside
        self._under_way: asyncio.Future[int] | None = None
        self._ending: asyncio.Future[int] | None = None
        self._pages = 0
        self._log_pages = 0

    @property
    def is_under_way(self) -> bool:
        """It goes on, on either thread."""
        return self._under_way is not None and not self._under_way.done()

    @property
    def holds_writer(self) -> bool:
        """It is done on the writing connection's thread, and whatever that is asked for waits."""
        return self._ending is not None and not self._ending.done()

    def wrote(self, entries: int) -> None:
        """Take note of a commit of so many entries, before the next one begins."""
        self._pages += PAGES_A_COMMIT + entries
        if self._pages < DUE_PAGES or self.is_under_way:
            return
        self._pages = 0
        if self._log_pages < LONG_PAGES:
            self._under_way = self._beside.begin(_write_back)
        else:
            self._under_way = self._ending = self._writing.begin(_write_back)
        self._log_pages = 0
        self._under_way.add_done_callback(self._note)

    def _note(self, outcome: asyncio.Future[int]) -> None:
        # What it cannot do, a commit does, or says why not.
        if not outcome.cancelled() and outcome.exception() is None:
            self._log_pages = outcome.result()


def _write_back(connection: sqlite3.Connection) -> int:
    """Write back what can be; return how many pages the log has."""
    # Passive: it waits for nobody, and nobody for it.
    ((_, log_pages, _),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return int(log_pages)
