"""The questions that reads put to the tables, and the port's values made of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select, text

from governance import v1
from governance_server.engine.ports import ChangedDecision, Counts, StoredCredential
from governance_server.ledger.listing import IN_SNAPSHOT, IS_OPEN
from governance_server.ledger.projection import OPEN_STATES, decision_row
from governance_server.ledger.schema import NO_DEADLINE_US, credentials, decisions, entries, head, personal, tallies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row, Select

HEAD: Final = select(head.c.offset, head.c.hash, head.c.recorded_us)
CREDENTIALS: Final = select(credentials.c.credential, credentials.c.proof)
TALLIES: Final = select(tallies.c.risk, tallies.c.state, tallies.c.by_policy, tallies.c.count.label("decisions")).where(
    tallies.c.count != 0
)

WAITING: Final = select(
    func.count().filter(decisions.c.breaches > 0).label("breached"),
    func.min(decisions.c.deadline_us).label("nearest_us"),
).where(and_(IS_OPEN), decisions.c.state == v1.DECISION_STATE_PENDING)
"""Reads what is open, which is bounded, and not what ever was."""

_IS_ABOUT_A_DECISION: Final = text("entries.decision_id <> ''")
"""Written out, so that the index that leaves the others away is used."""


def open_decisions(after: int, limit: int) -> Select[Any]:
    """Ask for open decisions that changed last after an offset, in the order of these changes."""
    return (
        select(decisions.c.offset, decisions.c.decision)
        .where(and_(IS_OPEN), decisions.c.offset > after)
        .order_by(decisions.c.offset)
        .limit(limit)
    )


def changes(after: int, limit: int, *, core: str = "", open_only: bool = False) -> Select[Any]:
    """Ask for decisions that changed after an offset, in the order of these changes, with the entries that did it."""
    statement = (
        select(decisions.c.decision, entries.c.entry)
        .join_from(decisions, entries, entries.c.offset == decisions.c.offset)
        .where(decisions.c.offset > after)
        .order_by(decisions.c.offset)
        .limit(limit)
    )
    if core:
        statement = statement.where(decisions.c.core == core)
    return statement.where(and_(IN_SNAPSHOT)) if open_only else statement


def records(after: int, limit: int, decision_id: str) -> Select[Any]:
    """Ask for entries with their personal data, of one decision or of all."""
    statement = (
        select(entries, personal.c.salt, personal.c.personal)
        .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
        .where(entries.c.offset > after)
        .order_by(entries.c.offset)
        .limit(limit)
    )
    if decision_id:
        return statement.where(entries.c.decision_id == decision_id, and_(_IS_ABOUT_A_DECISION))
    return statement


def changed_decisions(rows: Iterable[Row[Any]]) -> list[ChangedDecision]:
    """Return the answers to `changes`."""
    return [ChangedDecision(decision_row(row.decision), row.entry) for row in rows]


def stored_credentials(rows: Iterable[Row[Any]]) -> list[StoredCredential]:
    """Return the answers to `CREDENTIALS`."""
    return [StoredCredential(v1.Credential.FromString(row.credential), row.proof) for row in rows]


def counts(kinds: Iterable[Any], waiting: Any) -> Counts:
    """Return the answers to `TALLIES` and `WAITING`."""
    by_risk: dict[int, tuple[int, int]] = {}
    by_state: dict[int, int] = {}
    by_policy = 0
    for kind in kinds:
        is_open, ever = by_risk.get(kind.risk, (0, 0))
        by_risk[kind.risk] = (is_open + (kind.decisions if kind.state in OPEN_STATES else 0), ever + kind.decisions)
        by_state[kind.state] = by_state.get(kind.state, 0) + kind.decisions
        by_policy += kind.decisions if kind.by_policy else 0
    nearest_us = waiting.nearest_us
    return Counts(
        by_risk=by_risk,
        by_state=by_state,
        open_breached=waiting.breached,
        nearest_deadline_us=0 if nearest_us in (None, NO_DEADLINE_US) else nearest_us,
        approved_by_policy=by_policy,
    )
