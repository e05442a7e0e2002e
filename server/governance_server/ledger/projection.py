"""What the indexes need of decisions and entries: their columns, and a decision's row as it is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.moment import microseconds
from governance_server.engine.ports import DecisionRow
from governance_server.ledger.schema import NO_DEADLINE_US

if TYPE_CHECKING:
    from collections.abc import Iterable

OPEN_STATES: Final = frozenset(
    (
        v1.DECISION_STATE_PENDING,
        v1.DECISION_STATE_APPROVED,
        v1.DECISION_STATE_EXECUTING,
        v1.DECISION_STATE_OUTCOME_UNKNOWN,
    )
)


def in_snapshot(decision: v1.Decision) -> bool:
    """Tell whether a decision belongs to a snapshot: it is open, or an operator waits for core to propose its reverse.

    The column `is_open` says so: a core that was away when somebody asked for the reverse has to learn of it.
    """
    if decision.state == v1.DECISION_STATE_EXECUTED:
        return decision.HasField("undo_requested") and not decision.reversed_by
    return decision.state in OPEN_STATES


class Projection(NamedTuple):
    """A row of `decisions`, in the order of its columns; `is_open` is whether it belongs to a snapshot."""

    decision_id: str
    offset: int
    state: int
    is_open: int
    risk: int
    urgency: int
    core: str
    action_type: int
    tier: int
    proposed_us: int
    deadline_us: int
    breaches: int
    by_policy: int
    decision: bytes
    rejected_action: str | None
    group_key: str
    ended: int


def projected(row: DecisionRow) -> Projection:
    """Return the columns of a decision."""
    decision, serialized = row
    state = decision.state
    is_open = state in OPEN_STATES
    risk = decision.assessment.risk
    schedule = decision.schedule
    # each field once, and by position: this runs for every decision of every commit, and names would cost as much again
    return Projection(
        decision.decision_id,
        decision.offset,
        state,
        1 if is_open else int(in_snapshot(decision)),
        risk,
        -risk,
        decision.core,
        decision.proposal.action.type,
        decision.tier,
        microseconds(decision.proposed_at),
        microseconds(schedule.deadline) if schedule.HasField("deadline") else NO_DEADLINE_US,
        schedule.breaches,
        int(decision.approval.actor.kind == v1.ACTOR_KIND_POLICY),
        serialized,
        decision.action_digest.hex() if state == v1.DECISION_STATE_REJECTED else None,
        decision.group_key,
        0 if is_open else 1,
    )


def operator_of(entry: v1.Entry) -> str:
    """Return the operator whose command an entry records; empty where it was nobody's, or not an operator's."""
    return entry.actor.name if entry.actor.kind == v1.ACTOR_KIND_OPERATOR else ""


def decision_row(serialized: bytes) -> DecisionRow:
    """Return a decision as it was stored."""
    return DecisionRow(v1.Decision.FromString(serialized), serialized)


def tallied(projections: Iterable[Projection]) -> list[tuple[int, int, int, int]]:
    """Count projections by (risk, state, by_policy), in the order of the columns of `tallies`."""
    counts: dict[tuple[int, int, int], int] = {}
    for projection in projections:
        kind = (projection.risk, projection.state, projection.by_policy)
        counts[kind] = counts.get(kind, 0) + 1
    return [(*kind, count) for kind, count in counts.items()]
