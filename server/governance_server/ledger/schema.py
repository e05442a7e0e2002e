"""The ledger's tables, as they are in the newest revision; `migrations` leads an older database here."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

REVISION: Final = "0005"
"""The newest revision; `migrations/versions` ends in it."""

IS_OF_AN_OPERATOR: Final = "operator <> ''"
HAS_NOT_ENDED: Final = "ended = 0"
HAS_ENDED: Final = "state IN (4, 5, 7, 8, 9)"
"""Conditions of partial indexes. A question has to say the same, written out, or SQLite does not use the index."""

NO_DEADLINE_US: Final = 2**63 - 1
"""What `decisions.deadline_us` holds where there is none: later than every deadline, so that it sorts last."""

metadata: Final = MetaData()

entries: Final = Table(
    "entries",
    metadata,
    Column("offset", Integer, primary_key=True, autoincrement=False),
    Column("decision_id", Text, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("operator", Text, nullable=False, server_default=text("''")),  # the actor's name, where that is an operator
)
Index("entries_of_operator", entries.c.operator, entries.c.offset, sqlite_where=text(IS_OF_AN_OPERATOR))
Index(
    "entries_of_decision",
    entries.c.decision_id,
    entries.c.offset,
    unique=True,
    sqlite_where=text("decision_id <> ''"),
)

personal: Final = Table(
    "personal",
    metadata,
    Column("offset", Integer, ForeignKey("entries.offset"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("personal", LargeBinary, nullable=False),
)

# `offset` names an entry here and in `requests`, and is no foreign key on purpose: see the README.
#
# The columns before `decision` are read out of it when it is stored, for the indexes; `decision` is the truth and comes
# last, since a row may spill over onto further pages from there on.
decisions: Final = Table(
    "decisions",
    metadata,
    Column("decision_id", Text, primary_key=True, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("is_open", Integer, nullable=False),
    Column("risk", Integer, nullable=False),
    Column("urgency", Integer, nullable=False),  # minus the risk: one ascending index reads in order of urgency
    Column("core", Text, nullable=False),
    Column("action_type", Integer, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("proposed_us", Integer, nullable=False),
    Column("deadline_us", Integer, nullable=False),
    Column("breaches", Integer, nullable=False),
    Column("by_policy", Integer, nullable=False),
    Column("decision", LargeBinary, nullable=False),
    Column("rejected_action", Text),  # the action's digest in hexadecimal digits, where it was rejected
    Column("group_key", Text, nullable=False, server_default=text("''")),
    Column("ended", Integer, nullable=False, server_default=text("1")),  # written once, when it ends: see `statements`
)
Index("decisions_by_offset", decisions.c.offset, unique=True)
Index("decisions_of_core", decisions.c.core, decisions.c.offset)
# Ties are broken by the latest change, so that decisions without a deadline come in at the end and not anywhere.
Index(
    "decisions_by_urgency",
    decisions.c.ended,
    decisions.c.urgency,
    decisions.c.deadline_us,
    decisions.c.offset,
)
Index("rejections_of_action", decisions.c.rejected_action, sqlite_where=text("rejected_action IS NOT NULL"))
Index("open_decisions_by_offset", decisions.c.offset, sqlite_where=text("is_open = 1"))
# Both with what is asked about them, so that they are counted without reading a row. The first holds nothing that
# changes while a decision is open: groups lie anywhere, and each change would be a page more to write.
Index("open_decisions_of_group", decisions.c.group_key, decisions.c.ended, sqlite_where=text(HAS_NOT_ENDED))
Index(
    "ended_decisions_of_group",
    decisions.c.group_key,
    decisions.c.offset,
    decisions.c.state,
    decisions.c.by_policy,
    sqlite_where=text(HAS_ENDED),
)

# How many decisions there are of each kind: ten million of them are not counted one by one.
tallies: Final = Table(
    "tallies",
    metadata,
    Column("risk", Integer, primary_key=True, autoincrement=False),
    Column("state", Integer, primary_key=True, autoincrement=False),
    Column("by_policy", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

requests: Final = Table(
    "requests",
    metadata,
    Column("key", Text, primary_key=True, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("joined", Text, nullable=False, server_default=text("''")),
    sqlite_with_rowid=False,
)

# What holds for every decision: the policy, halts, who is away. A few rows.
house: Final = Table(
    "house",
    metadata,
    Column("key", Text, primary_key=True, nullable=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

credentials: Final = Table(
    "credentials",
    metadata,
    Column("credential_id", Text, primary_key=True, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Integer, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("proof", LargeBinary, nullable=False),
)

# The Merkle tree over `entries.hash`, as domain.tree has it. On level 0 only full tiles, so that an entry's hash is
# here also once the entry was pruned; the last tile of each other level is replaced as it grows.
tiles: Final = Table(
    "tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

# Signed checkpoints: all of the last hour, and before that one an hour of each kind.
checkpoints: Final = Table(
    "checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("witnessed", Integer, nullable=False),  # it has a cosignature
    Column("signed_us", Integer, nullable=False),
)
Index("checkpoints_by_time", checkpoints.c.signed_us)
Index("witnessed_checkpoints", checkpoints.c.size, sqlite_where=text("witnessed = 1"))

# One row, always. Who holds it locked holds the ledger.
head: Final = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("offset", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("recorded_us", Integer, nullable=False),
    Column("ledger_id", Text, nullable=False),
    Column("verified_offset", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_head"),
)
