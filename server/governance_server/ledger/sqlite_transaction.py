"""One hold on the head of the ledger, on SQLite's writing connection: two pieces of work, however much there is.

The first locks the head and reads what is wanted along with it; the second writes what was appended and commits. What
is written is made ready before. Where much is appended part by part, each part but the last is written as the next one
comes, without anybody waiting for it, so that the commands of a long batch are decided meanwhile; what goes wrong shows
at the commit.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from governance_server.engine.ports import Found, Head, KnownRequest, Record, StoreBusyError, StoreError
from governance_server.ledger import statements, tiles
from governance_server.ledger.projection import decision_row
from governance_server.ledger.writes import assert_follows, head_after, writes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from governance_server.engine.ports import Appendage, DecisionRow, Wanted
    from governance_server.ledger.driver import Driver
    from governance_server.ledger.statements import Lookup
    from governance_server.ledger.writes import Write

PRIMARY_CODE: Final = 0xFF
"""The part of SQLite's extended error codes that tells the kind of error."""


class Locked(NamedTuple):
    """What was read as the head was locked: rows, of which the port's values are made elsewhere.

    Attributes:
        head: The end of the ledger.
        requests: Rows of the accepted commands that were wanted.
        decisions: Ids and bytes of the decisions that were wanted.
        rejections: Digests of actions in hexadecimal digits, and how many decisions about them were rejected.
    """

    head: Head
    requests: Sequence[Any]
    decisions: Sequence[Any]
    rejections: Sequence[Any]


def lock(connection: sqlite3.Connection, wanted: Wanted, *, patience_ms: int = 0) -> Locked:
    """Lock the head and read it with what is wanted.

    Args:
        connection: The writing connection, which waits for nobody by itself.
        wanted: What is read.
        patience_ms: How long another process is waited for.

    Raises:
        StoreBusyError: Another process held it for too long.
        StoreError: It could not be locked or read.
    """
    with told_as_store_error("locked"):
        try:
            _begin(connection, patience_ms)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY_CODE == sqlite3.SQLITE_BUSY:
                raise StoreBusyError(
                    "The ledger could not be locked: database is locked by another process. Nothing was changed;"
                    " find out which one holds it, and try again."
                ) from error
            raise
        (head,) = connection.execute(statements.READ_HEAD).fetchall()
    with told_as_store_error("read"):
        return Locked(
            Head._make(head),
            look_up(connection, statements.READ_REQUESTS, wanted.keys),
            look_up(connection, statements.READ_DECISIONS, wanted.decision_ids),
            look_up(connection, statements.READ_REJECTIONS, [digest.hex() for digest in wanted.digests]),
        )


def _begin(connection: sqlite3.Connection, patience_ms: int) -> None:
    if not patience_ms:
        connection.execute(statements.BEGIN)
        return
    connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
    try:
        connection.execute(statements.BEGIN)
    finally:
        connection.execute("PRAGMA busy_timeout = 0")


def look_up(connection: sqlite3.Connection, lookup: Lookup, keys: Collection[str]) -> Sequence[Any]:
    """Return the rows that have one of the keys."""
    if not keys:
        return ()
    if len(keys) == 1:
        return connection.execute(lookup.one, tuple(keys)).fetchall()
    return connection.execute(lookup.many, (json.dumps(tuple(keys)),)).fetchall()


class SqliteTransaction:
    """The port's Transaction. `SqliteStore.transaction` begins and ends it.

    Attributes:
        locked: What was read as the head was locked.
    """

    def __init__(self, driver: Driver, locked: Locked) -> None:
        self._driver = driver
        self.locked = locked
        self._end = locked.head
        self._hashes: list[bytes] = []
        self._ready: Sequence[Write] = ()
        self._fault: BaseException | None = None

    @property
    def head(self) -> Head:
        """The end of the ledger, locked."""
        return self.locked.head

    @property
    def found(self) -> Found:
        """What there was of what the transaction was to read at its beginning."""
        _, requests, decisions, rejections = self.locked
        return Found(_requests(requests), _decisions(decisions), _rejections(rejections))

    @property
    def entries(self) -> int:
        """How many entries were appended."""
        return len(self._hashes)

    @property
    def connection(self) -> Driver:
        """The connection that it is on, for an administrator's statements within it."""
        return self._driver

    async def records_after(self, offset: int) -> Sequence[Record]:
        """Return all entries after `offset`, in order."""
        if offset >= self.head.offset:
            return ()
        with told_as_store_error("read"):
            rows = await self._driver.execute_fetchall(statements.READ_RECORDS_AFTER, (offset,))
        return [stored_record(row) for row in rows]

    async def requests(self, keys: Collection[str]) -> Mapping[str, KnownRequest]:
        """Return those of the accepted commands that are known by one of the keys."""
        return _requests(await self._look_up(statements.READ_REQUESTS, keys))

    async def decisions(self, decision_ids: Collection[str]) -> Mapping[str, DecisionRow]:
        """Return those of the decisions that exist, open or closed, as of the head."""
        return _decisions(await self._look_up(statements.READ_DECISIONS, decision_ids))

    async def house(self) -> Mapping[str, bytes]:
        """Return what is kept of the house, by key, as of the head."""
        with told_as_store_error("read"):
            return dict(await self._driver.execute_fetchall(statements.READ_HOUSE))  # type: ignore[arg-type]  # pairs

    async def rejections(self, digests: Collection[bytes]) -> Mapping[bytes, int]:
        """Return how many decisions about each of the actions were rejected; without those that none was."""
        return _rejections(await self._look_up(statements.READ_REJECTIONS, [digest.hex() for digest in digests]))

    async def append(self, appendage: Appendage) -> None:
        """Append entries and project what they changed."""
        assert_follows(appendage, self._end)
        if self._ready:
            self._driver.leave(partial(self._write, self._ready))
        self._ready = list(writes(appendage, self._end))
        self._end = head_after(appendage, self._end)
        self._hashes += [record.hash for record in appendage.records]

    async def _look_up(self, lookup: Lookup, keys: Collection[str]) -> Sequence[Any]:
        with told_as_store_error("read"):
            return await self._driver.carry_out(partial(look_up, lookup=lookup, keys=keys))

    def _write(self, ready: Sequence[Write], connection: sqlite3.Connection) -> None:
        """Write what was made ready, unless something before it could not be."""
        if self._fault is not None:
            return
        try:
            for kind, values in ready:
                kind.carry_out(connection, values)
        except BaseException as fault:  # noqa: BLE001 - nobody hears it here; raised as it is where the commit is asked for
            self._fault = fault

    def commit(self, connection: sqlite3.Connection) -> None:
        """Write the last of what was appended and commit; on the connection's thread.

        Raises:
            StoreError: The tree lacks something.
            sqlite3.Error: It could not be written. What was written of it is still to be rolled back.
        """
        self._write(self._ready, connection)
        if self._fault is not None:
            raise self._fault
        if self._hashes:
            self.grow_tree(connection, self._hashes)
        commit(connection)

    def grow_tree(self, connection: sqlite3.Connection, added: Sequence[bytes]) -> None:
        """Write the tiles that become full or longer; on the connection's thread."""
        tiles.grow(connection, self.head.offset, added)


def commit(connection: sqlite3.Connection) -> None:
    """Commit: on the disk when it returns; on the connection's thread."""
    connection.execute(statements.COMMIT)


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


def stored_record(row: Sequence[Any]) -> Record:
    """Return an entry as it was stored."""
    offset, decision_id, entry, hash_, salt, personal, operator = row
    return Record(offset, decision_id, entry, hash_, salt or b"", personal or b"", operator)


def _requests(rows: Iterable[Any]) -> dict[str, KnownRequest]:
    return {key: KnownRequest(digest, offset, joined) for key, digest, offset, joined in rows}


def _decisions(rows: Iterable[Any]) -> dict[str, DecisionRow]:
    return {decision_id: decision_row(decision) for decision_id, decision in rows}


def _rejections(rows: Iterable[Any]) -> dict[bytes, int]:
    return {bytes.fromhex(digest): count for digest, count in rows}
