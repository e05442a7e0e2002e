"""The questions that reads put to the tables, and the port's values made of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, select, text

from governance import v1
from governance_server.engine.ports import Alike, ChangedDecision, Counts, StoredCredential
from governance_server.ledger.listing import IN_SNAPSHOT, IS_OPEN
from governance_server.ledger.projection import OPEN_STATES, decision_row
from governance_server.ledger.schema import (
    HAS_ENDED,
    HAS_NOT_ENDED,
    IS_OF_AN_OPERATOR,
    NO_DEADLINE_US,
    credentials,
    decisions,
    entries,
    head,
    personal,
    tallies,
)
from governance_server.ledger.statements import RECORD, positional

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Row, Select

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
_IS_OF_AN_OPERATOR: Final = text(IS_OF_AN_OPERATOR)
_HAS_ENDED: Final = text(HAS_ENDED)
_HAS_NOT_ENDED: Final = text(HAS_NOT_ENDED)
"""Written out, so that the indexes that leave the others away are used."""


_OPEN_DECISIONS: Final = (
    select(decisions.c.offset, decisions.c.decision)
    .where(and_(IS_OPEN), decisions.c.offset > bindparam("after"))
    .order_by(decisions.c.offset)
)
OPEN_DECISIONS: Final = f"{positional(_OPEN_DECISIONS, 'after')} LIMIT ?"
"""Asks for open decisions that changed last after an offset, in the order of these changes; with the most to return.

As text, since SQLAlchemy's rows cost twice what SQLite's do, and there may be a million of them.
"""


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
        select(*RECORD)
        .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
        .where(entries.c.offset > after)
        .order_by(entries.c.offset)
        .limit(limit)
    )
    if decision_id:
        return statement.where(entries.c.decision_id == decision_id, and_(_IS_ABOUT_A_DECISION))
    return statement


def deeds(operator: str, before: int, limit: int, decision_id: str = "") -> Select[Any]:
    """Ask for an operator's entries before an offset, the latest first, with when their decisions were proposed."""
    statement = (
        select(entries.c.offset, entries.c.entry, func.coalesce(decisions.c.proposed_us, 0))
        .outerjoin_from(entries, decisions, decisions.c.decision_id == entries.c.decision_id)
        .where(entries.c.operator == operator, entries.c.offset < before)
        .order_by(entries.c.offset.desc())
        .limit(limit)
    )
    if decision_id:  # which has far fewer entries than the operator, so that its index is the one to use
        return statement.where(entries.c.decision_id == decision_id, and_(_IS_ABOUT_A_DECISION))
    return statement.where(and_(_IS_OF_AN_OPERATOR))


def _ended_of_group(group_key: str, without: str) -> tuple[ColumnElement[bool], ...]:
    left_out = select(decisions.c.offset).where(decisions.c.decision_id == without).scalar_subquery()
    return decisions.c.group_key == group_key, and_(_HAS_ENDED), decisions.c.offset.is_distinct_from(left_out)


def latest_of_group(group_key: str, without: str, limit: int) -> Select[Any]:
    """Ask for decisions of a group that ended, the latest first, one of them left out."""
    conditions = _ended_of_group(group_key, without)
    return select(decisions.c.decision).where(*conditions).order_by(decisions.c.offset.desc()).limit(limit)


def ends_of_group(group_key: str, without: str, counted: int) -> Select[Any]:
    """Ask how the latest of them ended, and how many of each the policy approved."""
    conditions = _ended_of_group(group_key, without)
    order = decisions.c.offset.desc()
    latest = select(decisions.c.state, decisions.c.by_policy).where(*conditions).order_by(order).limit(counted)
    ends = latest.subquery()
    return select(ends.c.state, ends.c.by_policy, func.count().label("decisions")).group_by(*ends.c)


def open_of_group(group_key: str, without: str) -> Select[Any]:
    """Ask how many decisions of a group are open, one of them left out."""
    of_group = select(func.count()).select_from(decisions).where(decisions.c.group_key == group_key, _HAS_NOT_ENDED)
    # taken off afterwards: the index does not say which decisions it holds
    left_out = of_group.where(decisions.c.decision_id == without)
    return select(of_group.scalar_subquery() - left_out.scalar_subquery())


def alike(latest: Iterable[Row[Any]], ends: Iterable[Row[Any]], still_open: int) -> Alike:
    """Return the answers to `latest_of_group`, `ends_of_group` and `open_of_group`."""
    by_state: dict[int, int] = {}
    by_policy = 0
    for end in ends:
        by_state[end.state] = by_state.get(end.state, 0) + end.decisions
        by_policy += end.decisions if end.by_policy else 0
    return Alike([v1.Decision.FromString(row.decision) for row in latest], by_state, by_policy, still_open)


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
