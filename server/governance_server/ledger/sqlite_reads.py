"""What is read of a ledger outside of a transaction, on connections of its own."""

from __future__ import annotations

import sqlite3
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from governance import v1
from governance_server.engine.ports import (
    Alike,
    ChangedDecision,
    Counts,
    DecisionPage,
    Deed,
    Head,
    Searched,
    StoreBusyError,
    StoredCredential,
    StoreError,
)
from governance_server.ledger import checkpoints, queries, searching
from governance_server.ledger.listing import Listed, encode_cursor, place, selection
from governance_server.ledger.open_check import verified_pages
from governance_server.ledger.projection_check import (
    first_misprojection,
    first_wrong_credential,
    first_wrong_house,
)
from governance_server.ledger.replay import driver_of
from governance_server.ledger.schema import credentials, decisions, head, house
from governance_server.ledger.sqlite_transaction import PRIMARY_CODE, stored_record
from governance_server.ledger.tile_check import first_wrong_hash
from governance_server.ledger.tiles import read_hashes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

    from sqlalchemy import CompoundSelect, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from governance_server.engine.ports import DecisionQuery, EntryQuery, Record, SignedCheckpoint
    from governance_server.ledger.projection_check import Misprojection
    from governance_server.ledger.verified_rows import VerifiedRows

OPEN_PAGE: Final = 4096
"""Open decisions a page while all are read: a hop to the connection's thread each, and some ten megabytes at most."""


class SqliteReads:
    """The port's reads. Each sees everything that was committed before it began."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._closed = False

    async def head(self) -> Head:
        """Return the end of the ledger."""
        (row,) = await self._read(queries.HEAD)
        return Head(row.offset, row.hash, row.recorded_us)

    async def house(self) -> Mapping[str, bytes]:
        """Return what is kept of the house, by key."""
        return {row.key: row.value for row in await self._read(select(house))}

    async def ledger_id(self) -> str:
        """Return the ledger's name; empty before its first entry."""
        (row,) = await self._read(select(head.c.ledger_id))
        return str(row.ledger_id)

    async def verified_offset(self) -> int:
        """Return the offset up to which the entries were verified; 0 where none were."""
        (row,) = await self._read(select(head.c.verified_offset))
        return int(row.verified_offset)

    async def decision(self, decision_id: str) -> v1.Decision | None:
        """Return one decision as it stands, open or closed; None where there is none."""
        rows = await self._read(select(decisions.c.decision).where(decisions.c.decision_id == decision_id))
        return v1.Decision.FromString(rows[0].decision) if rows else None

    async def open_decisions(self) -> AsyncIterator[Sequence[bytes]]:
        """Read every open decision once, in the order of their offsets, all as of the moment of the first."""
        async with self._connection() as connection:
            await connection.exec_driver_sql("BEGIN")
            driver = await driver_of(connection)
            offset, read = 0, OPEN_PAGE
            while read == OPEN_PAGE:
                rows = list(await driver.execute_fetchall(queries.OPEN_DECISIONS, (offset, OPEN_PAGE)))
                read = len(rows)
                if rows:
                    offset = rows[-1][0]
                    yield [row[1] for row in rows]

    async def changed_after(
        self, offset: int, *, limit: int, core: str = "", open_only: bool = False
    ) -> Sequence[ChangedDecision]:
        """Return the decisions whose newest change lies after `offset`, in the order of these changes."""
        statement = queries.changes(offset, limit, core=core, open_only=open_only)
        return queries.changed_decisions(await self._read(statement))

    async def list_decisions(self, query: DecisionQuery) -> DecisionPage:
        """Return a page of decisions. Raises ValueError for a cursor that was not made for that query."""
        assert query.limit > 0, "a page has room for a decision"
        rows = [Listed._make(row) for row in await self._read(selection(query))]
        page = rows[: query.limit]
        following = encode_cursor(place(page[-1], query), query) if len(rows) > query.limit else ""
        return DecisionPage([v1.Decision.FromString(row.decision) for row in page], following)

    async def alike(self, group_key: str, *, without: str, limit: int, counted: int) -> Alike:
        """Return how the decisions of a group ended, and how many are open, all as of one moment."""
        async with self._connection() as connection:
            await connection.exec_driver_sql("BEGIN")
            latest = (await connection.execute(queries.latest_of_group(group_key, without, limit))).all()
            ends = (await connection.execute(queries.ends_of_group(group_key, without, counted))).all()
            still_open = (await connection.execute(queries.open_of_group(group_key, without))).scalar_one()
        return queries.alike(latest, ends, still_open)

    async def records(self, *, after: int, limit: int, decision_id: str = "") -> Sequence[Record]:
        """Return at most `limit` entries after an offset, in order; only those about one decision, if it is named."""
        return [stored_record(row) for row in await self._read(queries.records(after, limit, decision_id))]

    async def search(self, query: EntryQuery) -> Searched:
        """Return the first entries that a query asks for, and how far was looked."""
        rows = await self._read(searching.selection(query))
        offset = rows[-1].offset if len(rows) == query.limit else query.up_to
        unsure = {row.decision_id for row in rows if not row.sure} if query.actions else set()
        if unsure:
            naming = await self._read(searching.naming_actions(unsure))
            unsure -= searching.of_actions(naming, query.actions)
        records = [stored_record(row[:-1]) for row in rows if row.decision_id not in unsure]
        return Searched(records, offset)

    async def deeds(self, operator: str, *, before: int, limit: int, decision_id: str = "") -> Sequence[Deed]:
        """Return entries that record an operator's commands, the latest first; of one decision, if it is named."""
        return [Deed._make(row) for row in await self._read(queries.deeds(operator, before, limit, decision_id))]

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Return hashes of the tree's tiles, also of entries that were pruned."""
        assert start < end
        async with self._connection() as connection:
            return await read_hashes(connection, level, start, end)

    async def newest_checkpoint(self, *, witnessed: bool = False) -> SignedCheckpoint | None:
        """Return the largest checkpoint, or the largest that has a cosignature; None where there is none."""
        rows = await self._read(checkpoints.newest(witnessed=witnessed))
        return checkpoints.signed_checkpoint(rows[0]) if rows else None

    async def checkpoint(self, size: int) -> SignedCheckpoint | None:
        """Return the checkpoint of a tree's size; None where none is kept."""
        rows = await self._read(checkpoints.of_size(size))
        return checkpoints.signed_checkpoint(rows[0]) if rows else None

    async def credential(self, credential_id: str) -> StoredCredential | None:
        """Return one credential, revoked or not; None where there is none."""
        statement = queries.CREDENTIALS.where(credentials.c.credential_id == credential_id)
        found = queries.stored_credentials(await self._read(statement))
        return found[0] if found else None

    async def credentials(self) -> Sequence[StoredCredential]:
        """Return all credentials, by name and then by id."""
        statement = queries.CREDENTIALS.order_by(credentials.c.name, credentials.c.credential_id)
        return queries.stored_credentials(await self._read(statement))

    async def counts(self) -> Counts:
        """Count the decisions, all as of one moment."""
        async with self._connection() as connection:
            await connection.exec_driver_sql("BEGIN")
            kinds = (await connection.execute(queries.TALLIES)).all()
            waiting = (await connection.execute(queries.WAITING)).one()
        return queries.counts(kinds, waiting)

    async def structural_damage(self) -> str:
        """Return what SQLite finds wrong with its own file, shortly; empty where it finds nothing."""
        async with self._connection() as connection:
            finding = (await connection.exec_driver_sql("PRAGMA integrity_check(1)")).scalar_one()
        return "" if finding == "ok" else str(finding)

    async def misprojection(self) -> Misprojection | None:
        """Return the first thing projected that is not what the entries make it; None where all is well."""
        async with self._connection() as connection:
            return await first_misprojection(connection)

    async def verified_pages(
        self, remembered: VerifiedRows | None
    ) -> AsyncGenerator[Sequence[bytes] | Misprojection, None]:
        """Read every open decision once, as `open_decisions`, each page verified; the first that is wrong ends them."""
        async with self._connection() as connection, aclosing(verified_pages(connection, remembered)) as pages:
            async for page in pages:
                yield page

    async def wrong_credential(self) -> Misprojection | None:
        """Return the first credential that is not what the entries make it; None where all is well."""
        async with self._connection() as connection:
            return await first_wrong_credential(connection)

    async def wrong_house(self) -> Misprojection | None:
        """Return the first thing kept of the house that is not what the entries make it; None where all is well."""
        async with self._connection() as connection:
            return await first_wrong_house(connection)

    async def wrong_hash(self) -> Misprojection | None:
        """Return the first hash of the tree or its checkpoints that the entries do not make; None where all is well."""
        async with self._connection() as connection:
            return await first_wrong_hash(connection)

    async def _read(self, statement: Select[Any] | CompoundSelect[Any]) -> Sequence[Row[Any]]:
        async with self._connection() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(statement)).all()
        return rows

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        self._assure_open()
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error, OverflowError) as error:
            cause = getattr(error, "orig", None) or error
            if getattr(cause, "sqlite_errorcode", 0) & PRIMARY_CODE == sqlite3.SQLITE_BUSY:
                raise StoreBusyError(
                    "The ledger could not be read: another process holds it for itself. Find out which one; try again."
                ) from error
            raise StoreError(f"The ledger could not be read: {cause}. Try again once the cause is gone.") from error

    def _assure_open(self) -> None:
        if self._closed:
            raise StoreError("The ledger was closed. Open it again.")
