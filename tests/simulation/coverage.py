"""What runs exercised, counted: a line that stays at nothing is a hole in the simulation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from governance import v1
from tests.simulation.history import Committed, Executed, Served, Told

if TYPE_CHECKING:
    from tests.simulation.run import Ran

EVENTS: Final = tuple(
    field.name
    for field in v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields
    if field.name not in ("checkpoint_key_changed", "personal_data_erased", "entries_pruned")
)
"""The kinds of events that a run can have: rotating keys, erasing and pruning are told by tests of their own."""
OTHERS: Final = (
    "entries",
    "started",
    "killed",
    "failed",
    "stopped",
    "executed",
    "cuts",
    "silences",
    "clock steps",
    "store fails before",
    "store fails after",
    "store busy",
    "reads fail",
    "store stalls",
    "kills",
    "snapshots",
    "resumes from an offset",
    "resumes below the tail",
    "sent again",
    "cores that died",
    "revocations",
    "accepted",
    "refused",
    "the same receipt again",
)
REASONS: Final = tuple(
    name.removeprefix("REFUSAL_REASON_")
    for name, number in v1.RefusalReason.items()
    if number and name.removeprefix("REFUSAL_REASON_") not in ("READ_TOO_SHORTLY", "TOO_MANY_REMARKS", "NOT_OFFERED")
)
"""The reasons for which a run can refuse: no policy of it asks for reading times, nobody lives to remark so much, and
the last is the clients' own."""


def exercised(ran: Ran) -> Counter[str]:
    """Count what a run exercised."""
    counts = Counter(ran.coverage)
    known: set[tuple[str, str]] = set()
    for happening in ran.history.happenings:
        if isinstance(happening, Committed):
            counts["entries"] += 1
            counts.update(event.WhichOneof("kind") or "" for event in v1.Entry.FromString(happening.entry).events)
        elif isinstance(happening, Served):
            counts[happening.phase] += 1
        elif isinstance(happening, Executed):
            counts["executed"] += 1
        elif isinstance(happening, Told):
            _count_receipts(happening, known, counts)
    return counts


def _count_receipts(told: Told, known: set[tuple[str, str]], counts: Counter[str]) -> None:
    for receipt in told.frame.news.receipts:
        if receipt.HasField("refused"):
            counts["refused"] += 1
            counts[v1.RefusalReason.Name(receipt.refused.reason).removeprefix("REFUSAL_REASON_")] += 1
            continue
        counts["accepted"] += 1
        request = (told.client.partition("/")[0], receipt.request_id)
        counts["the same receipt again"] += request in known
        known.add(request)


def holes(counts: Counter[str]) -> list[str]:
    """Return what was never exercised, and can be."""
    return [name for name in (*OTHERS, *EVENTS, *REASONS) if not counts[name]]
