"""Indexes of which a change to a decision touches fewer pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN_STATES = "state IN (1, 2, 3, 6)"


def upgrade() -> None:
    """Add the column that says whether a decision has ended; make anew the indexes that change along with it.

    No row is written but those of decisions that are open, of which there are few: an ended one has what the column has
    by itself. `is_open` is there for the index alone, so that the open ones are found.
    """
    op.drop_index("open_decisions_by_urgency", "decisions")
    op.drop_index("decisions_by_urgency", "decisions")
    op.drop_index("open_decisions_of_group", "decisions")
    op.add_column("decisions", sa.Column("ended", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.execute(f"UPDATE decisions SET ended = 0 WHERE is_open = 1 AND {OPEN_STATES}")  # noqa: S608 - a constant
    op.create_index("decisions_by_urgency", "decisions", ["ended", "urgency", "deadline_us", "offset"])
    op.create_index("open_decisions_of_group", "decisions", ["group_key", "ended"], sqlite_where=sa.text("ended = 0"))
