"""Whose command an entry records, and which decisions are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from alembic import op
from google.protobuf.message import DecodeError

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BATCH: Final = 128
"""Rows held in memory at a time; a decision may have some hundred KiB."""


def upgrade() -> None:
    """Add both columns, fill them from what is stored beside them, and make their indexes."""
    op.add_column("entries", sa.Column("operator", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("decisions", sa.Column("group_key", sa.Text, nullable=False, server_default=sa.text("''")))
    _fill("entries", key="offset", source="entry", column="operator", value=_operator)
    _fill("decisions", key="decision_id", source="decision", column="group_key", value=_group_key)
    op.create_index("entries_of_operator", "entries", ["operator", "offset"], sqlite_where=sa.text("operator <> ''"))
    op.create_index(
        "open_decisions_of_group",
        "decisions",
        ["group_key", "offset", "state"],
        sqlite_where=sa.text("state IN (1, 2, 3, 6)"),
    )
    op.create_index(
        "ended_decisions_of_group",
        "decisions",
        ["group_key", "offset", "state", "by_policy"],
        sqlite_where=sa.text("state IN (4, 5, 7, 8, 9)"),
    )


def _fill(table_name: str, *, key: str, source: str, column: str, value: Callable[[bytes], str]) -> None:
    """Fill a column by what the bytes of each row say, a batch at a time."""
    names = (key, source, column)
    table = sa.table(table_name, *(sa.column(name) for name in names))
    page = sa.select(table.c[key], table.c[source]).order_by(table.c[key]).limit(BATCH)
    update = sa.update(table).where(table.c[key] == sa.bindparam("of")).values({column: sa.bindparam("to")})
    connection, rows = op.get_bind(), op.get_bind().execute(page).all()
    while rows:
        filled: list[dict[str, Any]] = [{"of": row[0], "to": text} for row in rows if (text := value(row[1]))]
        if filled:
            connection.execute(update, filled)
        rows = connection.execute(page.where(table.c[key] > rows[-1][0])).all()


def _operator(entry: bytes) -> str:
    try:
        actor = v1.Entry.FromString(entry).actor
    except (DecodeError, TypeError):
        return ""  # somebody changed it, which is for the check to say
    return actor.name if actor.kind == v1.ACTOR_KIND_OPERATOR else ""


def _group_key(decision: bytes) -> str:
    try:
        return v1.Decision.FromString(decision).group_key
    except (DecodeError, TypeError):
        return ""  # as above
