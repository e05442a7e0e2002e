"""Compares what is projected with the entries it is projected from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from sqlalchemy import and_, func, select, text

from governance_server.ledger.projection import Projection, decision_row, projected
from governance_server.ledger.schema import decisions, entries, tallies

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

BATCH: Final = 512
"""Decisions held in memory at a time."""

_ABOUT_A_DECISION: Final = text("entries.decision_id <> ''")
_ITS_ENTRIES: Final = and_(entries.c.decision_id == decisions.c.decision_id, _ABOUT_A_DECISION)
_DECISIONS: Final = (
    select(
        decisions,
        select(func.max(entries.c.offset)).where(_ITS_ENTRIES).scalar_subquery().label("newest"),
        select(func.count()).select_from(entries).where(_ITS_ENTRIES).scalar_subquery().label("versions"),
    )
    .order_by(decisions.c.decision_id)
    .limit(BATCH)
)
_UNPROJECTED: Final = select(func.min(entries.c.offset)).where(
    and_(_ABOUT_A_DECISION),
    ~select(decisions.c.decision_id).where(decisions.c.decision_id == entries.c.decision_id).exists(),
)
_KINDS: Final = (tallies.c.risk, tallies.c.state, tallies.c.by_policy)
_TALLIED: Final = select(tallies).where(tallies.c.count != 0).order_by(*_KINDS)
_COUNTED: Final = (
    select(decisions.c.risk, decisions.c.state, decisions.c.by_policy, func.count())
    .group_by(decisions.c.risk, decisions.c.state, decisions.c.by_policy)
    .order_by(decisions.c.risk, decisions.c.state, decisions.c.by_policy)
)


class Misprojection(NamedTuple):
    """Something projected that is not what the entries make it.

    Attributes:
        offset: The entry that it should come from.
        what: What is wrong.
    """

    offset: int
    what: str


async def first_misprojection(connection: AsyncConnection) -> Misprojection | None:
    """Return the first thing found that is not what the entries make it, as of one moment; None where all is well."""
    await connection.exec_driver_sql("BEGIN")
    unprojected = (await connection.execute(_UNPROJECTED)).scalar_one()
    if unprojected is not None:
        return Misprojection(unprojected, "the decision that it is about is missing from the decisions")
    after = ""
    while rows := (await connection.execute(_DECISIONS.where(decisions.c.decision_id > after))).all():
        for row in rows:
            if complaint := _complaint(row):
                return Misprojection(row.newest or row.offset, complaint)
        after = rows[-1].decision_id
    return await _miscounted(connection)


async def _miscounted(connection: AsyncConnection) -> Misprojection | None:
    tallied = (await connection.execute(_TALLIED)).all()
    counted = (await connection.execute(_COUNTED)).all()
    if [tuple(row) for row in tallied] == [tuple(row) for row in counted]:
        return None
    return Misprojection((await connection.execute(select(func.max(entries.c.offset)))).scalar_one() or 0, _MISCOUNT)


_MISCOUNT: Final = "the tallies kept up to it are not the numbers of decisions that there are"


def _complaint(row: Row[Any]) -> str:
    stored = Projection(*row[: len(Projection._fields)])
    if row.newest is None:
        return f"the decision {stored.decision_id} names it, and no entry is about that decision"
    if stored.offset != row.newest:
        return f"the decision {stored.decision_id} is shown as of entry {stored.offset}, and this one is its newest"
    try:
        decision = decision_row(stored.decision)
    except (DecodeError, TypeError):
        return f"the decision {stored.decision_id} that it made cannot be read"
    if projected(decision) != stored:
        return f"the decision {stored.decision_id} that it made is filed under other values than it has"
    if decision.decision.version != row.versions:
        version = decision.decision.version
        return f"the decision {stored.decision_id} is version {version}, and {row.versions} entries are about it"
    return ""
