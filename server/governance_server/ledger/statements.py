"""The statements of the write path: made with SQLAlchemy once, when the module is loaded, and then used as text.

They take positional parameters. A set of keys is one parameter, a JSON array, so that the text never changes; one key
is asked for by itself, which takes a quarter of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, column, func, insert, select, update
from sqlalchemy.dialects import sqlite

from governance_server.ledger.schema import (
    checkpoints,
    credentials,
    decisions,
    entries,
    head,
    house,
    personal,
    requests,
    tallies,
    tiles,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ScalarSelect, Select, Table
    from sqlalchemy.sql.expression import ClauseElement

_QMARK: Final = sqlite.dialect(paramstyle="qmark")


def positional(statement: ClauseElement, *names: str) -> str:
    """Return a statement as text, with parameters in the order of the names."""
    compiled = statement.compile(dialect=_QMARK)
    assert tuple(getattr(compiled, "positiontup", None) or ()) == names, "the parameters come in another order"
    return str(compiled)


def _insert(table: Table) -> str:
    return positional(insert(table), *table.columns.keys())


def _upsert(table: Table, key: str, *kept: str) -> str:
    """Return the statement that inserts a row, or changes all columns of the one that has its key but those kept."""
    statement = sqlite.insert(table)
    changed = {name: statement.excluded[name] for name in table.columns.keys() if name not in {key, *kept}}  # noqa: SIM118 - by name
    return positional(
        statement.on_conflict_do_update(index_elements=[key], set_=changed),
        *table.columns.keys(),
    )


class Lookup(NamedTuple):
    """A statement that looks rows up by a column, in two forms.

    Attributes:
        one: Takes the value of the column.
        many: Takes a JSON array of values.
    """

    one: str
    many: str


def _lookup(statement: Select[Any], by: ColumnElement[str]) -> Lookup:
    one, many = statement.where(by == bindparam("key")), statement.where(by.in_(_keys()))
    return Lookup(positional(one, "key"), positional(many, "keys"))


def _keys() -> ScalarSelect[str]:
    return select(func.json_each(bindparam("keys")).table_valued(column("value")).c.value).scalar_subquery()


BEGIN: Final = "BEGIN IMMEDIATE"
COMMIT: Final = "COMMIT"

READ_HEAD: Final = positional(select(head.c.offset, head.c.hash, head.c.recorded_us))
MOVE_HEAD: Final = positional(
    update(head).values(
        offset=bindparam("new_offset"),
        hash=bindparam("new_hash"),
        recorded_us=bindparam("new_recorded_us"),
    ),
    "new_offset",
    "new_hash",
    "new_recorded_us",
)
NAME_LEDGER: Final = positional(update(head).values(ledger_id=bindparam("new_id")), "new_id")
NOTE_VERIFIED: Final = positional(update(head).values(verified_offset=bindparam("verified")), "verified")

INSERT_ENTRY: Final = _insert(entries)
INSERT_PERSONAL: Final = _insert(personal)
INSERT_REQUEST: Final = _insert(requests)
UPSERT_HOUSE: Final = _upsert(house, "key")
UPSERT_CREDENTIAL: Final = _upsert(credentials, "credential_id")
UPSERT_DECISION: Final = _upsert(decisions, "decision_id")
UPSERT_OPEN_DECISION: Final = _upsert(
    decisions, "decision_id", "core", "proposed_us", "rejected_action", "group_key", "ended"
)
"""For a decision that has not ended: what never changes before is left as it was first inserted.

SQLite writes every index anew of which a column is set, were it to what it was. Those left out spare a page at each
change: the one where the decision's group is.
"""

RECORD: Final = (
    *(entries.c[name] for name in ("offset", "decision_id", "entry", "hash")),
    *personal.c["salt", "personal"],
    entries.c.operator,
)
"""The columns of a record, in its order."""

READ_RECORDS_AFTER: Final = positional(
    select(*RECORD)
    .outerjoin_from(entries, personal, personal.c.offset == entries.c.offset)
    .where(entries.c.offset > bindparam("after"))
    .order_by(entries.c.offset),
    "after",
)
READ_REQUESTS: Final = _lookup(select(requests), requests.c.key)
READ_HOUSE: Final = positional(select(house))
READ_REJECTIONS: Final = _lookup(
    select(decisions.c.rejected_action, func.count()).group_by(decisions.c.rejected_action),
    decisions.c.rejected_action,
)
READ_DECISIONS: Final = _lookup(select(decisions.c.decision_id, decisions.c.decision), decisions.c.decision_id)

READ_LEAVES: Final = positional(
    select(entries.c.hash)
    .where(entries.c.offset > bindparam("after"), entries.c.offset <= bindparam("up_to"))
    .order_by(entries.c.offset),
    "after",
    "up_to",
)
READ_TILE: Final = positional(
    select(tiles.c.hashes).where(tiles.c.level == bindparam("of_level"), tiles.c.number == bindparam("of_number")),
    "of_level",
    "of_number",
)
_TILE: Final = sqlite.insert(tiles)
UPSERT_TILE: Final = positional(
    _TILE.on_conflict_do_update(index_elements=tiles.primary_key, set_={"hashes": _TILE.excluded.hashes}),
    *tiles.columns.keys(),
)

INSERT_CHECKPOINT: Final = positional(
    sqlite.insert(checkpoints).on_conflict_do_nothing(index_elements=[checkpoints.c.size]), *checkpoints.columns.keys()
)
COSIGN_CHECKPOINT: Final = positional(
    update(checkpoints)
    .values(note=bindparam("to_note"), witnessed=1)
    .where(checkpoints.c.size == bindparam("of_size"), checkpoints.c.note == bindparam("from_note")),
    "to_note",
    "witnessed",
    "of_size",
    "from_note",
)

_TALLY: Final = sqlite.insert(tallies)
_ADDED: Final = {"count": tallies.c.count + _TALLY.excluded.count}
ADD_TO_TALLY: Final = positional(
    _TALLY.on_conflict_do_update(index_elements=tallies.primary_key, set_=_ADDED), *tallies.columns.keys()
)
_KIND: Final = (decisions.c.risk, decisions.c.state, decisions.c.by_policy)
TAKE_FROM_TALLY: Final = positional(
    _TALLY.from_select(
        tallies.columns.keys(),
        select(*_KIND, -func.count()).where(decisions.c.decision_id.in_(_keys())).group_by(*_KIND),
    ).on_conflict_do_update(index_elements=tallies.primary_key, set_=_ADDED),
    "keys",
)
