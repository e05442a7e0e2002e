"""Makes decisions, credentials and the house anew from the entries, to be compared with what is projected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from sqlalchemy import and_, bindparam, column, func, select, text, tuple_

from governance import v1
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House, evolve_house
from governance_server.ledger.driver import Driver
from governance_server.ledger.schema import entries, personal
from governance_server.ledger.statements import positional

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection

BATCH: Final = 256
"""Entries held in memory at a time."""

_NAMED: Final = select(func.json_each(bindparam("names")).table_valued(column("value")).c.value).scalar_subquery()
_PLACE: Final = (entries.c.decision_id, entries.c.offset)
_ABOUT_THEM: Final = positional(
    select(*_PLACE, entries.c.entry, personal.c.salt, personal.c.personal)
    .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
    .where(
        and_(text("entries.decision_id <> ''")),
        entries.c.decision_id.in_(_NAMED),
        tuple_(*_PLACE) > tuple_(bindparam("after_id"), bindparam("after")),
    )
    .order_by(*_PLACE),
    "names",
    "after_id",
    "after",
)
_OF_DECISIONS: Final = f"{_ABOUT_THEM} LIMIT {BATCH}"
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
        newest: The last entry about it, as far as it could be made.
        versions: How many entries are about it, as far as it could be made.
    """

    decision: v1.Decision | None
    erased: bool
    broken_at: int
    newest: int
    versions: int


class Issued(NamedTuple):
    """A credential as the entries make it.

    Attributes:
        credential: All of it but whether it is a certificate, which no entry says.
        offset: The last entry about it.
    """

    credential: v1.Credential
    offset: int


async def driver_of(connection: AsyncConnection) -> Driver:
    """Return the connection below SQLAlchemy's: rows of SQLite's own, for what is read by the million."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Driver)
    return driver


async def remade_decisions(driver: Driver, decision_ids: Collection[Any]) -> dict[str, Remade]:
    """Return those of the decisions that there are entries about, by id."""
    made: dict[str, Remade] = {}
    # names that are no text were not written by us, and no entry is about them
    names = json.dumps([name for name in decision_ids if isinstance(name, str)])
    place: tuple[str, int] = ("", 0)
    while rows := list(await driver.execute_fetchall(_OF_DECISIONS, (names, *place))):
        for decision_id, offset, entry, salt, data in rows:
            made[decision_id] = _with(made.get(decision_id, _NOTHING), offset, entry, data, is_salted=bool(salt))
        place = rows[-1][:2]
    return made


_NOTHING: Final = Remade(None, erased=False, broken_at=0, newest=0, versions=0)


def _with(before: Remade, offset: int, serialized: bytes, personal_data: bytes | None, *, is_salted: bool) -> Remade:
    """Return a decision as it stands after one entry more."""
    if before.broken_at:
        return before
    try:
        entry = v1.Entry.FromString(serialized)
        data = v1.PersonalData.FromString(personal_data) if personal_data else None
        decision = evolve(before.decision, entry, data)
    except (AssertionError, DecodeError, KeyError, TypeError):
        # what the lifecycle forbids is asserted against: we did not write it, whatever its hash says
        return before._replace(broken_at=offset)
    erased = before.erased or bool(entry.personal_commitment and not is_salted)
    return Remade(decision, erased, 0, offset, before.versions + 1)


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
