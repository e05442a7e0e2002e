"""The transition table, read state by state."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.lifecycle import RESULTS, SETTLEMENTS, TRANSITIONS, is_open, kind_of, next_state

ENDS = {
    v1.DECISION_STATE_EXECUTED,
    v1.DECISION_STATE_FAILED,
    v1.DECISION_STATE_REJECTED,
    v1.DECISION_STATE_EXPIRED,
    v1.DECISION_STATE_CANCELLED,
}
STATES = v1.DecisionState.values()
WITH_RESULT = ("outcome_reported", "outcome_reconciled")
AFTERWARDS = {"note_added", "undo_requested", "reversal_proposed"}
FIRST_ABOUT_DECISIONS = 20
BESIDE = {"note_added", "proposal_repeated", "alarm_raised"}


def every_event() -> list[v1.Event]:
    """Make one event of each kind there is, one about an outcome with each of its results."""
    events = []
    for kind in v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields:
        for result in v1.OutcomeResult.values() if kind.name in WITH_RESULT else [v1.OUTCOME_RESULT_UNSPECIFIED]:
            event = v1.Event()
            getattr(event, kind.name).SetInParent()
            if kind.name in WITH_RESULT:
                getattr(event, kind.name).result = result
            events.append(event)
    return events


@pytest.mark.parametrize("state", STATES, ids=v1.DecisionState.Name)
def test_only_what_is_listed(state: v1.DecisionState.ValueType) -> None:
    """An event leads where the table says; one that is not listed for the state is asserted against."""
    for event in [*every_event(), v1.Event()]:
        expected = TRANSITIONS.get((state, kind_of(event)))
        if expected is None:
            with pytest.raises(AssertionError):
                next_state(state, event)
        else:
            assert next_state(state, event) == expected


def test_ends_are_ends() -> None:
    """Nothing moves a decision that has ended, and everything that has not ended can end."""
    for (state, kind), arrival in TRANSITIONS.items():
        if state in ENDS:
            assert arrival == state
            assert kind in AFTERWARDS
    leaving = {state for (state, _), arrival in TRANSITIONS.items() if arrival != state}
    assert {state for state in STATES if is_open(state)} == leaving - {v1.DECISION_STATE_UNSPECIFIED}
    reached = {v1.DECISION_STATE_UNSPECIFIED}
    for _ in STATES:
        reached |= {to for (state, _), to in TRANSITIONS.items() if state in reached}
    assert reached == set(STATES)


def test_only_what_was_executed_is_reversed() -> None:
    """Only of what was executed can the reverse be asked for and proposed; a note may be made of everything."""
    for kind in AFTERWARDS - {"note_added"}:
        assert [state for state, listed in TRANSITIONS if listed == kind] == [v1.DECISION_STATE_EXECUTED]
    noted = {state for state, kind in TRANSITIONS if kind == "note_added"}
    assert noted == set(STATES) - {v1.DECISION_STATE_UNSPECIFIED}


def test_point_of_no_return() -> None:
    """Once an order was accepted, only an outcome follows, and what moves nothing."""
    for (state, kind), arrival in TRANSITIONS.items():
        if state in (v1.DECISION_STATE_EXECUTING, v1.DECISION_STATE_OUTCOME_UNKNOWN):
            assert kind in {*RESULTS.values(), *SETTLEMENTS.values()} or (kind in BESIDE and arrival == state)


def test_settled_only_where_nobody_knows() -> None:
    """An outcome is settled by hand only where nobody knows it, and never to "unknown"."""
    settled = {state for state, kind in TRANSITIONS if kind in SETTLEMENTS.values()}
    assert settled == {v1.DECISION_STATE_OUTCOME_UNKNOWN}
    assert v1.OUTCOME_RESULT_UNKNOWN not in SETTLEMENTS


def test_nothing_is_voted_on_after_the_answer() -> None:
    """Votes, modifications and deferrals belong to a decision that waits for a person."""
    for kind in ("vote_cast", "action_modified", "decision_deferred", "proposal_returned", "decision_assigned"):
        assert [state for state, listed in TRANSITIONS if listed == kind] == [v1.DECISION_STATE_PENDING]


def test_every_event_about_a_decision_is_listed() -> None:
    """There is no kind of event about a decision that the table forgot, and none about the house in it."""
    fields = v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields
    house = {field.name for field in fields if field.number < FIRST_ABOUT_DECISIONS}
    assert {kind for _, kind in TRANSITIONS} == {kind_of(event) for event in every_event()} - house - {""}
