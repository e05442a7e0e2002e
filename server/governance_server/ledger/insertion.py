"""Inserts rows in chunks of fixed sizes: one step of SQLite each, in which other threads run.

`executemany` steps row by row, and takes the interpreter's lock again after each. Where another thread is busy it waits
for that, and a commit of a hundred commands for some hundred times. A chunk waits once, and its statement is one of a
few that stay prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from governance_server.ledger import statements
from governance_server.ledger.schema import credentials, decisions, entries, house, personal, requests, tallies

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sqlalchemy import Table

CHUNKS: Final = (64, 16, 4, 1)
"""Rows a statement: 64 decisions are a thousand parameters, of 32,766 that SQLite takes."""


class Insertion:
    """A statement that inserts rows into a table, or changes those that are there."""

    def __init__(self, statement: str, table: Table) -> None:
        """Prepare.

        Args:
            statement: The statement for one row, with a parameter for each of the table's columns.
            table: The table.
        """
        width = len(table.columns)
        row = f"({', '.join('?' * width)})"
        assert statement.count(row) == 1, "the statement has one row of parameters"
        self._chunks = tuple((width * rows, statement.replace(row, ", ".join([row] * rows))) for rows in CHUNKS)

    def carry_out(self, connection: sqlite3.Connection, values: Sequence[Any]) -> None:
        """Insert rows, given as the values of all of them one after the other."""
        at, end = 0, len(values)
        for size, statement in self._chunks:
            while end - at >= size:
                connection.execute(statement, values[at : at + size])
                at += size
        assert at == end, "rows are whole"


class Change:
    """A statement that changes what is there."""

    def __init__(self, statement: str) -> None:
        self._statement = statement

    def carry_out(self, connection: sqlite3.Connection, values: Sequence[Any]) -> None:
        """Carry it out once with these parameters."""
        connection.execute(self._statement, values)


ENTRIES: Final = Insertion(statements.INSERT_ENTRY, entries)
PERSONAL: Final = Insertion(statements.INSERT_PERSONAL, personal)
REQUESTS: Final = Insertion(statements.INSERT_REQUEST, requests)
DECISIONS: Final = Insertion(statements.UPSERT_DECISION, decisions)
OPEN_DECISIONS: Final = Insertion(statements.UPSERT_OPEN_DECISION, decisions)
ADD_TO_TALLIES: Final = Insertion(statements.ADD_TO_TALLY, tallies)
HOUSE: Final = Insertion(statements.UPSERT_HOUSE, house)
CREDENTIALS: Final = Insertion(statements.UPSERT_CREDENTIAL, credentials)
TAKE_FROM_TALLIES: Final = Change(statements.TAKE_FROM_TALLY)
NAME: Final = Change(statements.NAME_LEDGER)
HEAD: Final = Change(statements.MOVE_HEAD)
