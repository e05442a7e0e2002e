"""Executing: core accepts the order it was given, once, and says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.lifecycle import APPROVED_STATES, RESULTS, is_open
from governance_server.domain.moment import SECOND_US, microseconds, timestamp
from governance_server.domain.refusal import closed, not_found, refuse, unknown_command, when
from governance_server.domain.visibility import owns

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State


def accept(state: State, actor: v1.Actor, command: v1.AcceptOrder, now_us: int) -> Ruling:
    """Rule on accepting an order: the point of no return, passed at most once and never late."""
    decision = state.decision
    if decision is None or not owns(decision, actor):
        return not_found()
    refusal = _mismatch(decision, command) or _not_acceptable(decision, now_us)
    if refusal is not None:
        return refusal
    accepted = v1.OrderAccepted(
        order_id=command.order_id,
        instance=command.instance,
        report_by=timestamp(now_us + state.house.policy.report_within_s * SECOND_US),
    )
    return Consequence((v1.Event(order_accepted=accepted),))


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
    reported = v1.OutcomeReported(order_id=command.order_id, result=command.outcome.result)
    detail = command.outcome.detail
    return Consequence((v1.Event(outcome_reported=reported),), v1.PersonalData(remark=detail) if detail else None)


def _mismatch(decision: v1.Decision, command: v1.AcceptOrder | v1.ReportOrder) -> v1.Refusal | None:
    if not decision.HasField("order") or decision.order.order_id != command.order_id:
        return refuse(
            v1.REFUSAL_REASON_ORDER_NOT_FOUND,
            "The decision has no such order. Nothing was changed; do not act, and look at the decision as it stands.",
            decision,
        )
    if decision.order.action_digest != command.action_digest:
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
    lapsed = decision.expiry_reason == v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED or (
        is_open(decision.state) and now_us >= microseconds(order.accept_by)
    )
    if lapsed:
        return refuse(
            v1.REFUSAL_REASON_ORDER_LAPSED,
            f"The order had to be accepted before {when(order.accept_by)} and lapsed. Do not act; propose anew if it "
            "is still needed.",
            decision,
        )
    return None if is_open(decision.state) else closed(decision, "acceptance")


def _not_reportable(decision: v1.Decision) -> v1.Refusal | None:
    if not is_open(decision.state):
        return closed(decision, "report")
    assert decision.state in APPROVED_STATES
    if decision.state == v1.DECISION_STATE_APPROVED:
        return refuse(
            v1.REFUSAL_REASON_ORDER_NOT_ACCEPTED,
            "The order was not accepted, so there is nothing to report. Nothing was changed; accept it before you act.",
            decision,
        )
    return None
