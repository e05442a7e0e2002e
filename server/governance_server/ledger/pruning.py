"""Removes decisions that are beyond their retention, with their entries; what proofs need of them stays in the tree.

What goes: decisions that have ended and of which nothing was recorded since, their entries, and their personal data.
What stays: entries about the house, every hash, and that a request was accepted. A decision goes whole or not at all:
one that goes on beyond the bound keeps all of its entries. Were the bound moved below it instead, a ledger in which
something is always under way could never be pruned.

It goes in spans, each in one transaction with the entry that says so: killed in between, less was pruned, and nothing
by halves. A span ends with a full tile, below a signed checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, select, text
from sqlalchemy.dialects import sqlite

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.house import House
from governance_server.domain.moment import microseconds, timestamp
from governance_server.domain.tree import WIDTH
from governance_server.engine.batch import Batch
from governance_server.engine.enrolment import ADMINISTRATOR
from governance_server.engine.ports import StoreError
from governance_server.ledger.schema import checkpoints, decisions, entries, personal, tallies, tiles
from governance_server.ledger.sqlite_transaction import told_as_store_error
from governance_server.ledger.statements import positional

if TYPE_CHECKING:
    import aiosqlite

    from governance_server.engine.ports import Clock, Entropy
    from governance_server.ledger.sqlite_store import SqliteStore

SPAN: Final = 64 * WIDTH
"""Entries that one transaction reaches over: a server waits for it, some tenths of a second."""

# Nobody waits for anything of these: what is open, and what somebody waits to see reversed, has 1 there.
_HAS_ENDED: Final = and_(text("decisions.is_open = 0"))
_OLD: Final = and_(_HAS_ENDED, decisions.c.offset <= bindparam("up_to"))
_OF_OLD: Final = and_(
    entries.c.decision_id.in_(select(decisions.c.decision_id).where(_OLD)), text("entries.decision_id <> ''")
)
_FIRST: Final = positional(select(func.min(decisions.c.offset)).where(_HAS_ENDED))
_SIGNED: Final = positional(select(func.max(checkpoints.c.size)))
_NEXT: Final = select(func.min(entries.c.offset)).where(entries.c.offset >= bindparam("at")).scalar_subquery()
_FROM: Final = positional(select(entries.c.offset, entries.c.entry).where(entries.c.offset == _NEXT), "at")
_TILES: Final = positional(
    select(func.count()).select_from(tiles).where(tiles.c.level == text("0"), tiles.c.number < bindparam("tiles")),
    "tiles",
)
_DELETE_PERSONAL: Final = positional(
    delete(personal).where(personal.c.offset.in_(select(entries.c.offset).where(_OF_OLD))), "up_to"
)
_DELETE_ENTRIES: Final = positional(delete(entries).where(_OF_OLD), "up_to")
_DELETE_DECISIONS: Final = positional(delete(decisions).where(_OLD), "up_to")
_KIND: Final = (decisions.c.risk, decisions.c.state, decisions.c.by_policy)
_TALLY: Final = sqlite.insert(tallies)
_TAKE_FROM_TALLY: Final = positional(
    _TALLY.from_select(
        tallies.columns.keys(), select(*_KIND, -func.count()).where(_OLD).group_by(*_KIND)
    ).on_conflict_do_update(
        index_elements=tallies.primary_key, set_={"count": tallies.c.count + _TALLY.excluded.count}
    ),
    "up_to",
)


class Pruned(NamedTuple):
    """What was pruned.

    Attributes:
        offset: Decisions that ended up to this entry are gone; 0 where nothing was pruned.
        entries: How many entries went.
    """

    offset: int
    entries: int


async def prune(store: SqliteStore, clock: Clock, entropy: Entropy, *, before_us: int) -> Pruned:
    """Remove the decisions of which nothing was recorded since a moment, as far as may be, with their entries.

    The ledger was verified before: of what is removed, nothing but its hash can be verified afterwards. Traces in the
    file are left to `erasure.remove_traces`. Each span is durable by itself.

    Raises:
        StoreError: The ledger cannot be read or written. The spans before are pruned.
    """
    pruned = Pruned(0, 0)
    while True:
        async with store.transaction() as transaction:
            with told_as_store_error("written"):
                up_to = await _next_end(transaction.connection, transaction.head.offset, before_us)
                if not up_to:
                    return pruned
                removed = await _remove(transaction.connection, up_to)
            batch = Batch(transaction.head, clock.now_us(), entropy, House())
            event = v1.EntriesPruned(offset=up_to, entries=removed, before=timestamp(before_us))
            batch.append(ADMINISTRATOR, "", "", Consequence((v1.Event(entries_pruned=event),)))
            appendage = batch.appendage()
            assert appendage is not None
            await transaction.append(appendage)
        pruned = Pruned(up_to, pruned.entries + removed)


async def _next_end(connection: aiosqlite.Connection, head: int, before_us: int) -> int:
    """Return up to where to prune next; 0 where there is nothing."""
    first = await _one(connection, _FIRST)
    limit = min(await _last_before(connection, before_us, head), await _one(connection, _SIGNED))
    limit -= limit % WIDTH
    return min(first - first % WIDTH + SPAN, limit) if 0 < first <= limit else 0


async def _last_before(connection: aiosqlite.Connection, before_us: int, head: int) -> int:
    """Return the last entry that was recorded before a moment; 0 where there is none. Time never goes back in it."""
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        rows = list(await connection.execute_fetchall(_FROM, (middle,)))
        if rows and microseconds(v1.Entry.FromString(rows[0][1]).recorded_at) < before_us:
            low = max(middle, rows[0][0])
        else:
            high = middle - 1
    return low


async def _remove(connection: aiosqlite.Connection, up_to: int) -> int:
    """Remove the decisions that ended up to an offset; return how many entries that were."""
    if await _one(connection, _TILES, up_to // WIDTH) != up_to // WIDTH:
        raise StoreError(
            "The ledger's tree lacks the hashes of what is to be pruned. Nothing was changed; run: governance-server"
            " check, and go on from a backup."
        )
    await connection.execute(_DELETE_PERSONAL, (up_to,))
    removed = await connection.execute(_DELETE_ENTRIES, (up_to,))
    await connection.execute(_TAKE_FROM_TALLY, (up_to,))
    await connection.execute(_DELETE_DECISIONS, (up_to,))
    return removed.rowcount


async def _one(connection: aiosqlite.Connection, statement: str, *parameters: int) -> int:
    rows = list(await connection.execute_fetchall(statement, parameters))
    return rows[0][0] or 0
