"""The first ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables, and the head of an empty ledger."""
    _make_entries()
    _make_decisions()
    _make_lookups()
    _make_head()


def _make_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("offset", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "entries_of_decision",
        "entries",
        ["decision_id", "offset"],
        unique=True,
        sqlite_where=sa.text("decision_id <> ''"),
    )
    op.create_table(
        "personal",
        sa.Column("offset", sa.Integer, sa.ForeignKey("entries.offset"), primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("personal", sa.LargeBinary, nullable=False),
    )


def _make_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("offset", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("is_open", sa.Integer, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("core", sa.Text, nullable=False),
        sa.Column("action_type", sa.Integer, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("proposed_us", sa.Integer, nullable=False),
        sa.Column("deadline_us", sa.Integer, nullable=False),
        sa.Column("breaches", sa.Integer, nullable=False),
        sa.Column("by_policy", sa.Integer, nullable=False),
        sa.Column("decision", sa.LargeBinary, nullable=False),
    )
    urgency = ["urgency", "deadline_us", "decision_id"]
    is_open = sa.text("is_open = 1")
    op.create_index("decisions_by_offset", "decisions", ["offset"], unique=True)
    op.create_index("decisions_of_core", "decisions", ["core", "offset"])
    op.create_index("decisions_by_urgency", "decisions", urgency)
    op.create_index("open_decisions_by_urgency", "decisions", urgency, sqlite_where=is_open)
    op.create_index("open_decisions_by_offset", "decisions", ["offset"], sqlite_where=is_open)


def _make_lookups() -> None:
    op.create_table(
        "tallies",
        sa.Column("risk", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("by_policy", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "requests",
        sa.Column("key", sa.Text, primary_key=True, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("offset", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
    )


def _make_head() -> None:
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("offset", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("recorded_us", sa.Integer, nullable=False),
        sa.Column("ledger_id", sa.Text, nullable=False),
        sa.Column("verified_offset", sa.Integer, nullable=False),
        sa.CheckConstraint("id = 1", name="one_head"),
    )
    op.bulk_insert(
        head,
        [{"id": 1, "offset": 0, "hash": bytes(32), "recorded_us": 0, "ledger_id": "", "verified_offset": 0}],
    )
