"""What checked evidence says of its decision: the facts, in the order in which people ask for them. Pure.

Everything here comes from entries that were checked; nothing from what a server says of the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from governance_client.audit.evidence import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from governance_client.audit.evidence import Checked, Told

_STATES: Final[Mapping[str, v1.DecisionState.ValueType]] = {
    "decision_proposed": v1.DECISION_STATE_PENDING,
    "decision_approved": v1.DECISION_STATE_APPROVED,
    "order_accepted": v1.DECISION_STATE_EXECUTING,
    "decision_rejected": v1.DECISION_STATE_REJECTED,
    "proposal_returned": v1.DECISION_STATE_REJECTED,
    "decision_expired": v1.DECISION_STATE_EXPIRED,
    "decision_cancelled": v1.DECISION_STATE_CANCELLED,
}
_OUTCOMES: Final[Mapping[int, v1.DecisionState.ValueType]] = {
    v1.OUTCOME_RESULT_EXECUTED: v1.DECISION_STATE_EXECUTED,
    v1.OUTCOME_RESULT_FAILED: v1.DECISION_STATE_FAILED,
    v1.OUTCOME_RESULT_UNKNOWN: v1.DECISION_STATE_OUTCOME_UNKNOWN,
}
OPEN: Final = frozenset(
    {
        v1.DECISION_STATE_PENDING,
        v1.DECISION_STATE_APPROVED,
        v1.DECISION_STATE_EXECUTING,
        v1.DECISION_STATE_OUTCOME_UNKNOWN,
    }
)
VERDICTS: Final = ("vote_cast", "decision_approved", "decision_rejected", "proposal_returned")
"""The events that an operator's verdict on an action makes, but for the modification that comes before one of them."""


class Applied(NamedTuple):
    """A policy that had a say.

    Attributes:
        told: The entry that put it in force.
        event: What it says.
        first: It was in force when the decision was proposed.
    """

    told: Told
    event: v1.PolicyApplied
    first: bool


class Leave(NamedTuple):
    """An order, and what became of it.

    Attributes:
        issued: The entry that gave it.
        order: What it says.
        accepted: The entry in which core accepted it; None where it did not.
        withdrawn: The entry in which a halt withdrew it; None where none did.
        outcomes: The entries that say what became of it, in order.
    """

    issued: Told
    order: v1.OrderIssued
    accepted: Told | None
    withdrawn: Told | None
    outcomes: Sequence[Told]


class Story(NamedTuple):
    """A decision, as its entries tell it.

    Attributes:
        checked: The evidence.
        proposed: The entry that began it.
        event: What that says.
        state: Where it stands after its last entry.
        ended: The entry that brought it to that end; None where it is open.
        verdicts: What people judged, in order.
        leaves: The orders, in order.
        policies: The policies that had a say, in order. The first is not among them where it was the built-in one.
    """

    checked: Checked
    proposed: Told
    event: v1.DecisionProposed
    state: v1.DecisionState.ValueType
    ended: Told | None
    verdicts: Sequence[Told]
    leaves: Sequence[Leave]
    policies: Sequence[Applied]

    @property
    def decision_id(self) -> str:
        """Which decision."""
        return self.checked.evidence.decision_id

    @property
    def entries(self) -> Sequence[Told]:
        """All entries about it."""
        return self.checked.entries

    @property
    def proposal(self) -> v1.Proposal:
        """What core proposed, as far as it may be seen."""
        return self.proposed.personal.proposal

    @property
    def without_order(self) -> bool:
        """It has ended, and no entry about it gives leave."""
        return self.state not in OPEN and not self.leaves

    @property
    def hidden(self) -> frozenset[Seen]:
        """Which kinds of not being seen there are."""
        return frozenset(each.seen for each in self.entries) & {Seen.REDACTED, Seen.ERASED}


def story_of(checked: Checked) -> Story:
    """Return the facts."""
    proposed = checked.entries[0]
    state, ended = _standing(checked.entries)
    return Story(
        checked,
        proposed,
        next(event for _, _, event in happened([proposed], "decision_proposed")),
        state,
        ended,
        tuple(_verdicts(checked.entries)),
        tuple(_leaves(checked.entries)),
        tuple(_policies(checked)),
    )


def happened(told: Iterable[Told], *kinds: str) -> Iterator[tuple[Told, str, Any]]:
    """Yield each event of some kinds, or every one: the entry, the kind, and what the event says."""
    for each in told:
        for event in each.entry.events:
            kind = event.WhichOneof("kind")
            if kind is not None and (not kinds or kind in kinds):
                yield each, kind, getattr(event, kind)


def _standing(entries: Sequence[Told]) -> tuple[v1.DecisionState.ValueType, Told | None]:
    state, since = v1.DECISION_STATE_UNSPECIFIED, entries[0]
    for told, kind, event in happened(entries):
        found = _STATES.get(kind)
        if kind in {"outcome_reported", "outcome_reconciled"}:
            found = _OUTCOMES[event.result]
        if found is not None:
            state, since = found, told
    return state, None if state in OPEN else since


def _verdicts(entries: Sequence[Told]) -> Iterator[Told]:
    for told in entries:
        if told.entry.actor.kind == v1.ACTOR_KIND_OPERATOR and any(happened([told], *VERDICTS)):
            yield told


def _leaves(entries: Sequence[Told]) -> Iterator[Leave]:
    for issued, _kind, order in happened(entries, "order_issued"):
        about = [each for each in happened(entries) if getattr(each[2], "order_id", "") == order.order_id]
        yield Leave(
            issued,
            order,
            next((told for told, kind, _ in about if kind == "order_accepted"), None),
            next((told for told, kind, _ in about if kind == "order_withdrawn"), None),
            tuple(told for told, kind, _ in about if kind in {"outcome_reported", "outcome_reconciled"}),
        )


def _policies(checked: Checked) -> Iterator[Applied]:
    first = checked.entries[0].entry.offset
    for told, _kind, event in happened(checked.house, "policy_applied"):
        yield Applied(told, event, told.entry.offset < first)
