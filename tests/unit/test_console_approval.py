"""What an operator is told of an approval that was taken: "approved" is said of nothing that is not."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.cli.sending import as_it_stands
from governance_client.console.history import approval_told

VOTE = v1.Vote(actor=v1.Actor(name="operator-1"), approved=True)
SEEN = v1.Decision(offset=5, state=v1.DECISION_STATE_PENDING, quorum=v1.Quorum(required=2))
ONE_OF_TWO = v1.Decision(offset=6, state=v1.DECISION_STATE_PENDING, quorum=v1.Quorum(required=2), votes=[VOTE])
APPROVED = v1.Decision(offset=7, state=v1.DECISION_STATE_APPROVED, quorum=v1.Quorum(required=2), votes=[VOTE, VOTE])
HELD = v1.Decision(offset=7, state=v1.DECISION_STATE_APPROVED, held=True)


@pytest.mark.parametrize(
    ("seen", "now", "offset", "told"),
    [
        (SEEN, ONE_OF_TWO, 6, "Approval taken, 1 of 2 approvals, still pending"),
        (ONE_OF_TWO, APPROVED, 7, "Approved"),
        (ONE_OF_TWO, HELD, 7, "Approved, held by a halt"),
        (SEEN, SEEN, 6, "Approval taken, more have to approve"),
        (SEEN, None, 6, "Approval taken, more have to approve"),
        (ONE_OF_TWO, ONE_OF_TWO, 7, "Approved"),
    ],
)
def test_the_console_says_approved_of_what_is(
    seen: v1.Decision, now: v1.Decision | None, offset: int, told: str
) -> None:
    """The first of two approvals is told as that, also before the change it made has arrived."""
    assert approval_told("Approved", seen, now, offset) == told


def test_the_command_line_says_approved_of_what_is() -> None:
    """In words that no script takes for the end, and with a halt that holds the order back."""
    name, done, partly = "critical-1", "approved {decision}", "approval taken, {approvals}, still pending: {decision}"
    told = as_it_stands(name, ONE_OF_TWO, done, partly)
    assert told.startswith("approval taken, 1 of 2 approvals, still pending: critical-1")
    assert as_it_stands(name, APPROVED, done, partly) == "approved critical-1"
    assert as_it_stands(name, HELD, done, partly) == "approved critical-1; a halt holds its order back"
