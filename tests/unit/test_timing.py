"""What the passing of time brings about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.command import Surroundings, Tick
from governance_server.domain.moment import microseconds
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.schedule import next_due_us
from tests.unit.deciding import (
    ALICE,
    BOB,
    CISO,
    CORE,
    DECISION_ID,
    MINUTE_US,
    NOON_US,
    SUPERVISOR,
    Desk,
    approval,
    claiming,
    critical_proposal,
    kinds,
    proposal,
    rejection,
)

WARNING_US = 15 * MINUTE_US * 3 // 4


def test_warned_once_never_early() -> None:
    """The warning is given at three quarters of the time: not before, and once."""
    desk = Desk().propose()
    assert next_due_us(desk.current) == NOON_US + WARNING_US
    assert kinds(desk.wait(WARNING_US - 1).tick()) == []
    assert kinds(desk.wait(1).tick()) == ["sla_warned"]
    assert desk.current.schedule.warned
    assert kinds(desk.tick()) == []
    assert next_due_us(desk.current) == NOON_US + 15 * MINUTE_US


def test_breach_escalates_one_tier() -> None:
    """When the deadline passes the next tier is asked, with times of its own from that moment."""
    desk = Desk().propose().wait(WARNING_US)
    desk.tick()
    breach_us = NOON_US + 15 * MINUTE_US
    desk.now_us = breach_us - 1
    assert kinds(desk.tick()) == []
    desk.now_us = breach_us
    assert kinds(desk.tick()) == ["sla_breached", "decision_escalated"]
    breached = desk.entries[-1][0].events[0].sla_breached
    assert (microseconds(breached.deadline), breached.tier) == (breach_us, v1.ROLE_SOC_OPERATOR)
    decision = desk.current
    assert (decision.tier, decision.schedule.breaches) == (v1.ROLE_SOC_SUPERVISOR, 1)
    assert not decision.schedule.warned
    assert microseconds(decision.schedule.deadline) == breach_us + 15 * MINUTE_US
    assert not decision.notes
    assert kinds(desk.tick()) == []


def test_server_was_down() -> None:
    """Where warning and deadline passed unseen, both are recorded, in order, and the next tier gets its whole time."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    consequence = desk.wait(60 * MINUTE_US).tick()
    assert kinds(consequence) == ["decision_released", "sla_warned", "sla_breached", "decision_escalated"]
    assert consequence.events[0].decision_released.expired
    assert microseconds(desk.current.schedule.deadline) == NOON_US + 75 * MINUTE_US


def test_top_of_the_chain_denies() -> None:
    """Nobody decided, up to the top of the chain: the decision expires, which denies it."""
    desk = Desk().propose(critical_proposal())
    seen = []
    while (due_us := next_due_us(desk.current)) is not None:
        desk.now_us = due_us
        seen += kinds(desk.tick())
    assert seen == ["sla_warned", "sla_breached", "decision_escalated", "alarm_raised"] * 3 + [
        "sla_warned",
        "sla_breached",
        "decision_expired",
    ]
    decision = desk.current
    assert decision.state == v1.DECISION_STATE_EXPIRED
    assert decision.expiry_reason == v1.EXPIRY_REASON_NOBODY_DECIDED
    assert decision.ending.actor.kind == v1.ACTOR_KIND_TIMEKEEPER
    assert desk.now_us == NOON_US + 20 * MINUTE_US
    assert "Expired at 2026-01-02T12:20:00Z because nobody decided in time" in (
        desk.refused(CISO, approval(decision)).message
    )


def there(*operators: v1.Actor) -> Surroundings:
    """These operators are connected."""
    return Surroundings(connected={operator.name: operator.role for operator in operators})


def test_nobody_there_for_a_critical_decision() -> None:
    """An alarm is raised at the proposal instead of waiting silently, and the warning does not repeat it."""
    desk = Desk()
    assert kinds(desk.accepted(CORE, v1.CoreCommand(proposal=critical_proposal()))) == [
        "decision_proposed",
        "alarm_raised",
    ]
    assert [alarm.kind for alarm in desk.current.alarms] == [v1.ALARM_KIND_NOBODY_REACHABLE]
    assert kinds(desk.wait(4 * MINUTE_US).tick()) == ["sla_warned"]


def test_everybody_left() -> None:
    """Who was there at the proposal and is not at the warning is missed then, once."""
    desk = Desk(around=there(ALICE))
    assert kinds(desk.accepted(CORE, v1.CoreCommand(proposal=critical_proposal()))) == ["decision_proposed"]
    desk.around = there()
    assert kinds(desk.wait(4 * MINUTE_US).tick()) == ["sla_warned", "alarm_raised"]
    assert kinds(desk.tick()) == []


def test_somebody_is_there() -> None:
    """No alarm where one is connected who may decide; an alarm of the tier before does not stand for the next."""
    desk = Desk()
    desk.accepted(CORE, v1.CoreCommand(proposal=critical_proposal()))
    desk.around = there(ALICE, CISO)
    assert kinds(desk.wait(4 * MINUTE_US).tick()) == ["sla_warned"]
    assert kinds(desk.wait(MINUTE_US).tick()) == ["sla_breached", "decision_escalated"]
    desk.around = there(ALICE)
    assert kinds(desk.wait(4 * MINUTE_US).tick()) == ["sla_warned", "alarm_raised"]


def test_only_what_is_critical_is_alarmed() -> None:
    """A decision of less than critical risk waits for whoever comes."""
    desk = Desk().propose()
    assert kinds(desk.wait(WARNING_US).tick()) == ["sla_warned"]
    assert not desk.current.alarms


def test_by_turns() -> None:
    """Where the policy says so, proposals and escalations go to those who are there, one after the other."""
    desk = Desk(policy=replace(DEFAULT_POLICY, assignment="by_turns"), around=there(ALICE, BOB, SUPERVISOR))
    assert kinds(desk.accepted(CORE, v1.CoreCommand(proposal=proposal()))) == ["decision_proposed", "decision_assigned"]
    assert desk.current.assignee == "alice"
    assert kinds(desk.wait(15 * MINUTE_US).tick()) == [
        "sla_warned",
        "sla_breached",
        "decision_escalated",
        "decision_assigned",
    ]
    assert desk.current.assignee == "sue"
    nobody = Desk(policy=desk.policy)
    assert kinds(nobody.accepted(CORE, v1.CoreCommand(proposal=proposal()))) == ["decision_proposed"]


def test_claim_runs_out() -> None:
    """A claim ends by itself, and keeps no deadline waiting."""
    desk = Desk()
    low = proposal()
    low.threat.score = 0
    low.assets[0].criticality = v1.CRITICALITY_LOW
    low.confidence = 0.9
    desk.propose(low)
    assert desk.current.assessment.risk == v1.RISK_LEVEL_LOW
    desk.accepted(ALICE, claiming())
    assert next_due_us(desk.current) == NOON_US + 15 * MINUTE_US
    assert kinds(desk.wait(15 * MINUTE_US).tick()) == ["decision_released"]
    assert not desk.current.HasField("claim")
    assert kinds(desk.tick()) == []


def test_order_lapses() -> None:
    """An order that core does not accept in time expires the decision, however it was approved."""
    desk = Desk().approve()
    assert next_due_us(desk.current) == NOON_US + 10 * MINUTE_US
    assert kinds(desk.wait(10 * MINUTE_US - 1).tick()) == []
    assert kinds(desk.wait(1).tick()) == ["decision_expired"]
    assert desk.current.expiry_reason == v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED
    assert "core did not accept its order in time" in desk.refused(ALICE, approval(desk.current)).message


def test_silence_is_unknown() -> None:
    """An order on which core does not report in time counts as unknown, and stays open so that somebody looks."""
    desk = Desk().execute()
    assert next_due_us(desk.current) == NOON_US + 15 * MINUTE_US
    assert kinds(desk.wait(15 * MINUTE_US - 1).tick()) == []
    assert kinds(desk.wait(1).tick()) == ["outcome_reported", "alarm_raised"]
    assert desk.current.state == v1.DECISION_STATE_OUTCOME_UNKNOWN
    assert desk.current.outcome.reported_by.kind == v1.ACTOR_KIND_TIMEKEEPER
    assert next_due_us(desk.current) is None
    assert kinds(desk.wait(60 * MINUTE_US).tick()) == []


def test_nothing_is_due_after_the_end() -> None:
    """Nobody waits for a decision that ended or does not exist."""
    assert kinds(Desk().tick()) == []
    rejected = Desk().propose()
    rejected.accepted(ALICE, rejection(rejected.current))
    for desk in (rejected, Desk().report()):
        assert next_due_us(desk.current) is None
        assert kinds(desk.wait(600 * MINUTE_US).tick()) == []


def test_verdict_before_the_clock_was_read() -> None:
    """A verdict that arrives after a deadline that nobody recorded yet counts: people come before clocks."""
    desk = Desk().propose().wait(16 * MINUTE_US)
    desk.accepted(ALICE, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_only_the_timekeeper_ticks() -> None:
    """A tick by anybody else is a bug."""
    with pytest.raises(AssertionError):
        Desk().propose().rule(CORE, Tick(DECISION_ID))
