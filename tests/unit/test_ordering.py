"""Leave, and the halts that hold it back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.command import Tick
from governance_server.domain.house import House
from governance_server.domain.moment import microseconds
from governance_server.domain.ordering import leave
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.schedule import next_due_us
from tests.support.halts import declaration
from tests.unit.deciding import (
    ALICE,
    CORE,
    DECISION_ID,
    MINUTE_US,
    NOON_US,
    TIMEKEEPER,
    Desk,
    acceptance,
    approval,
    kinds,
    proposal,
    rejection,
    withdrawal,
)
from tests.unit.floor import go_on, halt

BLOCKS = v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP)


def halted() -> tuple[Desk, str]:
    """A decision that is pending while a halt covers it."""
    desk = Desk().propose()
    return desk, halt(desk)


def withdrawn() -> tuple[Desk, str]:
    """A decision whose order was given, and withdrawn by a halt five minutes later."""
    desk = Desk().approve().wait(5 * MINUTE_US)
    name = halt(desk)
    desk.tick()
    return desk, name


def test_leave_is_numbered() -> None:
    """A decision's orders are counted, and each has a name of its own."""
    decision = v1.Decision(decision_id=DECISION_ID, action_digest=bytes(32), orders=2)
    issued = leave(House(), decision, NOON_US).order_issued
    assert (issued.order_id, issued.action_digest) == ("decision-1/3", bytes(32))
    assert microseconds(issued.accept_by) == NOON_US + 10 * MINUTE_US


def test_approved_while_halted() -> None:
    """A verdict counts during a halt; the order waits, visibly, and for as long as it could have been accepted."""
    desk, _ = halted()
    assert kinds(desk.accepted(ALICE, approval(desk.current))) == ["decision_approved", "order_held"]
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_APPROVED
    assert decision.held
    assert not decision.HasField("order")
    assert microseconds(decision.held_until) == next_due_us(decision) == NOON_US + 10 * MINUTE_US
    assert not kinds(desk.tick())


def test_rejected_while_halted() -> None:
    """No counts at any time."""
    desk, _ = halted()
    desk.accepted(ALICE, rejection(desk.current))
    assert desk.current.state == v1.DECISION_STATE_REJECTED


def test_held_order_is_given_when_the_halt_ends() -> None:
    """Once no halt covers it, the order is given, with all its time."""
    desk, name = halted()
    desk.accepted(ALICE, approval(desk.current))
    go_on(desk.wait(9 * MINUTE_US), name)
    assert kinds(desk.tick()) == ["order_issued"]
    decision = desk.current
    assert not decision.held
    assert not decision.HasField("held_until")
    assert decision.order.order_id == "decision-1/1"
    assert microseconds(decision.order.accept_by) == NOON_US + 19 * MINUTE_US
    assert not kinds(desk.tick())
    desk.execute()


def test_held_for_too_long() -> None:
    """What is held back for as long as an order lasts has lapsed, whether or not the halt goes on."""
    for ends in (False, True):
        desk, name = halted()
        desk.accepted(ALICE, approval(desk.current))
        assert not kinds(desk.wait(10 * MINUTE_US - 1).tick())
        desk.wait(1)
        if ends:
            go_on(desk, name)
        assert kinds(desk.tick()) == ["decision_expired"]
        assert desk.current.expiry_reason == v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED


def test_withdrawn_by_a_halt() -> None:
    """An order that core has not accepted is withdrawn by a halt; it keeps the time it had."""
    desk, _ = withdrawn()
    assert kinds_of_last(desk) == ["order_withdrawn"]
    decision = desk.current
    assert decision.held
    assert not decision.HasField("order")
    assert microseconds(decision.held_until) == NOON_US + 10 * MINUTE_US
    assert not kinds(desk.tick())


def kinds_of_last(desk: Desk) -> list[str]:
    """The kinds of the last entry's events."""
    return [event.WhichOneof("kind") or "" for event in desk.entries[-1][0].events]


def test_withdrawn_order_comes_back_under_another_number() -> None:
    """The order after a halt is another one: the old one's name gives no leave any more."""
    desk, name = withdrawn()
    old = acceptance(desk.current)
    go_on(desk, name)
    assert kinds(desk.tick()) == ["order_issued"]
    assert (desk.current.order.order_id, desk.current.orders) == ("decision-1/2", 2)
    assert desk.refused(CORE, old).reason == v1.REFUSAL_REASON_ORDER_NOT_FOUND
    desk.accepted(CORE, acceptance(desk.current))


def test_nothing_is_accepted_while_halted() -> None:
    """Core is told which halt, whose and since when; whether or not the order was withdrawn yet."""
    fresh = Desk().approve()
    halt(fresh)
    held, _ = withdrawn()
    for desk in (fresh, held):
        refusal = desk.refused(CORE, acceptance(desk.current))
        assert refusal.reason == v1.REFUSAL_REASON_HALTED
        assert "declared by sue (soc_supervisor) at 2026-01-02T12:0" in refusal.message
        assert "Core blocks" not in refusal.message


def test_halt_of_others() -> None:
    """A halt that does not cover the action changes nothing."""
    desk = Desk().approve()
    halt(desk, v1.HaltScope(core="minimus"))
    assert not kinds(desk.tick())
    desk.execute()


def test_two_halts() -> None:
    """The order comes back when the last of the halts that cover it is over."""
    desk, name = withdrawn()
    other = halt(desk, BLOCKS, key="h-2")
    go_on(desk, name)
    assert not kinds(desk.tick())
    go_on(desk, other)
    assert kinds(desk.tick()) == ["order_issued"]


def test_halt_comes_too_late() -> None:
    """What core has accepted may have been done: a halt takes it back no more, and its outcome can be reported."""
    desk = Desk().execute()
    halt(desk)
    assert not kinds(desk.tick())
    desk.report()
    assert desk.current.state == v1.DECISION_STATE_EXECUTED


def test_withdrawn_by_core_while_held() -> None:
    """Core may withdraw what a halt holds back; nothing comes back when the halt ends."""
    desk, name = withdrawn()
    desk.accepted(CORE, withdrawal())
    go_on(desk, name)
    assert not kinds(desk.tick())
    assert desk.current.state == v1.DECISION_STATE_CANCELLED


def test_autonomy_ends_in_a_halt() -> None:
    """What the policy would approve at once waits for a person while a halt covers it, and the assessment says why."""
    desk = Desk()
    halt(desk, BLOCKS)
    desk.propose(proposal(confidence=0.99))
    assessment = desk.current.assessment
    assert desk.current.state == v1.DECISION_STATE_PENDING
    assert assessment.automation == v1.AUTOMATION_LEVEL_SUPERVISED
    assert assessment.policy_rules[-1] == "halt→supervised"


def test_supervised_stays_supervised() -> None:
    """A halt says nothing where a person decides anyway."""
    desk = Desk()
    halt(desk, BLOCKS)
    assert "halt→supervised" not in desk.propose().current.assessment.policy_rules


def test_approved_by_policy_and_held() -> None:
    """An order of the policy's own is withdrawn like any other, and given again when the halt is over."""
    desk = Desk().propose(proposal(confidence=0.99))
    name = halt(desk)
    assert kinds(desk.tick()) == ["order_withdrawn"]
    go_on(desk, name)
    assert kinds(desk.tick()) == ["order_issued"]


@pytest.mark.parametrize("automatic", [False, True])
def test_policy_changed_meanwhile(automatic: bool) -> None:
    """Before a held order is given the rules run once more: what is not enough any more lapses."""
    desk = Desk()
    if automatic:
        desk.propose(proposal(confidence=0.99))
    else:
        desk.approve()
    name = halt(desk)
    desk.tick()
    stricter = dict.fromkeys(DEFAULT_POLICY.required_approvals, 2)
    desk.policy = replace(DEFAULT_POLICY, required_approvals=stricter, full_from_confidence=0.999)
    go_on(desk, name)
    assert kinds(desk.tick()) == ["decision_expired"]
    assert desk.current.expiry_reason == v1.EXPIRY_REASON_POLICY_CHANGED
    refusal = desk.refused(ALICE, approval(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED


def test_ticks_are_for_a_decision_or_the_house() -> None:
    """A decision's tick ends no halt."""
    desk = Desk().approve()
    halt(desk, for_s=60)
    desk.wait(60 * MINUTE_US)
    ruling = desk.rule(TIMEKEEPER, Tick(DECISION_ID))
    assert not isinstance(ruling, v1.Refusal)
    assert kinds(ruling) == ["decision_expired"]
    assert desk.house.halts


def test_declaring_again() -> None:
    """Another request declares another halt, though it covers the same."""
    desk = Desk()
    names = {halt(desk), halt(desk, key="h-2")}
    assert set(desk.house.halts) == names
    assert len(names) == 2
    assert declaration().request_id == "h-1"
