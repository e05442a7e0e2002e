"""The transition table, read state by state."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.lifecycle import RESULTS, TRANSITIONS, is_open, kind_of, next_state

ENDS = {
    v1.DECISION_STATE_EXECUTED,
    v1.DECISION_STATE_FAILED,
    v1.DECISION_STATE_REJECTED,
    v1.DECISION_STATE_EXPIRED,
    v1.DECISION_STATE_CANCELLED,
}
STATES = v1.DecisionState.values()


def every_event() -> list[v1.Event]:
    """Make one event of each kind there is, a report with each of its results."""
    events = []
    for kind in v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields:
        results = v1.OutcomeResult.values() if kind.name == "outcome_reported" else [v1.OUTCOME_RESULT_UNSPECIFIED]
        for result in results:
            event = v1.Event()
            getattr(event, kind.name).SetInParent()
            if kind.name == "outcome_reported":
                event.outcome_reported.result = result
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
    """Nothing happens to a decision that has ended, and everything that has not ended can."""
    leaving = {state for state, _ in TRANSITIONS}
    assert not leaving & ENDS
    assert {state for state in STATES if is_open(state)} == leaving - {v1.DECISION_STATE_UNSPECIFIED}
    reached = {v1.DECISION_STATE_UNSPECIFIED}
    for _ in STATES:
        reached |= {to for (state, _), to in TRANSITIONS.items() if state in reached}
    assert reached == set(STATES)


def test_point_of_no_return() -> None:
    """Once an order was accepted, only an outcome follows."""
    for state, kind in TRANSITIONS:
        if state in (v1.DECISION_STATE_EXECUTING, v1.DECISION_STATE_OUTCOME_UNKNOWN):
            assert kind in RESULTS.values()


def test_every_event_about_a_decision_is_listed() -> None:
    """There is no kind of event about a decision that the table forgot."""
    about_decisions = {kind_of(event) for event in every_event() if kind_of(event)}
    house = {"ledger_created", "credential_issued", "credential_revoked"}
    assert {kind for _, kind in TRANSITIONS} == about_decisions - house
