"""Compares the tree's tiles and the checkpoints' roots with the entries that they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from governance_server.domain.note import Checkpoint, NoteError, origin_of, read_note
from governance_server.domain.tree import HASH_BYTES, HEIGHT, WIDTH, full_root, root, split
from governance_server.ledger.projection_check import Misprojection
from governance_server.ledger.schema import checkpoints, entries, head, tiles
from governance_server.ledger.tiles import read_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_OTHERWISE: Final = "the tree does not hold its hash as the entries make it"


async def first_wrong_hash(connection: AsyncConnection) -> Misprojection | None:
    """Return the first hash found that is not what the entries make it, as of one moment; None where all is well.

    The entries' own hashes were verified before. Where entries were pruned, their hashes in the tiles are what is left
    to make the rest of; that they are the right ones, the checkpoints show.
    """
    await connection.exec_driver_sql("BEGIN")
    size = (await connection.execute(select(func.max(entries.c.offset)))).scalar_one() or 0
    level, count = 0, size - size % WIDTH
    while count:
        if place := await _first_wrong_of_level(connection, level, count):
            return Misprojection((place - 1 << level * HEIGHT) + 1, _OTHERWISE)
        level, count = level + 1, (size >> HEIGHT * (level + 1))
    surplus = select(tiles.c.level, tiles.c.number).where(tiles.c.level >= level)
    if (await connection.execute(surplus.limit(1))).first() is not None:
        return Misprojection(size, "the tree has more levels than there are entries for")
    return await _first_wrong_checkpoint(connection, size)


async def _first_wrong_of_level(connection: AsyncConnection, level: int, count: int) -> int:
    """Return which of a level's hashes is the first that is wrong or missing, from 1; 0 where none is."""
    for start in range(0, count, WIDTH):
        number, end = start // WIDTH, min(start + WIDTH, count)
        stored = await _tile(connection, level, number)
        made = await _made(connection, level, start, end)
        if stored == b"".join(made):
            continue
        there = split(stored)
        wrong = (place for place, each in enumerate(made) if place >= len(there) or there[place] != each)
        return start + next(wrong, len(made) - 1) + 1
    beyond = select(func.count()).select_from(tiles).where(tiles.c.level == level, tiles.c.number * WIDTH >= count)
    return count if (await connection.execute(beyond)).scalar_one() else 0


async def _tile(connection: AsyncConnection, level: int, number: int) -> bytes:
    statement = select(tiles.c.hashes).where(tiles.c.level == level, tiles.c.number == number)
    stored = (await connection.execute(statement)).scalar_one_or_none()
    return stored if isinstance(stored, bytes) else b""


async def _made(connection: AsyncConnection, level: int, start: int, end: int) -> list[bytes]:
    """Return what a level's hashes have to be: by the entries, or by the level below, which was found in order."""
    if level:
        return [full_root(split(await _tile(connection, level - 1, number))) for number in range(start, end)]
    statement = select(entries.c.offset, entries.c.hash).where(entries.c.offset > start, entries.c.offset <= end)
    there = {row.offset: row.hash for row in await connection.execute(statement)}
    kept = split((await _tile(connection, 0, start // WIDTH)).ljust((end - start) * HASH_BYTES, b"\0"))
    return [there.get(start + place + 1, kept[place]) for place in range(end - start)]


async def _first_wrong_checkpoint(connection: AsyncConnection, size: int) -> Misprojection | None:
    source = _Source(connection)
    origin = origin_of((await connection.execute(select(head.c.ledger_id))).scalar_one())
    for row in (await connection.execute(select(checkpoints).order_by(checkpoints.c.size))).all():
        if row.size > size:
            return Misprojection(
                size + 1, f"it is missing; a checkpoint was signed when the ledger went on to {row.size}"
            )
        if _text(row) != Checkpoint(origin, row.size, await root(source, row.size)).text():
            return Misprojection(row.size, "the checkpoint that was signed after it is not of this ledger's tree")
    return None


def _text(row: Row[Any]) -> str:
    """Return what was signed as a checkpoint; empty where that is no note."""
    try:
        return read_note(row.note).text
    except (NoteError, TypeError):
        return ""


class _Source:
    """Reads the tiles on one connection, so that all are as of one moment."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Return a level's hashes from one up to another one, which is left out."""
        return await read_hashes(self._connection, level, start, end)
