"""Executing: core accepts the order it was given, once, and says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.house import covering_halts
from governance_server.domain.lifecycle import APPROVED_STATES, RESULTS, is_open
from governance_server.domain.moment import SECOND_US, microseconds, set_moment
from governance_server.domain.refusal import closed, not_found, refuse, unknown_command, when, who
from governance_server.domain.visibility import owns

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State


_LAPSED: Final = v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED


def accept(state: State, actor: v1.Actor, command: v1.AcceptOrder, now_us: int) -> Ruling:
    """Rule on accepting an order: the point of no return, passed at most once and never late."""
    decision = state.decision
    if decision is None or not owns(decision, actor):
        return not_found()
    refusal = _halted(state, decision) or _mismatch(decision, command) or _not_acceptable(decision, now_us)
    if refusal is not None:
        return refusal
    event = v1.Event()
    accepted = event.order_accepted
    accepted.order_id = command.order_id
    accepted.instance = command.instance
    set_moment(accepted.report_by, now_us + state.house.policy.report_within_s * SECOND_US)
    return Consequence((event,))


def report(state: State, actor: v1.Actor, command: v1.ReportOrder, _now_us: int) -> Ruling:
    """Rule on a report. A late one is welcome: it settles what counted as unknown."""
    decision = state.decision
    if decision is None or not owns(decision, actor):
        return not_found()
    if command.outcome.result not in RESULTS:
        return unknown_command()
    refusal = _mismatch(decision, command) or _not_reportable(decision)
    if refusal is not None:
        return refusal
    detail = command.outcome.detail
    events = reported(decision, command.outcome.result)
    return Consequence(events, v1.PersonalData(remark=detail) if detail else None)


def reported(decision: v1.Decision, result: v1.OutcomeResult.ValueType) -> tuple[v1.Event, ...]:
    """Return the events of a report on a decision's order; the first that leaves the outcome unknown raises an alarm.

    Nothing is done about an unknown outcome but to have somebody look: to order it again might do it twice.
    """
    event = v1.Event()
    event.outcome_reported.order_id = decision.order.order_id
    event.outcome_reported.result = result
    if result != v1.OUTCOME_RESULT_UNKNOWN or decision.state == v1.DECISION_STATE_OUTCOME_UNKNOWN:
        return (event,)
    return event, v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN))


def _halted(state: State, decision: v1.Decision) -> v1.Refusal | None:
    """Refuse while a halt covers it; the entry that declared the halt has withdrawn the order, or follows at once."""
    if not state.house.halts or decision.state != v1.DECISION_STATE_APPROVED:
        return None
    halts = covering_halts(state.house, decision)
    if not halts:
        return None
    first = halts[0]
    return refuse(
        v1.REFUSAL_REASON_HALTED,
        f"Halt {first.halt_id}, declared by {who(first.actor)} at {when(first.declared_at)}, covers it. Do not act; "
        "a new order comes when no halt covers it any more, if there is still time.",
        decision,
    )


def _mismatch(decision: v1.Decision, command: v1.AcceptOrder | v1.ReportOrder) -> v1.Refusal | None:
    order = decision.order if decision.HasField("order") else None
    if order is None or order.order_id != command.order_id:
        return refuse(
            v1.REFUSAL_REASON_ORDER_NOT_FOUND,
            "The decision has no such order. Nothing was changed; do not act, and look at the decision as it stands.",
            decision,
        )
    if order.action_digest != command.action_digest:
        return refuse(
            v1.REFUSAL_REASON_ACTION_CHANGED,
            "The action you name is not the one that was approved: the digests differ. Nothing was changed; "
            "act on nothing but the approved action.",
            decision,
        )
    return None


def _not_acceptable(decision: v1.Decision, now_us: int) -> v1.Refusal | None:
    order = decision.order
    if order.HasField("accepted_at"):
        return refuse(
            v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED,
            f"Instance {order.accepted_by} accepted the order at {when(order.accepted_at)}. Do not act.",
            decision,
        )
    waits = is_open(decision.state)
    lapsed = now_us >= microseconds(order.accept_by) if waits else decision.expiry_reason == _LAPSED
    if lapsed:
        return refuse(
            v1.REFUSAL_REASON_ORDER_LAPSED,
            f"The order had to be accepted before {when(order.accept_by)} and lapsed. Do not act; propose anew if it "
            "is still needed.",
            decision,
        )
    return None if waits else closed(decision, "acceptance")


def _not_reportable(decision: v1.Decision) -> v1.Refusal | None:
    state = decision.state
    if not is_open(state):
        return closed(decision, "report")
    assert state in APPROVED_STATES
    if state == v1.DECISION_STATE_APPROVED:
        return refuse(
            v1.REFUSAL_REASON_ORDER_NOT_ACCEPTED,
            "The order was not accepted, so there is nothing to report. Nothing was changed; accept it before you act.",
            decision,
        )
    return None
