"""The house, proposals that joined a decision, and how often an action was rejected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the house; add what requests and decisions have to tell since.

    A decision that was rejected before counts from its next rejection on: its row does not say which action it was.
    """
    op.create_table(
        "house",
        sa.Column("key", sa.Text, primary_key=True, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("requests", sa.Column("joined", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("decisions", sa.Column("rejected_action", sa.Text))
    op.create_index(
        "rejections_of_action",
        "decisions",
        ["rejected_action"],
        sqlite_where=sa.text("rejected_action IS NOT NULL"),
    )
