"""Promise 3, one end: nothing happens after it, and whoever comes second is told so, with who and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from tests.simulation.checkers.replay import OPEN
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from tests.simulation.checkers.ledger import Ledger, Row

AFTER_THE_END: Final = {"note_added", "undo_requested", "reversal_proposed"}
_APPROVED: Final = OPEN - {v1.DECISION_STATE_PENDING}
_ONLY_EXECUTED: Final = {"undo_requested", "reversal_proposed"}
_ONLY_PENDING: Final = {
    "decision_approved", "decision_rejected", "decision_escalated", "decision_claimed", "decision_released",
    "sla_warned", "sla_breached", "vote_cast", "action_modified", "decision_deferred", "information_requested",
    "information_provided", "proposal_returned", "decision_assigned",
}  # fmt: skip


class Ending:
    """Holds entries and refusals to the one end of each decision."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def event(self, row: Row, event: v1.Event, now: v1.Decision) -> None:
        """Check an event against where its decision stands."""
        kind = event.WhichOneof("kind") or "nothing"
        where = f"{kind} in entry {row.offset} on {row.entry.decision_id} by {row.who}"
        if kind == "decision_proposed":
            _assure(now.state == v1.DECISION_STATE_UNSPECIFIED, f"{where} begins what has begun")
            return
        state = v1.DecisionState.Name(now.state)
        _assure(now.state != v1.DECISION_STATE_UNSPECIFIED, f"{where} comes before the proposal")
        _assure(now.state in OPEN or kind in AFTER_THE_END, f"{where} comes after its end as {state}")
        if kind in _ONLY_PENDING:
            _assure(now.state == v1.DECISION_STATE_PENDING, f"{where} comes when it is {state}")
        if kind in _ONLY_EXECUTED:
            _assure(now.state == v1.DECISION_STATE_EXECUTED, f"{where} comes when it is {state}")

    def refused(self, who: str, receipt: v1.Receipt) -> None:
        """Check what somebody who came too late was told."""
        refusal = receipt.refused
        where = f"the refusal of {receipt.request_id} to {who}"
        current = refusal.current
        if refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED:
            _assure(current.state not in OPEN, f"{where} says that {current.decision_id} has ended, which is open")
            self._named(where, refusal.message, _last_word(current))
        elif refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED:
            _assure(current.state in _APPROVED, f"{where} says that {current.decision_id} is approved, which is not")
            self._named(where, refusal.message, current.approval)

    def _named(self, where: str, message: str, word: v1.Resolution) -> None:
        _assure(word.HasField("resolved_at"), f"{where} does not say when")
        moment = v1.Resolution(resolved_at=word.resolved_at).resolved_at
        moment.nanos = 0
        _assure(moment.ToJsonString() in message, f"{where} does not say when: {message}")
        if word.actor.kind in (v1.ACTOR_KIND_OPERATOR, v1.ACTOR_KIND_CORE):
            _assure(word.actor.name in message, f"{where} does not say who: {message}")


def _last_word(decision: v1.Decision) -> v1.Resolution:
    """Return who brought a decision to its end, and when."""
    if decision.HasField("ending"):
        return decision.ending
    return v1.Resolution(actor=decision.outcome.reported_by, resolved_at=decision.outcome.reported_at)


def _assure(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenPromiseError(3, sentence)
