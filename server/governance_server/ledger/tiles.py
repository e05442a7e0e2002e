"""The tree's tiles in SQLite: grown in the transaction that appends, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from governance_server.domain.tree import HASH_BYTES, HEIGHT, WIDTH, edge_widths, grown, split
from governance_server.engine.ports import StoreError
from governance_server.ledger import statements
from governance_server.ledger.schema import entries, tiles

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

FULL: Final = WIDTH * HASH_BYTES


def grow(connection: sqlite3.Connection, size: int, added: Sequence[bytes]) -> None:
    """Write the tiles that become full or longer; within the transaction that appends.

    Nothing is remembered from one transaction to the next, since another process may have appended in between.

    Args:
        connection: The writing connection, on its own thread.
        size: How many entries there were before the transaction.
        added: The hashes of those that it appends.

    Raises:
        StoreError: Something that the tiles are made of is missing.
    """
    done = size - size % WIDTH
    if size + len(added) < done + WIDTH:
        return
    leaves = _leaves(connection, done, size) + b"".join(added)
    full = [leaves[at : at + FULL] for at in range(0, len(leaves) - FULL + 1, FULL)]
    connection.executemany(statements.UPSERT_TILE, grown(done, _edges(connection, done), full))


def _leaves(connection: sqlite3.Connection, start: int, end: int) -> bytes:
    """Return the hashes of the entries after one up to another one, within one tile."""
    if start == end:
        return b""
    rows = connection.execute(statements.READ_LEAVES, (start, end)).fetchall()
    leaves = b"".join(row[0] for row in rows)
    if len(leaves) != (end - start) * HASH_BYTES:
        raise _missing(0, start)
    return leaves


def _edges(connection: sqlite3.Connection, size: int) -> dict[int, bytes]:
    """Return the last tiles that are not full, by level, as of a size."""
    edges: dict[int, bytes] = {}
    for level, (number, width) in edge_widths(size).items():
        rows = connection.execute(statements.READ_TILE, (level, number)).fetchall()
        if not rows or len(rows[0][0]) != width * HASH_BYTES:
            raise _missing(level, number * WIDTH)
        edges[level] = rows[0][0]
    return edges


async def read_hashes(connection: AsyncConnection, level: int, start: int, end: int) -> list[bytes]:
    """Return a level's hashes from one up to another one, which is left out.

    Raises:
        StoreError: One of them is missing.
    """
    found: list[bytes] = []
    for row in await connection.execute(_tiles(level, start // WIDTH, (end - 1) // WIDTH)):
        if row.number * WIDTH != start - start % WIDTH + len(found):
            raise _missing(level, start)
        found += split(row.hashes)
    found = found[start % WIDTH :]
    if level == 0 and start + len(found) < end:
        found += (await connection.execute(_tail(start + len(found), end))).scalars().all()
    found = found[: end - start]
    if len(found) != end - start or any(len(each) != HASH_BYTES for each in found):
        raise _missing(level, start)
    return found


def _tiles(level: int, first: int, last: int) -> Select[Any]:
    return (
        select(tiles.c.number, tiles.c.hashes)
        .where(tiles.c.level == level, tiles.c.number.between(first, last))
        .order_by(tiles.c.number)
    )


def _tail(start: int, end: int) -> Select[Any]:
    return select(entries.c.hash).where(entries.c.offset > start, entries.c.offset <= end).order_by(entries.c.offset)


def _missing(level: int, start: int) -> StoreError:
    entry = (start << (HEIGHT * level)) + 1
    return StoreError(
        f"The ledger's tree lacks hashes of the entries from {entry} on. Nothing was changed; run: governance-server"
        " check, and go on from a backup."
    )
