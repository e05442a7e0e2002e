"""Core accepts orders and reports on them."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.moment import microseconds
from tests.unit.deciding import (
    ALICE,
    CORE,
    MINUTE_US,
    NOON_US,
    ORDER_ID,
    OTHER_CORE,
    Desk,
    acceptance,
    approval,
    kinds,
    outcome,
    rejection,
    withdrawal,
)


def test_accepted() -> None:
    """An accepted order says which instance acts, since when, and until when it has to report."""
    desk = Desk().approve().wait(MINUTE_US)
    assert kinds(desk.accepted(CORE, acceptance(desk.current))) == ["order_accepted"]
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_EXECUTING
    assert decision.order.accepted_by == "core-1"
    assert microseconds(decision.order.accepted_at) == NOON_US + MINUTE_US
    assert microseconds(decision.order.report_by) == NOON_US + 16 * MINUTE_US


def test_accepted_once() -> None:
    """Among several instances the first wins; every other is told which one, and when."""
    desk = Desk().execute()
    for instance in ("core-2", "core-1"):
        refusal = desk.wait(MINUTE_US).refused(CORE, acceptance(desk.current, instance))
        assert refusal.reason == v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED
        assert refusal.message == "Instance core-1 accepted the order at 2026-01-02T12:00:00Z. Do not act."
    desk.report()
    assert desk.refused(CORE, acceptance(desk.current)).reason == v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED


def test_never_accepted_late() -> None:
    """An order can be accepted until just before its time and not at it, whether or not anybody read the clock."""
    desk = Desk().approve().wait(10 * MINUTE_US - 1)
    assert not isinstance(desk.rule(CORE, acceptance(desk.current)), v1.Refusal)
    refusal = desk.wait(1).refused(CORE, acceptance(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_ORDER_LAPSED
    assert "before 2026-01-02T12:10:00Z" in refusal.message
    desk.tick()
    assert desk.current.state == v1.DECISION_STATE_EXPIRED
    assert desk.refused(CORE, acceptance(desk.current)).reason == v1.REFUSAL_REASON_ORDER_LAPSED


def test_no_leave_for_another_action() -> None:
    """An order is leave for the approved action only: another digest is refused."""
    desk = Desk().approve()
    command = acceptance(desk.current)
    command.accept_order.action_digest = bytes(32)
    assert desk.refused(CORE, command).reason == v1.REFUSAL_REASON_ACTION_CHANGED
    assert desk.current.state == v1.DECISION_STATE_APPROVED


@pytest.mark.parametrize("order_id", [ORDER_ID, "decision-1/2", ""])
def test_no_such_order(order_id: str) -> None:
    """Before an approval there is no order, whatever it is called."""
    desk = Desk().propose()
    command = acceptance(desk.current)
    command.accept_order.order_id = order_id
    assert desk.refused(CORE, command).reason == v1.REFUSAL_REASON_ORDER_NOT_FOUND


def test_another_order() -> None:
    """Only the order that was given can be accepted or reported on."""
    desk = Desk().approve()
    command = acceptance(desk.current)
    command.accept_order.order_id = "decision-1/2"
    assert desk.refused(CORE, command).reason == v1.REFUSAL_REASON_ORDER_NOT_FOUND


def test_withdrawn_order() -> None:
    """An order of a withdrawn decision gives no leave."""
    desk = Desk().approve()
    desk.accepted(CORE, withdrawal())
    assert desk.refused(CORE, acceptance(desk.current)).reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert desk.refused(CORE, outcome(desk.current)).reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (v1.OUTCOME_RESULT_EXECUTED, v1.DECISION_STATE_EXECUTED),
        (v1.OUTCOME_RESULT_FAILED, v1.DECISION_STATE_FAILED),
        (v1.OUTCOME_RESULT_UNKNOWN, v1.DECISION_STATE_OUTCOME_UNKNOWN),
    ],
)
def test_reported(result: v1.OutcomeResult.ValueType, state: v1.DecisionState.ValueType) -> None:
    """A report says what became of the order, who says so and when."""
    desk = Desk().execute().wait(MINUTE_US)
    consequence = desk.accepted(CORE, outcome(desk.current, result, "rc=0"))
    assert kinds(consequence)[0] == "outcome_reported"
    assert consequence.personal == v1.PersonalData(remark="rc=0")
    assert desk.current.state == state
    reported = desk.current.outcome
    assert (reported.result, reported.detail, reported.reported_by) == (result, "rc=0", CORE)
    assert microseconds(reported.reported_at) == NOON_US + MINUTE_US


def test_late_report_settles() -> None:
    """A report after its time settles what counted as unknown."""
    desk = Desk().execute().wait(15 * MINUTE_US)
    desk.tick()
    assert desk.current.state == v1.DECISION_STATE_OUTCOME_UNKNOWN
    desk.wait(MINUTE_US).accepted(CORE, outcome(desk.current))
    assert desk.current.state == v1.DECISION_STATE_EXECUTED


def test_unknown_again() -> None:
    """Reporting again that the outcome is unknown adds the detail and settles nothing."""
    desk = Desk().report(v1.OUTCOME_RESULT_UNKNOWN)
    desk.accepted(CORE, outcome(desk.current, v1.OUTCOME_RESULT_UNKNOWN, "journal lost"))
    assert desk.current.state == v1.DECISION_STATE_OUTCOME_UNKNOWN
    assert desk.current.outcome.detail == "journal lost"


def test_report_without_detail() -> None:
    """A report needs no detail, and without one there is no personal data."""
    desk = Desk().execute()
    assert desk.accepted(CORE, outcome(desk.current)).personal is None


def test_reported_once() -> None:
    """What was reported stays reported."""
    desk = Desk().report()
    refusal = desk.refused(CORE, outcome(desk.current, v1.OUTCOME_RESULT_FAILED))
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert refusal.message.endswith("your report was not counted.")


def test_report_before_acceptance() -> None:
    """An order that nobody accepted has no outcome."""
    desk = Desk().approve()
    assert desk.refused(CORE, outcome(desk.current)).reason == v1.REFUSAL_REASON_ORDER_NOT_ACCEPTED


def test_report_on_another_action() -> None:
    """A report that names another action is refused: it says that something else was done."""
    desk = Desk().execute()
    command = outcome(desk.current)
    command.report_order.action_digest = bytes(32)
    assert desk.refused(CORE, command).reason == v1.REFUSAL_REASON_ACTION_CHANGED


def test_result_from_the_future() -> None:
    """A result that this server does not know is refused."""
    desk = Desk().execute()
    command = outcome(desk.current, v1.OUTCOME_RESULT_UNSPECIFIED)
    assert desk.refused(CORE, command).reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND


def test_orders_of_others_do_not_exist() -> None:
    """A core neither accepts nor reports on another core's orders, nor learns that they exist."""
    desk = Desk().approve()
    for command in (acceptance(desk.current), outcome(desk.current)):
        theirs = desk.refused(OTHER_CORE, command)
        assert theirs.reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
        assert theirs == Desk().refused(CORE, command)


def test_rejected_gives_no_leave() -> None:
    """A rejected decision has no order."""
    desk = Desk().propose()
    seen = desk.current
    desk.accepted(ALICE, rejection(seen))
    assert desk.refused(CORE, acceptance(desk.current)).reason == v1.REFUSAL_REASON_ORDER_NOT_FOUND
    assert desk.refused(ALICE, approval(seen)).reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
