"""Lifecycle: which events may happen to a decision in which state, and where they lead.

Theory of operation. A decision begins when core proposes. It is then PENDING: it waits for a person. While it waits it
may be claimed and released, warned about, and passed up the chain; none of that moves it. Four things end the wait. An
operator approves, or the policy did so at once; an operator rejects; core withdraws; or the last tier of the chain lets
its deadline pass, which denies.

An APPROVED decision gets its order in the same entry, and waits for core. Core may still withdraw, and an order that
is not accepted in time is void: leave is not given for ever. Accepting is the point of no return. From there on the
action may have been done, so nothing but an outcome may follow: EXECUTED and FAILED are ends, OUTCOME_UNKNOWN is not.
It is what core reports when it cannot tell, and what the timekeeper concludes when core is silent for too long; it
stays open so that somebody looks, and a late report settles it.

While a halt covers its action, an approved decision has no order: one that core has not accepted is withdrawn, and
none is issued until the halt ends. Then it is issued anew, under a number of its own, if there is still time.

A decision ends once: after its end, people may note something, ask for the reverse of what was executed, and core may
propose it, none of which moves it; whatever is not listed is invalid. `decide` refuses the command
that would bring it about, with who was first; `evolve` asserts it, since an entry that breaks the table was not written
by us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE: Final = v1.DECISION_STATE_UNSPECIFIED
_PENDING: Final = v1.DECISION_STATE_PENDING
_APPROVED: Final = v1.DECISION_STATE_APPROVED
_EXECUTING: Final = v1.DECISION_STATE_EXECUTING
_UNKNOWN: Final = v1.DECISION_STATE_OUTCOME_UNKNOWN
_EXECUTED: Final = v1.DECISION_STATE_EXECUTED
_OPEN: Final = (_PENDING, _APPROVED, _EXECUTING, _UNKNOWN)
_ENDS: Final = (
    _EXECUTED,
    v1.DECISION_STATE_FAILED,
    v1.DECISION_STATE_REJECTED,
    v1.DECISION_STATE_EXPIRED,
    v1.DECISION_STATE_CANCELLED,
)

TRANSITIONS: Final[Mapping[tuple[v1.DecisionState.ValueType, str], v1.DecisionState.ValueType]] = {
    (_NONE, "decision_proposed"): _PENDING,
    (_PENDING, "decision_approved"): _APPROVED,
    (_PENDING, "decision_rejected"): v1.DECISION_STATE_REJECTED,
    (_PENDING, "decision_escalated"): _PENDING,
    (_PENDING, "decision_claimed"): _PENDING,
    (_PENDING, "decision_released"): _PENDING,
    (_PENDING, "sla_warned"): _PENDING,
    (_PENDING, "sla_breached"): _PENDING,
    (_PENDING, "decision_expired"): v1.DECISION_STATE_EXPIRED,
    (_PENDING, "decision_cancelled"): v1.DECISION_STATE_CANCELLED,
    (_PENDING, "vote_cast"): _PENDING,
    (_PENDING, "action_modified"): _PENDING,
    (_PENDING, "decision_deferred"): _PENDING,
    (_PENDING, "information_requested"): _PENDING,
    (_PENDING, "information_provided"): _PENDING,
    (_PENDING, "proposal_returned"): v1.DECISION_STATE_REJECTED,
    (_PENDING, "decision_assigned"): _PENDING,
    (_APPROVED, "order_issued"): _APPROVED,
    (_APPROVED, "order_held"): _APPROVED,
    (_APPROVED, "order_withdrawn"): _APPROVED,
    (_APPROVED, "decision_expired"): v1.DECISION_STATE_EXPIRED,
    (_APPROVED, "decision_cancelled"): v1.DECISION_STATE_CANCELLED,
    (_APPROVED, "order_accepted"): _EXECUTING,
    (_EXECUTING, "outcome_reported.executed"): v1.DECISION_STATE_EXECUTED,
    (_EXECUTING, "outcome_reported.failed"): v1.DECISION_STATE_FAILED,
    (_EXECUTING, "outcome_reported.unknown"): _UNKNOWN,
    (_UNKNOWN, "outcome_reported.executed"): v1.DECISION_STATE_EXECUTED,
    (_UNKNOWN, "outcome_reported.failed"): v1.DECISION_STATE_FAILED,
    (_UNKNOWN, "outcome_reported.unknown"): _UNKNOWN,
    (_UNKNOWN, "outcome_reconciled.executed"): v1.DECISION_STATE_EXECUTED,
    (_UNKNOWN, "outcome_reconciled.failed"): v1.DECISION_STATE_FAILED,
    (_EXECUTED, "undo_requested"): _EXECUTED,
    (_EXECUTED, "reversal_proposed"): _EXECUTED,
    **{(state, kind): state for state in _OPEN for kind in ("note_added", "proposal_repeated", "alarm_raised")},
    **{(state, "note_added"): state for state in _ENDS},
}
"""Where an event leads from a state. A report is three kinds, since its result says where it leads."""

RESULTS: Final[Mapping[v1.OutcomeResult.ValueType, str]] = {
    v1.OUTCOME_RESULT_EXECUTED: "outcome_reported.executed",
    v1.OUTCOME_RESULT_FAILED: "outcome_reported.failed",
    v1.OUTCOME_RESULT_UNKNOWN: "outcome_reported.unknown",
}

SETTLEMENTS: Final[Mapping[v1.OutcomeResult.ValueType, str]] = {
    v1.OUTCOME_RESULT_EXECUTED: "outcome_reconciled.executed",
    v1.OUTCOME_RESULT_FAILED: "outcome_reconciled.failed",
}

BY_RESULT: Final = frozenset({"outcome_reported", "outcome_reconciled"})
"""Events that are several kinds in the table, by the result they tell."""

OPEN_STATES: Final = frozenset(_OPEN)
"""Somebody still has something to do."""
APPROVED_STATES: Final = frozenset({_APPROVED, _EXECUTING, _UNKNOWN})
"""Open, and no longer open to a verdict."""


def is_open(state: v1.DecisionState.ValueType) -> bool:
    """Tell whether a decision in this state has not ended."""
    return state in OPEN_STATES


def kind_of(event: v1.Event) -> str:
    """Return an event's kind as the table names it; empty for one that this server does not know."""
    kind = event.WhichOneof("kind")
    if kind == "outcome_reported":
        return RESULTS.get(event.outcome_reported.result, "")
    if kind == "outcome_reconciled":
        return SETTLEMENTS.get(event.outcome_reconciled.result, "")
    return kind or ""


def next_state(state: v1.DecisionState.ValueType, event: v1.Event) -> v1.DecisionState.ValueType:
    """Return the state an event leads to. An event that is not listed for the state is a bug, and asserted against."""
    return arrival(state, event.WhichOneof("kind") or "", event)


def arrival(state: v1.DecisionState.ValueType, kind: str, event: v1.Event) -> v1.DecisionState.ValueType:
    """Return the state an event leads to, as `next_state` does, where it is known which of its fields is set.

    Args:
        state: The state before.
        kind: The field of the event that is set; asking for it costs as much as the rest.
        event: The event.
    """
    led_to = TRANSITIONS.get((state, kind_of(event) if kind in BY_RESULT else kind))
    assert led_to is not None, f"{kind_of(event) or 'unknown event'} in {v1.DecisionState.Name(state)}"
    return led_to
