"""The house: which entries change it."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.house import concerns_house

ASSIGNED = v1.Event(decision_assigned=v1.DecisionAssigned(operator="alice", by_turns=True))
APPLIED = v1.Event(policy_applied=v1.PolicyApplied())
NOTED = v1.Event(note_added=v1.NoteAdded())


@pytest.mark.parametrize(
    ("events", "concerned"),
    [([], False), ([NOTED], False), ([v1.Event()], False), ([APPLIED], True), ([NOTED, ASSIGNED], True)],
)
def test_which_entries(events: list[v1.Event], concerned: bool) -> None:
    """An entry changes the house where one of its events does, whichever stands first."""
    assert concerns_house(v1.Entry(events=events)) is concerned
