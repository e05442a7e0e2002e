"""The tree over the entries, and its signed checkpoints."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from governance_server.domain.tree import HASH_BYTES, WIDTH, Tile, edge_widths, grown

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ENTRIES: Final = sa.table("entries", sa.column("offset"), sa.column("hash"))
_TILES: Final = sa.table("tiles", sa.column("level"), sa.column("number"), sa.column("hashes"))
_LEAVES: Final = sa.select(_ENTRIES.c.offset, _ENTRIES.c.hash).order_by(_ENTRIES.c.offset).limit(WIDTH)


def upgrade() -> None:
    """Make both tables, and the tiles of the entries that there are. Nothing signed them yet."""
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("witnessed", sa.Integer, nullable=False),
        sa.Column("signed_us", sa.Integer, nullable=False),
    )
    op.create_index("checkpoints_by_time", "checkpoints", ["signed_us"])
    op.create_index("witnessed_checkpoints", "checkpoints", ["size"], sqlite_where=sa.text("witnessed = 1"))
    _build_tiles()


def _build_tiles() -> None:
    """Build the tiles, one of leaves at a time: memory does not grow with the ledger.

    Where an entry is missing or its hash is none, somebody changed it, which is for the check to say: it ends there.
    """
    connection, size = op.get_bind(), 0
    edges: dict[int, bytes] = {}
    while leaves := _full_tile(connection.execute(_LEAVES.where(_ENTRIES.c.offset > size)).all(), size):
        written = {tile.level: tile for tile in grown(size, edges, [leaves])}
        size += WIDTH
        unfinished = edge_widths(size)
        _put(connection, [tile for level, tile in written.items() if level not in unfinished])
        edges = {level: written[level].hashes if level in written else edges[level] for level in unfinished}
    _put(connection, [Tile(level, number, edges[level]) for level, (number, _) in edge_widths(size).items()])


def _full_tile(rows: Any, size: int) -> bytes:
    """Return the next tile of leaves; empty where the ledger has none that is full and in order."""
    if [row.offset for row in rows] != list(range(size + 1, size + 1 + WIDTH)):
        return b""
    if any(not isinstance(row.hash, bytes) or len(row.hash) != HASH_BYTES for row in rows):
        return b""
    return b"".join(row.hash for row in rows)


def _put(connection: sa.Connection, written: list[Tile]) -> None:
    if written:
        connection.execute(sa.insert(_TILES), [tile._asdict() for tile in written])
