"""The questions that reads put to the tables, and the port's values made of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select, text

import governance.v1 as v1
from governance_server.engine.ports import ChangedDecision, Counts, StoredCredential
from governance_server.ledger.listing import IS_OPEN
from governance_server.ledger.projection import OPEN_STATES, decision_row
from governance_server.ledger.schema import NO_DEADLINE_US, credentials, decisions, entries, head, personal, tallies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row, Select

HEAD: Final = select(head.c.offset, head.c.hash, head.c.recorded_us)
CREDENTIALS: Final = select(credentials.c.credential, credentials.c.proof)
TALLIES: Final = select(tallies)

WAITING: Final = select(
    func.count().filter(decisions.c.breaches > 0).label("breached"),
    func.min(decisions.c.deadline_us).label("nearest_us"),
).where(and_(IS_OPEN), decisions.c.state == v1.DECISION_STATE_PENDING)
"""Reads what is open, which is bounded, and not what ever was."""

_IS_ABOUT_A_DECISION: Final = text("entries.decision_id <> ''")
"""Written out, so that the index that leaves the others away is used."""


def changes(after: int, limit: int) -> Select[tuple[bytes, bytes]]:
    """Ask for decisions that changed after an offset, in the order of these changes, with the entries that did it."""
    return (
        select(decisions.c.decision, entries.c.entry)
        .join_from(decisions, entries, entries.c.offset == decisions.c.offset)
        .where(decisions.c.offset > after)
        .order_by(decisions.c.offset)
        .limit(limit)
    )


def open_changes(after: int, limit: int) -> Select[tuple[bytes, bytes]]:
    """Ask for the same, of the open ones."""
    return changes(after, limit).where(and_(IS_OPEN))


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


def changed_decisions(rows: Iterable[Row[tuple[bytes, bytes]]]) -> list[ChangedDecision]:
    """Return the answers to `changes`."""
    return [ChangedDecision(decision_row(decision), entry) for decision, entry in rows]


def stored_credentials(rows: Iterable[Row[tuple[bytes, bytes]]]) -> list[StoredCredential]:
    """Return the answers to `CREDENTIALS`."""
    return [StoredCredential(v1.Credential.FromString(credential), proof) for credential, proof in rows]


def counts(kinds: Sequence[Row[Any]], waiting: Row[Any]) -> Counts:
    """Return the answers to `TALLIES` and `WAITING`."""
    by_risk: dict[int, tuple[int, int]] = {}
    by_state: dict[int, int] = {}
    by_policy = 0
    for kind in kinds:
        risk, state, policy, count = kind
        if not count:
            continue
        is_open, ever = by_risk.get(risk, (0, 0))
        by_risk[risk] = (is_open + (count if state in OPEN_STATES else 0), ever + count)
        by_state[state] = by_state.get(state, 0) + count
        by_policy += count if policy else 0
    nearest_us = waiting.nearest_us
    return Counts(
        by_risk=by_risk,
        by_state=by_state,
        open_breached=waiting.breached,
        nearest_deadline_us=0 if nearest_us in (None, NO_DEADLINE_US) else nearest_us,
        approved_by_policy=by_policy,
    )
