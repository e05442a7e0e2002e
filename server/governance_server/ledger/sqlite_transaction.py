"""One hold on the head of the ledger, on SQLite's writing connection."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from governance import v1
from governance_server.domain.moment import microseconds
from governance_server.engine.ports import Head, KnownRequest, Record, StoreError
from governance_server.ledger import statements, tiles
from governance_server.ledger.projection import decision_row, operator_of, projected, tallied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import aiosqlite

    from governance_server.engine.ports import Appendage, DecisionRow, StoredCredential


class Write(NamedTuple):
    """One statement, carried out once for each row."""

    statement: str
    rows: Sequence[Sequence[Any]]


class SqliteTransaction:
    """The port's Transaction. `SqliteStore.transaction` begins and ends it."""

    def __init__(self, connection: aiosqlite.Connection, head: Head) -> None:
        self._connection = connection
        self._head = head
        self._appended = False

    @property
    def head(self) -> Head:
        """The end of the ledger, locked."""
        return self._head

    @property
    def connection(self) -> aiosqlite.Connection:
        """The connection that it is on, for an administrator's statements within it."""
        return self._connection

    async def records_after(self, offset: int) -> Sequence[Record]:
        """Return all entries after `offset`, in order."""
        if offset >= self._head.offset:
            return ()
        return [stored_record(row) for row in await self._read(statements.READ_RECORDS_AFTER, offset)]

    async def requests(self, keys: Collection[str]) -> Mapping[str, KnownRequest]:
        """Return those of the accepted commands that are known by one of the keys."""
        if not keys:
            return {}
        rows = await self._read(statements.READ_REQUESTS, _json_array(keys))
        return {key: KnownRequest(digest, offset, joined) for key, digest, offset, joined in rows}

    async def decisions(self, decision_ids: Collection[str]) -> Mapping[str, DecisionRow]:
        """Return those of the decisions that exist, open or closed, as of the head."""
        if not decision_ids:
            return {}
        rows = await self._read(statements.READ_DECISIONS, _json_array(decision_ids))
        return {decision_id: decision_row(decision) for decision_id, decision in rows}

    async def house(self) -> Mapping[str, bytes]:
        """Return what is kept of the house, by key, as of the head."""
        with told_as_store_error("read"):
            return dict(await self._connection.execute_fetchall(statements.READ_HOUSE))  # type: ignore[arg-type]  # pairs

    async def rejections(self, digests: Collection[bytes]) -> Mapping[bytes, int]:
        """Return how many decisions about each of the actions were rejected; without those that none was."""
        rows = await self._read(statements.READ_REJECTIONS, _json_array([digest.hex() for digest in digests]))
        return {bytes.fromhex(digest): count for digest, count in rows}

    async def append(self, appendage: Appendage) -> None:
        """Append entries and project what they changed. Called at most once."""
        assert not self._appended, "a transaction appends once"
        self._appended = True
        assert_follows(appendage, self._head)
        with told_as_store_error("written"):
            for statement, rows in _writes(appendage, self._head):
                if rows:
                    await self._connection.executemany(statement, rows)
            await tiles.grow(self._connection, self._head.offset, [record.hash for record in appendage.records])

    async def _read(self, statement: str, parameter: str | int) -> Sequence[sqlite3.Row]:
        with told_as_store_error("read"):
            return list(await self._connection.execute_fetchall(statement, (parameter,)))


@contextmanager
def told_as_store_error(what: str) -> Iterator[None]:
    """Turn SQLite's errors into the port's.

    Args:
        what: What could not be done to the ledger, such as "read".
    """
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError, OverflowError) as error:
        cause = getattr(error, "orig", None) or error  # without SQLAlchemy's appendix of statement and values
        raise StoreError(
            f"The ledger could not be {what}: {cause}. Nothing was changed; try again once the cause is gone."
        ) from error


def assert_follows(appendage: Appendage, head: Head) -> None:
    """Assert that entries follow the head without gap, and that what is projected names them or entries before."""
    offsets = [record.offset for record in appendage.records]
    assert offsets == list(range(head.offset + 1, head.offset + 1 + len(offsets))), "entries follow without gap"
    assert all(record.salt or not record.personal for record in appendage.records), "personal data is salted"
    last = head.offset + len(offsets)
    assert all(head.offset < row.decision.offset <= last for row in appendage.decisions), "a decision names its entry"
    assert all(head.offset < known.offset <= last for _, known in appendage.requests), "a request names its entry"


def head_after(records: Sequence[Record], head: Head) -> Head:
    """Return the head after these entries have been appended."""
    if not records:
        return head
    last = records[-1]
    recorded_at = v1.Entry.FromString(last.entry).recorded_at
    return Head(last.offset, last.hash, microseconds(recorded_at))


def ledger_name(records: Sequence[Record]) -> str:
    """Return the name that the ledger's first entry gives it; empty where the first entry is not among these."""
    if not records or records[0].offset != 1:
        return ""
    events = v1.Entry.FromString(records[0].entry).events
    return next((event.ledger_created.ledger_id for event in events if event.HasField("ledger_created")), "")


def stored_record(row: Sequence[Any]) -> Record:
    """Return an entry as it was stored."""
    offset, decision_id, entry, hash_, salt, personal = row
    return Record(offset, decision_id, entry, hash_, salt or b"", personal or b"")


def _json_array(keys: Collection[str]) -> str:
    return json.dumps(tuple(keys))


def _writes(appendage: Appendage, head: Head) -> Iterator[Write]:
    """Return what is written, in an order in which every reference finds what it refers to."""
    records = appendage.records
    yield Write(statements.INSERT_ENTRY, [_entry_row(record) for record in records])
    yield Write(
        statements.INSERT_PERSONAL,
        [(record.offset, record.salt, record.personal) for record in records if record.salt],
    )
    yield from _projections(appendage.decisions)
    yield Write(statements.INSERT_REQUEST, [(key, *known) for key, known in appendage.requests])
    yield Write(statements.UPSERT_HOUSE, appendage.house)
    yield Write(statements.UPSERT_CREDENTIAL, [_credential_row(stored) for stored in appendage.credentials])
    if name := ledger_name(records):
        yield Write(statements.NAME_LEDGER, [(name,)])
    if records:
        after = head_after(records, head)
        yield Write(statements.MOVE_HEAD, [(after.offset, after.hash, after.recorded_at_us)])


def _entry_row(record: Record) -> tuple[int, str, bytes, bytes, str]:
    return (*record[:4], operator_of(v1.Entry.FromString(record.entry)))


def _projections(rows: Sequence[DecisionRow]) -> Iterator[Write]:
    if not rows:
        return
    projections = [projected(row) for row in rows]
    # before the rows are overwritten: they still say how they were counted
    ids = _json_array([projection.decision_id for projection in projections])
    yield Write(statements.TAKE_FROM_TALLY, [(ids,)])
    yield Write(statements.UPSERT_DECISION, projections)
    yield Write(statements.ADD_TO_TALLY, tallied(projections))


def _credential_row(stored: StoredCredential) -> tuple[str, str, int, bytes, bytes]:
    credential = stored.credential
    return (
        credential.credential_id,
        credential.name,
        credential.role,
        credential.SerializeToString(deterministic=True),
        stored.proof,
    )
