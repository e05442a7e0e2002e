"""Searching entries: what a query asks of the tables, and which entries are about actions of a type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError
from sqlalchemy import and_, exists, func, or_, select, text, true

from governance import v1
from governance_server.engine.frames import field_tag
from governance_server.ledger.schema import IS_OF_AN_OPERATOR, decisions, entries, personal
from governance_server.ledger.statements import RECORD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import ColumnElement, Row, Select

    from governance_server.engine.ports import EntryQuery

_IS_ABOUT_A_DECISION: Final = text("entries.decision_id <> ''")
_IS_OF_AN_OPERATOR: Final = text(IS_OF_AN_OPERATOR)
"""Written out, so that the indexes that leave the others away are used."""


_MODIFIED: Final = field_tag(v1.Decision.MODIFICATIONS_FIELD_NUMBER)
_NAMING_ACTIONS: Final = tuple(
    map(field_tag, (v1.Event.DECISION_PROPOSED_FIELD_NUMBER, v1.Event.ACTION_MODIFIED_FIELD_NUMBER))
)
"""Bytes without which a decision was never modified, and an entry names no type of action."""


def selection(query: EntryQuery) -> Select[Any]:
    """Ask for a query's entries, in order, with whether the decision's type of action is known to be one asked for.

    Where it is not, `of_actions` has to tell: the decision was modified, or its action was erased.
    """
    return (
        select(*RECORD, _is_sure(query).label("sure"))
        .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
        .where(entries.c.offset > query.after, entries.c.offset <= query.up_to, *_conditions(query))
        .order_by(entries.c.offset)
        .limit(query.limit)
    )


def _is_sure(query: EntryQuery) -> ColumnElement[bool]:
    columns = decisions.c
    if not query.actions:
        return true()
    is_of_type = select(columns.action_type.in_(query.actions))
    return is_of_type.where(columns.decision_id == entries.c.decision_id).scalar_subquery()


def naming_actions(decision_ids: Collection[str]) -> Select[Any]:
    """Ask for the entries that say on what type of action these decisions are, and maybe for some more."""
    return select(entries.c.decision_id, entries.c.entry).where(
        entries.c.decision_id.in_(decision_ids),
        and_(_IS_ABOUT_A_DECISION),
        or_(*(func.instr(entries.c.entry, tag) > 0 for tag in _NAMING_ACTIONS)),
    )


def of_actions(rows: Iterable[Row[Any]], actions: Collection[int]) -> set[str]:
    """Return, of the answers to `naming_actions`, which decisions are on these types of action.

    One with an entry that somebody has damaged is among them: it is for the reader to see.
    """
    return {row.decision_id for row in rows if _names_one(row.entry, actions)}


def _names_one(entry: bytes, actions: Collection[int]) -> bool:
    try:
        return not named_actions(entry).isdisjoint(actions)
    except DecodeError:
        return True


def named_actions(entry: bytes) -> set[int]:
    """Return the types of action that an entry names: as proposed, or as modified."""
    named: set[int] = set()
    for event in v1.Entry.FromString(entry).events:
        if event.HasField("decision_proposed"):
            named.add(event.decision_proposed.action_type)
        elif event.HasField("action_modified"):
            named.add(event.action_modified.action_type)
    return named


def _conditions(query: EntryQuery) -> Iterator[ColumnElement[bool]]:
    if query.decision_id:
        yield entries.c.decision_id == query.decision_id
        yield and_(_IS_ABOUT_A_DECISION)
    if query.operators:
        yield entries.c.operator.in_(query.operators)
        yield and_(_IS_OF_AN_OPERATOR)
    for group in query.containing:
        yield or_(*(func.instr(entries.c.entry, part) > 0 for part in group))
    about = tuple(_about(query))
    if about:  # as a subquery: a join could be read decision by decision, and all of them sorted for every page
        yield exists().where(decisions.c.decision_id == entries.c.decision_id, *about)


def _about(query: EntryQuery) -> Iterator[ColumnElement[bool]]:
    columns = decisions.c
    for column, wanted in (
        (columns.risk, query.risks),
        (columns.state, query.states),
        (columns.tier, query.tiers),
        (columns.core, query.cores),
    ):
        if wanted:
            yield column.in_(wanted)
    if query.actions:
        yield or_(
            columns.action_type.in_(query.actions),
            columns.action_type == v1.ACTION_TYPE_UNSPECIFIED,
            func.instr(columns.decision, _MODIFIED) > 0,
        )
