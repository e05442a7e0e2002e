"""Erases the personal data of decisions that have ended, and then the traces that it left in the file.

Two steps. The first is one transaction: the rows of `personal` go, the decision is projected as its entries make it
without them, and an entry says so. The second writes the whole file anew, since SQLite leaves what was overwritten or
deleted where it was until it needs the place: earlier states of the decision lie about in free pages and in the gaps of
others. `secure_delete` alone would not find those: https://sqlite.org/pragma.html#pragma_secure_delete.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, delete, select, text

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House
from governance_server.engine.batch import Batch
from governance_server.engine.enrolment import ADMINISTRATOR
from governance_server.engine.ports import DecisionRow, StoreError
from governance_server.ledger import statements
from governance_server.ledger.projection import in_snapshot, projected
from governance_server.ledger.schema import entries, personal
from governance_server.ledger.sqlite_transaction import told_as_store_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import aiosqlite

    from governance_server.engine.ports import Clock, Entropy
    from governance_server.ledger.sqlite_store import SqliteStore
    from governance_server.ledger.sqlite_transaction import SqliteTransaction

PATIENCE_MS: Final = 60_000
"""How long to wait for the lock: a server's batches take milliseconds, another rewrite of a large file longer."""

_ENTRIES: Final = statements.positional(
    select(entries.c.offset, entries.c.entry, personal.c.salt)
    .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
    .where(entries.c.decision_id == bindparam("decision_id"), and_(text("entries.decision_id <> ''")))
    .order_by(entries.c.offset),
    "decision_id",
)
_DELETE: Final = statements.positional(delete(personal).where(personal.c.offset == bindparam("at")), "at")


class ErasureError(Exception):
    """Nothing was erased; the message says why, and what to do."""


class Reason(NamedTuple):
    """Why personal data is erased.

    Attributes:
        requested_by: Who asked for it.
        reason: Why.
    """

    requested_by: str
    reason: str


async def erase(store: SqliteStore, clock: Clock, entropy: Entropy, decision_id: str, reason: Reason) -> int:
    """Erase the personal data of a decision: of all its entries so far. Its traces are left to `remove_traces`.

    Durable when it returns; a server that is running takes it over with its next batch.

    Returns:
        How many entries lost theirs; 0 where none had any left, and then nothing was written.

    Raises:
        ErasureError: There is no such decision, or somebody still has something to do about it.
        StoreError: The ledger cannot be read or written. Nothing was erased.
    """
    async with store.transaction() as transaction:
        stored = (await transaction.decisions([decision_id])).get(decision_id)
        if stored is None:
            raise ErasureError(
                f"There is no decision {decision_id}. Nothing was erased; look the name up and try again."
            )
        if in_snapshot(stored.decision):
            raise ErasureError(
                f"Decision {decision_id} is open: somebody still has to see what it is about. Nothing was erased; erase"
                " it when it has ended."
            )
        with told_as_store_error("written"):
            emptied = await _empty(transaction.connection, decision_id)
        if emptied:
            await _record(transaction, Batch(transaction.head, clock.now_us(), entropy, House()), reason, emptied)
    return 0 if emptied is None else emptied.entries


async def _empty(connection: aiosqlite.Connection, decision_id: str) -> v1.PersonalDataErased | None:
    """Delete what a decision has of personal data and project it without; return what was done, None for nothing."""
    rows = list(await connection.execute_fetchall(_ENTRIES, (decision_id,)))
    holding = [(offset,) for offset, _, salt in rows if salt is not None]
    if not holding:
        return None
    await connection.execute("PRAGMA secure_delete = ON")
    await connection.executemany(_DELETE, holding)
    row = _remade([entry for _, entry, _ in rows])
    # How it is counted does not change: that is in the entries.
    await connection.execute(statements.UPSERT_DECISION, projected(row))
    return v1.PersonalDataErased(decision_id=decision_id, entries=len(holding))


def _remade(serialized: Sequence[bytes]) -> DecisionRow:
    """Return a decision as its entries make it without personal data."""
    decision: v1.Decision | None = None
    for entry in serialized:
        decision = evolve(decision, v1.Entry.FromString(entry), None)
    assert decision is not None
    return DecisionRow(decision, decision.SerializeToString(deterministic=True))


async def _record(transaction: SqliteTransaction, batch: Batch, reason: Reason, erased: v1.PersonalDataErased) -> None:
    event = v1.Event(personal_data_erased=erased)
    remark = v1.PersonalData(remark=f"Requested by {reason.requested_by}: {reason.reason}")
    batch.append(ADMINISTRATOR, "", "", Consequence((event,), remark))
    appendage = batch.appendage()
    assert appendage is not None
    await transaction.append(appendage)


async def remove_traces(ledger: Path) -> None:
    """Write the ledger's file anew and empty its log, so that nothing is left in them of what was erased before.

    It takes as much room again as the file has, beside it, and nobody writes meanwhile. What it is killed at is as if
    it had not begun. Idempotent.

    Raises:
        StoreError: It could not be done, so that traces may be left. What was erased stays so.
    """
    # SQLite's temporary file holds the ledger: it belongs where the ledger is, and is gone from the folder at once.
    os.environ["SQLITE_TMPDIR"] = str(ledger.parent.resolve())
    await asyncio.to_thread(_rewrite, ledger)


def _rewrite(ledger: Path) -> None:
    try:
        with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("VACUUM")
            ((busy, *_),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise StoreError(_left(str(error))) from error
    if busy:
        raise StoreError(_left("somebody has been reading it all the time"))


def _left(cause: str) -> str:
    return (
        f"Personal data is erased, but its traces could not be removed from the ledger's files: {cause}. Run the same"
        " command again once the cause is gone."
    )
