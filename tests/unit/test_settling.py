"""What became of it, when nobody said so; and the way back."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.command import Reversed, Surroundings
from governance_server.domain.schedule import next_due_us
from tests.support.halts import finding, undoing
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    CISO,
    CORE,
    DECISION_ID,
    MINUTE_US,
    OTHER_CORE,
    TIMEKEEPER,
    Desk,
    acceptance,
    approval,
    critical_proposal,
    escalation,
    kinds,
    outcome,
    proposal,
    rejection,
)

EXECUTED, FAILED, UNKNOWN = v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED, v1.OUTCOME_RESULT_UNKNOWN


def reverse(*, decision_id: str = "decision-2", reverses: str = DECISION_ID) -> v1.CoreCommand:
    """Propose to undo."""
    made = proposal(decision_id=decision_id)
    made.action.parameters["undo"] = "yes"
    made.reverses = reverses
    return v1.CoreCommand(proposal=made)


def test_unknown_is_alarmed_once() -> None:
    """When nobody knows what became of an order, somebody has to look; it is never ordered again."""
    desk = Desk().report(UNKNOWN)
    assert kinds_of_last(desk) == ["outcome_reported", "alarm_raised"]
    assert [alarm.kind for alarm in desk.current.alarms] == [v1.ALARM_KIND_OUTCOME_UNKNOWN]
    assert kinds(desk.accepted(CORE, outcome(desk.current, UNKNOWN, "journal lost"))) == ["outcome_reported"]
    assert desk.refused(CORE, acceptance(desk.current)).reason == v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED
    assert next_due_us(desk.current) is None


def kinds_of_last(desk: Desk) -> list[str]:
    """The kinds of the last entry's events."""
    return [event.WhichOneof("kind") or "" for event in desk.entries[-1][0].events]


def test_silence_is_alarmed() -> None:
    """A core that does not report in time raises the same alarm."""
    desk = Desk().execute().wait(15 * MINUTE_US)
    assert kinds(desk.tick()) == ["outcome_reported", "alarm_raised"]


@pytest.mark.parametrize(
    ("result", "state"), [(EXECUTED, v1.DECISION_STATE_EXECUTED), (FAILED, v1.DECISION_STATE_FAILED)]
)
def test_reconciled(result: v1.OutcomeResult.ValueType, state: v1.DecisionState.ValueType) -> None:
    """An operator settles an unknown outcome with what was found, who found it and on which evidence."""
    desk = Desk().report(UNKNOWN)
    assert kinds(desk.accepted(ALICE, finding(DECISION_ID, result))) == ["outcome_reconciled"]
    assert desk.current.state == state
    settled = desk.current.outcome
    assert (settled.result, settled.reported_by, settled.detail) == (result, ALICE, "The firewall has the rule.")


def test_reconciled_with_evidence() -> None:
    """A finding without evidence is none."""
    desk = Desk().report(UNKNOWN)
    assert desk.refused(ALICE, finding(DECISION_ID, EXECUTED, " ")).reason == v1.REFUSAL_REASON_REASON_REQUIRED


def test_reconciled_to_something_known() -> None:
    """To find that it is unknown settles nothing."""
    desk = Desk().report(UNKNOWN)
    assert desk.refused(ALICE, finding(DECISION_ID, UNKNOWN)).reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND


def test_reconciled_by_the_tier() -> None:
    """Who may not decide it may not settle it."""
    desk = Desk().propose()
    desk.accepted(ALICE, escalation(v1.ROLE_CISO))
    desk.approve(CISO).execute()
    desk.accepted(CORE, outcome(desk.current, UNKNOWN))
    assert desk.refused(ALICE, finding(DECISION_ID, EXECUTED)).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
    desk.accepted(CISO, finding(DECISION_ID, EXECUTED))


def test_nothing_to_reconcile() -> None:
    """What is known, or was never ordered, is not settled; who settled it is told."""
    assert Desk().refused(ALICE, finding(DECISION_ID, EXECUTED)).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    for desk in (Desk().propose(), Desk().execute(), Desk().report()):
        refusal = desk.refused(ALICE, finding(DECISION_ID, FAILED))
        assert refusal.reason == v1.REFUSAL_REASON_OUTCOME_KNOWN
        assert refusal.current == desk.current
    assert "Executed, as reported by maximus" in Desk().report().refused(ALICE, finding(DECISION_ID, FAILED)).message


def test_late_report_after_a_finding() -> None:
    """A finding is an end: core's report after it is told what was found."""
    desk = Desk().report(UNKNOWN)
    desk.accepted(ALICE, finding(DECISION_ID, FAILED))
    refusal = desk.refused(CORE, outcome(desk.current))
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert "Tried and failed, as reported by alice (soc_operator)" in refusal.message


def test_undo_requested() -> None:
    """An operator asks core for the reverse, which the decision shows, with who asks and why."""
    desk = Desk().report()
    assert kinds(desk.accepted(ALICE, undoing(DECISION_ID))) == ["undo_requested"]
    wish = desk.current.undo_requested
    assert (wish.actor, wish.reason) == (ALICE, "It was a printer.")
    assert desk.current.state == v1.DECISION_STATE_EXECUTED


def test_undo_needs_a_reason() -> None:
    """Core should be told why."""
    assert Desk().report().refused(ALICE, undoing(DECISION_ID, reason="")).reason == v1.REFUSAL_REASON_REASON_REQUIRED


def test_who_may_ask_for_an_undo() -> None:
    """Every operator may, since the reverse is judged like any proposal; an auditor is none."""
    desk = Desk().report()
    assert desk.refused(AUDITOR, undoing(DECISION_ID)).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW


def test_nothing_to_undo() -> None:
    """What was not executed cannot be undone."""
    assert Desk().refused(ALICE, undoing(DECISION_ID)).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    for desk in (Desk().propose(), Desk().execute(), Desk().report(FAILED), Desk().report(UNKNOWN)):
        assert desk.refused(ALICE, undoing(DECISION_ID)).reason == v1.REFUSAL_REASON_NOTHING_TO_UNDO


def test_reversed_once() -> None:
    """The decision says which one reverses it, and then there is nothing to undo any more."""
    desk = Desk().report()
    original = desk.current
    other = Desk(around=Surroundings(original=original))
    consequence = other.accepted(CORE, reverse())
    assert consequence.then == (Reversed(DECISION_ID, "decision-2"),)
    (noted,) = consequence.then
    assert kinds(desk.accepted(TIMEKEEPER, noted)) == ["reversal_proposed"]
    assert desk.current.reversed_by == "decision-2"
    refusal = desk.refused(ALICE, undoing(DECISION_ID))
    assert refusal.reason == v1.REFUSAL_REASON_NOTHING_TO_UNDO
    assert "Decision decision-2 reverses it already." in refusal.message
    late = Desk(around=Surroundings(original=desk.current))
    assert late.refused(CORE, reverse()).reason == v1.REFUSAL_REASON_NOTHING_TO_UNDO


def test_what_cannot_be_reversed() -> None:
    """A core reverses its own executed actions alone, and learns of no other core's."""
    executed = Desk().report().current
    assert Desk().refused(CORE, reverse()).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    theirs = Desk(around=Surroundings(original=executed)).refused(OTHER_CORE, reverse())
    assert theirs == Desk().refused(OTHER_CORE, reverse())
    pending = Desk(around=Surroundings(original=Desk().propose().current))
    assert pending.refused(CORE, reverse()).reason == v1.REFUSAL_REASON_NOTHING_TO_UNDO


def test_the_reverse_is_judged_like_any_proposal() -> None:
    """The reverse has its own risk, its own verdict and its own order."""
    made = critical_proposal()
    made.decision_id, made.reverses = "decision-2", DECISION_ID
    desk = Desk(around=Surroundings(original=Desk().report().current))
    desk.accepted(CORE, v1.CoreCommand(proposal=made))
    assert desk.current.state == v1.DECISION_STATE_PENDING
    assert desk.current.quorum.required == 2
    desk.accepted(ALICE, approval(desk.current))
    desk.accepted(CISO, rejection(desk.current))
    assert desk.current.state == v1.DECISION_STATE_REJECTED
