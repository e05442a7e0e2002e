"""Compares what is projected with the entries it is projected from."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.message import DecodeError
from sqlalchemy import and_, func, select, text

from governance import v1
from governance_server.domain.digest import action_digest
from governance_server.domain.house import TURN, house_rows
from governance_server.domain.redaction import without_personal_data
from governance_server.ledger.projection import Projection, decision_row, operator_of, projected
from governance_server.ledger.replay import driver_of, issued_credentials, remade_decisions, remade_house
from governance_server.ledger.schema import credentials, decisions, entries, house, tallies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from governance_server.engine.ports import DecisionRow
    from governance_server.ledger.driver import Driver
    from governance_server.ledger.replay import Issued, Remade

BATCH: Final = 128
"""Decisions held in memory at a time."""

_ABOUT_A_DECISION: Final = text("entries.decision_id <> ''")
_ALL: Final = select(decisions).order_by(decisions.c.decision_id).limit(BATCH)
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
    if misfiled := await _misfiled(connection):
        return misfiled
    unprojected = (await connection.execute(_UNPROJECTED)).scalar_one()
    if unprojected is not None:
        return Misprojection(unprojected, "the decision that it is about is missing from the decisions")
    driver, after = await driver_of(connection), ""
    while rows := (await connection.execute(_ALL.where(decisions.c.decision_id > after))).all():
        if found := await first_wrong(driver, rows, _otherwise):
            return found
        after = rows[-1].decision_id
    return await _miscounted(connection)


async def _misfiled(connection: AsyncConnection) -> Misprojection | None:
    """Return the first entry that is filed under another operator than its content names."""
    page = select(entries.c.offset, entries.c.entry, entries.c.operator).order_by(entries.c.offset).limit(BATCH)
    after = 0
    while rows := (await connection.execute(page.where(entries.c.offset > after))).all():
        for row in rows:
            if row.operator != operator_of(v1.Entry.FromString(row.entry)):
                return Misprojection(row.offset, "it is filed under another operator than its content says")
        after = rows[-1].offset
    return None


async def first_wrong(
    driver: Driver,
    rows: Iterable[Sequence[Any]],
    compare: Callable[[DecisionRow, Remade], str],
) -> Misprojection | None:
    """Return the first of some rows of `decisions` that is not what its entries make it; None where all are.

    Args:
        driver: Where the entries are read.
        rows: The rows, each with all columns in their order.
        compare: Says in which way a decision is not what its entries make it; nothing where it is.
    """
    stored_rows = [Projection(*row) for row in rows]
    remade = await remade_decisions(driver, [stored.decision_id for stored in stored_rows])
    for stored in stored_rows:
        made = remade.get(stored.decision_id)
        if made is not None and made.broken_at:
            what = f"it cannot follow what happened before to the decision {stored.decision_id}"
            return Misprojection(made.broken_at, what)
        if complaint := _complaint(stored, made, compare):
            return Misprojection(stored.offset if made is None else made.newest, complaint)
    return None


async def first_wrong_credential(connection: AsyncConnection) -> Misprojection | None:
    """Return the first credential found that is not what the entries make it; None where all is well."""
    await connection.exec_driver_sql("BEGIN")
    issued = await issued_credentials(connection)
    after = ""
    page = select(credentials).order_by(credentials.c.credential_id).limit(BATCH)
    while rows := (await connection.execute(page.where(credentials.c.credential_id > after))).all():
        for row in rows:
            known = issued.pop(row.credential_id, None)
            if known is None:
                return Misprojection(0, f"no entry let in the credential {row.credential_id} named {row.name}")
            if not _is_credential(row, known):
                what = f"the credential {row.credential_id} named {row.name} is not what this entry left it as"
                return Misprojection(known.offset, what)
        after = rows[-1].credential_id
    for missing in issued.values():
        name = missing.credential.name
        return Misprojection(missing.offset, f"the credential of {name} that it is about is missing")
    return None


async def first_wrong_house(connection: AsyncConnection) -> Misprojection | None:
    """Return the first thing kept of the house that is not what the entries make it; None where all is well.

    Whose turn it is, is not compared: entries about decisions say so, and those may be pruned.
    """
    await connection.exec_driver_sql("BEGIN")
    made = await remade_house(connection)
    if isinstance(made, int):
        return Misprojection(made, "it cannot follow what happened to the house before")
    expected = house_rows(made)
    stored = {row.key: row.value for row in (await connection.execute(select(house))).all() if row.value}
    differing = {name for name in {*expected, *stored} if expected.get(name) != stored.get(name)} - {TURN}
    return Misprojection(0, f"what is kept as {min(differing)} is not what the entries make it") if differing else None


def _is_credential(row: Row[Any], issued: Issued) -> bool:
    try:
        stored = v1.Credential.FromString(row.credential)
    except (DecodeError, TypeError):
        return False
    if stored.certificate and row.proof.hex()[: len(stored.credential_id)] != stored.credential_id:
        return False
    stored.ClearField("certificate")
    return stored == issued.credential and (row.name, row.role) == (stored.name, stored.role)


async def _miscounted(connection: AsyncConnection) -> Misprojection | None:
    tallied = (await connection.execute(_TALLIED)).all()
    counted = (await connection.execute(_COUNTED)).all()
    if [tuple(row) for row in tallied] == [tuple(row) for row in counted]:
        return None
    return Misprojection((await connection.execute(select(func.max(entries.c.offset)))).scalar_one() or 0, _MISCOUNT)


_MISCOUNT: Final = "the tallies kept up to it are not the numbers of decisions that there are"


def _complaint(stored: Projection, remade: Remade | None, compare: Callable[[DecisionRow, Remade], str]) -> str:
    if remade is None:
        return f"the decision {stored.decision_id} names it, and no entry is about that decision"
    if stored.offset != remade.newest:
        return f"the decision {stored.decision_id} is shown as of entry {stored.offset}, and this one is its newest"
    try:
        decision = decision_row(stored.decision)
    except (DecodeError, TypeError):
        return f"the decision {stored.decision_id} that it made cannot be read"
    if projected(decision) != stored:
        return f"the decision {stored.decision_id} that it made is filed under other values than it has"
    if decision.decision.version != remade.versions:
        version = decision.decision.version
        return f"the decision {stored.decision_id} is version {version}, and {remade.versions} entries are about it"
    return _other_action(decision.decision, remade) or compare(decision, remade)


def _other_action(decision: v1.Decision, remade: Remade) -> str:
    action = decision.proposal.action
    try:
        digest = action_digest(action)
    except struct.error:  # a number that no action has: somebody else wrote it
        digest = b""
    if digest and digest == decision.action_digest:
        return ""
    if remade.erased and action == v1.Action(type=action.type, scope=action.scope):
        return ""  # what is left of it
    return f"the decision {decision.decision_id} shows another action than its action_digest is of"


def _otherwise(stored: DecisionRow, remade: Remade) -> str:
    """Return in which way a decision is not, byte for byte, what its entries make it."""
    assert remade.decision is not None
    if stored.serialized == remade.decision.SerializeToString(deterministic=True):
        return ""
    if remade.erased and without_personal_data(stored.decision) == without_personal_data(remade.decision):
        return ""
    return f"the decision {stored.decision.decision_id} is otherwise than its entries make it"
