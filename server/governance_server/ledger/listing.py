"""Pages of decisions: the order they come in, the filter as SQL, and the cursor that leads from one to the next."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sqlalchemy import Text, and_, literal, literal_column, select, text, tuple_, union_all

from governance import v1
from governance_server.ledger.projection import OPEN_STATES
from governance_server.ledger.schema import decisions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, CompoundSelect, Select

    from governance_server.engine.ports import DecisionQuery

UrgencyPlace: TypeAlias = tuple[int, int, int]
RecencyPlace: TypeAlias = tuple[int]
Place: TypeAlias = UrgencyPlace | RecencyPlace
_Row: TypeAlias = tuple[int, int, int, bytes]

_INT64: Final = range(-(2**63), 2**63)
_LAST_CHARACTER: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)

IN_SNAPSHOT: Final = text("is_open = 1")
"""Written out, since an index over the open ones is only used for a condition without a parameter."""
IS_OPEN: Final = text(f"is_open = 1 AND state IN ({', '.join(str(state) for state in sorted(OPEN_STATES))})")
"""With the state, since a snapshot also holds what was executed and is to be reversed; the column is for the index."""
_NOT_ENDED: Final = decisions.c.ended == literal_column("0")
_ENDED: Final = decisions.c.ended == literal_column("1")
_URGENCY: Final = (decisions.c.urgency, decisions.c.deadline_us, decisions.c.offset)
"""The order by urgency: a decision that changes comes behind those that are as urgent."""


class Listed(NamedTuple):
    """A row of a page: where it stands in the order, and the decision's bytes."""

    urgency: int
    deadline_us: int
    offset: int
    decision: bytes


def by_recency(query: DecisionQuery) -> bool:
    """Return whether the latest change comes first; if not, the most urgent does."""
    return query.order == v1.DECISION_ORDER_RECENT


def place(row: Listed, query: DecisionQuery) -> Place:
    """Return where a row stands in the query's order."""
    return (row.offset,) if by_recency(query) else (row.urgency, row.deadline_us, row.offset)


def selection(query: DecisionQuery) -> Select[_Row] | CompoundSelect[_Row]:
    """Return the statement for a page and one row more, which tells whether there is another page.

    Raises:
        ValueError: The cursor was not made for that query.
    """
    columns = decisions.c
    statement = select(columns.urgency, columns.deadline_us, columns.offset, columns.decision)
    statement = statement.where(*_conditions(query.filter))
    open_only = query.filter.open_only
    if query.after:
        statement = statement.where(_beyond(decode_cursor(query)))
    if by_recency(query):
        statement = statement.where(and_(IS_OPEN)) if open_only else statement
        return statement.order_by(columns.offset.desc()).limit(query.limit + 1)
    if open_only:
        return statement.where(_NOT_ENDED).order_by(*_URGENCY).limit(query.limit + 1)
    # The index has the open ones first, and each part in the order: SQLite merges the two, and reads no further.
    both = union_all(statement.where(_NOT_ENDED), statement.where(_ENDED))
    return both.order_by(*(text(column.name) for column in _URGENCY)).limit(query.limit + 1)


def _beyond(start: Place) -> ColumnElement[bool]:
    if len(start) == 1:
        return decisions.c.offset < start[0]
    return tuple_(*_URGENCY) > tuple_(*map(literal, start))


def _conditions(wanted: v1.DecisionFilter) -> Iterator[ColumnElement[bool]]:
    columns = decisions.c
    if wanted.states:
        yield columns.state.in_(list(wanted.states))
    if wanted.risks:
        yield columns.risk.in_(list(wanted.risks))
    if wanted.cores:
        yield columns.core.in_(list(wanted.cores))
    if wanted.action_types:
        yield columns.action_type.in_(list(wanted.action_types))
    if wanted.decision_id_prefix:
        yield columns.decision_id >= literal(wanted.decision_id_prefix, Text)
        if (end := after_prefix(wanted.decision_id_prefix)) is not None:
            yield columns.decision_id < literal(end, Text)


def after_prefix(prefix: str) -> str | None:
    """Return the smallest text that is greater than all that start so; None where there is none.

    Text is compared by code points, which is how SQLite compares its UTF-8. A range needs no escaping, and an index
    serves it.
    """
    kept = prefix.rstrip(chr(_LAST_CHARACTER))
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return kept[:-1] + chr(following)


def encode_cursor(start: Place, query: DecisionQuery) -> str:
    """Return the cursor for what comes after a place."""
    content = json.dumps([_query_digest(query), *start], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode_cursor(query: DecisionQuery) -> Place:
    """Return the place that the query's cursor names.

    Raises:
        ValueError: The cursor was not made for that query.
    """
    cursor = query.after
    try:
        content = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise ValueError("The page token is not one that this server gave. Start again with the first page.") from error
    match content:
        case [digest, *_] if digest != _query_digest(query):
            raise ValueError(
                "The page token belongs to another filter or order. Start again with the first page, or send the"
                " filter and order it was given for."
            )
        case [_, int(offset)] if by_recency(query) and offset in _INT64:
            return (offset,)
        case [_, int(urgency), int(deadline_us), int(offset)] if not by_recency(query) and (
            urgency in _INT64 and deadline_us in _INT64 and offset in _INT64
        ):
            return (urgency, deadline_us, offset)
        case _:
            raise ValueError("The page token is not one that this server gave. Start again with the first page.")


def _query_digest(query: DecisionQuery) -> str:
    order = b"recent" if by_recency(query) else b"urgent"
    return hashlib.sha256(order + query.filter.SerializeToString(deterministic=True)).hexdigest()[:16]
