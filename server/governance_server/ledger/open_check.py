"""Compares the open decisions with their entries as they are read at a start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, literal_column, select

from governance_server.ledger.listing import IS_OPEN
from governance_server.ledger.projection import OPEN_STATES, Projection
from governance_server.ledger.projection_check import BATCH, Misprojection, first_wrong
from governance_server.ledger.replay import driver_of
from governance_server.ledger.schema import decisions, entries, head, tallies
from governance_server.ledger.statements import positional
from governance_server.ledger.verified_rows import Place, Rows, row_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncGenerator, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from governance_server.engine.ports import DecisionRow
    from governance_server.ledger.replay import Remade
    from governance_server.ledger.verified_rows import VerifiedRows

PAGE: Final = 4096
"""Open decisions read at a time, in one visit to the connection's thread."""

_LEAVE: Final = ("core", "state", "action_digest", "tier", "quorum", "held", "order")
"""What of an open decision says whether, by whom and for what leave is given."""

_OPEN: Final = select(decisions).where(and_(IS_OPEN), decisions.c.offset > bindparam("after"))
_PAGE: Final = f"{positional(_OPEN.order_by(decisions.c.offset), 'after')} LIMIT {PAGE}"
_HEAD: Final = positional(select(head.c.ledger_id, head.c.offset, head.c.hash))
_ENTRY: Final = positional(select(entries.c.hash).where(entries.c.offset == bindparam("at")), "at")
_OVERTAKEN: Final = positional(
    select(func.count())
    .select_from(entries)
    .join(decisions, decisions.c.decision_id == entries.c.decision_id)
    .where(entries.c.offset > bindparam("after"), decisions.c.offset <= bindparam("up_to")),
    "after",
    "up_to",
)
_OPEN_TALLIED: Final = positional(
    select(func.sum(tallies.c.count)).where(
        tallies.c.state.in_([literal_column(str(state)) for state in sorted(OPEN_STATES)])
    )
)
_OFFSET: Final = Projection._fields.index("offset")
_DECISION: Final = Projection._fields.index("decision")


async def verified_pages(
    connection: AsyncConnection, remembered: VerifiedRows | None
) -> AsyncGenerator[Sequence[bytes] | Misprojection, None]:
    """Read every open decision once, serialised, in the order of their offsets, all as of one moment.

    A page is verified before it is returned: no decision of it would give other leave than its entries do. Less is
    compared than by a check. The first that would ends the pages, and is returned in place of one.

    Args:
        connection: Where they are read.
        remembered: Rows that were verified before; in the end, those that are verified now.
    """
    await connection.exec_driver_sql("BEGIN")
    driver = await driver_of(connection)
    place, known, verified = None, Rows(), Rows()
    if remembered is not None:
        place, known = await driver.carry_out(lambda database: _known(database, remembered))
    after = read = 0
    while rows := await driver.carry_out(lambda database: database.execute(_PAGE, (after,)).fetchall()):  # noqa: B023 - carried out before it changes
        others = _others(rows, known, verified)
        for start in range(0, len(others), BATCH):
            if found := await first_wrong(driver, others[start : start + BATCH], _other_leave):
                yield found
                return
        after, read = rows[-1][_OFFSET], read + len(rows)
        yield [row[_DECISION] for row in rows]
    ((counted,),) = await driver.execute_fetchall(_OPEN_TALLIED)
    if (counted or 0) != read:  # an index that lacks one would have it forgotten, and its time never come
        yield Misprojection(0, f"{counted or 0} decisions are open by the tallies, and {read} are found open")
    elif remembered is not None:
        ((ledger_id, offset, hash_),) = await driver.execute_fetchall(_HEAD)
        here = Place(ledger_id, offset, hash_, remembered.release)
        if here == place and verified == known:
            remembered.place = here
        else:
            remembered.write(here, verified)


def _known(database: sqlite3.Connection, remembered: VerifiedRows) -> tuple[Place | None, Rows]:
    """Return the rows that were verified before, and where, if they are of this ledger; on the connection's thread."""
    place, rows = remembered.read() or (None, Rows())
    if place is None:
        return None, Rows()
    ((ledger_id, _, _),) = database.execute(_HEAD).fetchall()
    if ledger_id != place.ledger_id or database.execute(_ENTRY, (place.offset,)).fetchall() != [(place.hash,)]:
        return None, Rows()  # a copy of another time, perhaps, which has gone another way since
    # entries that the rows of their decisions do not show: then no row is to be believed
    ((overtaken,),) = database.execute(_OVERTAKEN, (place.offset, place.offset)).fetchall()
    return place, Rows() if overtaken else rows


def _others(rows: Sequence[tuple[Any, ...]], known: Rows, verified: Rows) -> list[tuple[Any, ...]]:
    """Return the rows that are not known to be verified; add all of them to what is verified then."""
    holds, add = known.holds, verified.add
    others = []
    for row in rows:
        offset, hash_ = row[_OFFSET], row_hash(row)
        if type(offset) is not int:  # SQLite stores what it is given; it is told of when it is compared
            others.append(row)
            continue
        if not holds(offset, hash_):
            others.append(row)
        add(offset, hash_)
    return others


def _other_leave(stored: DecisionRow, remade: Remade) -> str:
    """Return in which way a decision gives other leave than its entries do."""
    assert remade.decision is not None
    for name in _LEAVE:
        if getattr(stored.decision, name) != getattr(remade.decision, name):
            return f"the decision {stored.decision.decision_id} has another {name} than its entries make"
    return ""
