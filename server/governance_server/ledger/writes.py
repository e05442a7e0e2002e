"""What a transaction writes: the rows of an appendage, table by table, made ready before SQLite is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from governance import v1
from governance_server.domain.moment import microseconds
from governance_server.engine.ports import Head
from governance_server.ledger import insertion
from governance_server.ledger.projection import projected, tallied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance_server.engine.ports import Appendage, DecisionRow, Record, StoredCredential
    from governance_server.ledger.insertion import Change, Insertion


class Write(NamedTuple):
    """A kind of write and its values: those of all rows, one after the other."""

    kind: Insertion | Change
    values: Sequence[Any]


def assert_follows(appendage: Appendage, head: Head) -> None:
    """Assert that entries follow the head without gap, and that what is projected names them or entries before."""
    offsets = [record.offset for record in appendage.records]
    assert offsets == [*range(head.offset + 1, head.offset + 1 + len(offsets))], "entries follow without gap"
    assert all(record.salt or not record.personal for record in appendage.records), "personal data is salted"
    last = head.offset + len(offsets)
    assert all(head.offset < row.decision.offset <= last for row in appendage.decisions), "a decision names its entry"
    assert all(head.offset < known.offset <= last for _, known in appendage.requests), "a request names its entry"


def head_after(appendage: Appendage, head: Head) -> Head:
    """Return the head after an appendage."""
    if not appendage.records:
        return head
    last = appendage.records[-1]
    recorded_at_us = appendage.recorded_at_us or microseconds(v1.Entry.FromString(last.entry).recorded_at)
    return Head(last.offset, last.hash, recorded_at_us)


def ledger_name(records: Sequence[Record]) -> str:
    """Return the name that the ledger's first entry gives it; empty where the first entry is not among these."""
    if not records or records[0].offset != 1:
        return ""
    events = v1.Entry.FromString(records[0].entry).events
    return next((event.ledger_created.ledger_id for event in events if event.HasField("ledger_created")), "")


def writes(appendage: Appendage, head: Head) -> Iterator[Write]:
    """Return what is written, in an order in which every reference finds what it refers to."""
    if appendage.records:
        yield from _entries(appendage.records)
    if appendage.decisions:
        yield from _projections(appendage.decisions)
    if appendage.requests:
        yield Write(insertion.REQUESTS, [value for key, known in appendage.requests for value in (key, *known)])
    if appendage.house:
        yield Write(insertion.HOUSE, [value for row in appendage.house for value in row])
    if appendage.credentials:
        yield Write(
            insertion.CREDENTIALS, [value for stored in appendage.credentials for value in _credential_row(stored)]
        )
    if name := ledger_name(appendage.records):
        yield Write(insertion.NAME, (name,))
    if appendage.records:
        yield Write(insertion.HEAD, head_after(appendage, head))


def _entries(records: Sequence[Record]) -> Iterator[Write]:
    entries: list[Any] = []
    personal: list[Any] = []
    for offset, decision_id, entry, hash_, salt, data, operator in records:
        entries += (offset, decision_id, entry, hash_, operator)
        if salt:
            personal += (offset, salt, data)
    yield Write(insertion.ENTRIES, entries)
    if personal:
        yield Write(insertion.PERSONAL, personal)


def _projections(rows: Sequence[DecisionRow]) -> Iterator[Write]:
    projections = [projected(row) for row in rows]
    # before the rows are overwritten: they still say how they were counted. A first version overwrites none.
    known = [row.decision.decision_id for row in rows if row.decision.version > 1]
    if known:
        yield Write(insertion.TAKE_FROM_TALLIES, (json.dumps(known),))
    still_open = [value for projection in projections if not projection.ended for value in projection]
    ended = [value for projection in projections if projection.ended for value in projection]
    if still_open:
        yield Write(insertion.OPEN_DECISIONS, still_open)
    if ended:
        yield Write(insertion.DECISIONS, ended)
    yield Write(insertion.ADD_TO_TALLIES, [value for tally in tallied(projections) for value in tally])


def _credential_row(stored: StoredCredential) -> tuple[str, str, int, bytes, bytes]:
    credential = stored.credential
    return (
        credential.credential_id,
        credential.name,
        credential.role,
        credential.SerializeToString(deterministic=True),
        stored.proof,
    )
