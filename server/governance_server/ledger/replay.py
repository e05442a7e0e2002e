"""Makes decisions, credentials and the house anew from the entries, to be compared with what is projected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from sqlalchemy import and_, select, text, tuple_

from governance import v1
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House, evolve_house
from governance_server.ledger.schema import entries, personal

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

BATCH: Final = 256
"""Entries held in memory at a time."""

_OF_DECISIONS: Final = (
    select(entries, personal.c.salt, personal.c.personal)
    .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
    .where(and_(text("entries.decision_id <> ''")))
    .order_by(entries.c.decision_id, entries.c.offset)
    .limit(BATCH)
)
_OF_THE_HOUSE: Final = (
    select(entries.c.offset, entries.c.entry, personal.c.personal)
    .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
    .where(entries.c.decision_id == "")
    .order_by(entries.c.offset)
    .limit(BATCH)
)


class Remade(NamedTuple):
    """A decision as its entries make it.

    Attributes:
        decision: The decision; as far as it could be made where `broken_at` is set.
        erased: Personal data of it was erased, so that what came of that is missing.
        broken_at: The entry that cannot follow those before it; 0 where all do.
    """

    decision: v1.Decision | None
    erased: bool
    broken_at: int


class Issued(NamedTuple):
    """A credential as the entries make it.

    Attributes:
        credential: All of it but whether it is a certificate, which no entry says.
        offset: The last entry about it.
    """

    credential: v1.Credential
    offset: int


async def remade_decisions(connection: AsyncConnection, decision_ids: Collection[str]) -> dict[str, Remade]:
    """Return those of the decisions that there are entries about, by id."""
    made: dict[str, Remade] = {}
    statement = _OF_DECISIONS.where(entries.c.decision_id.in_(decision_ids))
    place: tuple[str, int] = ("", 0)
    following = tuple_(entries.c.decision_id, entries.c.offset)
    while rows := (await connection.execute(statement.where(following > place))).all():
        for row in rows:
            made[row.decision_id] = _with(made.get(row.decision_id, Remade(None, erased=False, broken_at=0)), row)
        place = (rows[-1].decision_id, rows[-1].offset)
    return made


def _with(before: Remade, row: Row[Any]) -> Remade:
    """Return a decision as it stands after one entry more."""
    if before.broken_at:
        return before
    try:
        entry = v1.Entry.FromString(row.entry)
        data = v1.PersonalData.FromString(row.personal) if row.personal else None
        decision = evolve(before.decision, entry, data)
    except (AssertionError, DecodeError, KeyError, TypeError):
        # what the lifecycle forbids is asserted against: we did not write it, whatever its hash says
        return before._replace(broken_at=row.offset)
    return Remade(decision, before.erased or bool(entry.personal_commitment and not row.salt), 0)


async def remade_house(connection: AsyncConnection) -> House | int:
    """Return the house as entries about it make it, whose turn it is left out; or the entry that cannot follow.

    Of policies only the last one is read: later releases may refuse what was in force once.
    """
    house, applied, offset = House(), v1.Entry(), 0
    while rows := (await connection.execute(_OF_THE_HOUSE.where(entries.c.offset > offset))).all():
        for row in rows:
            entry = v1.Entry.FromString(row.entry)
            if any(event.HasField("policy_applied") for event in entry.events):
                applied = entry
                continue
            try:
                house = evolve_house(house, entry, v1.PersonalData.FromString(row.personal or b""))
            except (AssertionError, DecodeError, KeyError, TypeError):
                return int(row.offset)
        offset = rows[-1].offset
    try:
        return evolve_house(house, applied, None)
    except AssertionError:
        return int(applied.offset)


async def issued_credentials(connection: AsyncConnection) -> dict[str, Issued]:
    """Return every credential that the entries issued, by id. There are few."""
    issued: dict[str, Issued] = {}
    offset = 0
    while rows := (await connection.execute(_OF_THE_HOUSE.where(entries.c.offset > offset))).all():
        for row in rows:
            entry = v1.Entry.FromString(row.entry)
            for event in entry.events:
                _apply(issued, event, entry)
        offset = rows[-1].offset
    return issued


def _apply(issued: dict[str, Issued], event: v1.Event, entry: v1.Entry) -> None:
    if event.HasField("credential_issued"):
        told = event.credential_issued
        credential = v1.Credential(
            credential_id=told.credential_id,
            name=told.name,
            role=told.role,
            issued_at=entry.recorded_at,
            expires_at=told.expires_at if told.HasField("expires_at") else None,
        )
        issued[told.credential_id] = Issued(credential, entry.offset)
    elif event.HasField("credential_revoked") and event.credential_revoked.credential_id in issued:
        credential = v1.Credential()
        credential.CopyFrom(issued[event.credential_revoked.credential_id].credential)
        credential.revoked = True
        issued[credential.credential_id] = Issued(credential, entry.offset)
