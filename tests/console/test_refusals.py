"""Refusals in the operator's words: why, who was first, and how long ago."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console.lines import plain
from governance_client.console.refusals import SENTENCES, ago, server_says, standing, told
from tests.console.examples import NOW_S, decision, operator

NOW_US = NOW_S * 1_000_000


def _resolved(seconds_ago: int, name: str = "operator-2") -> v1.Resolution:
    return v1.Resolution(actor=operator(name), resolved_at=Timestamp(seconds=NOW_S - seconds_ago))


def test_every_reason_has_a_sentence() -> None:
    """No reason of the contract is left to the server's English alone."""
    reasons = set(v1.RefusalReason.values()) - {v1.REFUSAL_REASON_UNSPECIFIED}
    assert set(SENTENCES) == reasons


def test_the_winner_is_named() -> None:
    """Who comes second is told who was first, in which role, and how long ago by the server's clock."""
    winner = decision(state=v1.DECISION_STATE_REJECTED)
    winner.ending.CopyFrom(_resolved(2))
    refusal = v1.Refusal(reason=v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED, message="m", current=winner)
    text = told(refusal, NOW_US)
    assert text.startswith("Refused: It has ended already.")
    assert "rejected 2 s ago by operator-2 (soc_operator)" in text


def test_an_approval_is_told_with_what_came_of_it() -> None:
    """What was approved and has gone on is told with both."""
    approved = decision(state=v1.DECISION_STATE_EXECUTED)
    approved.approval.CopyFrom(_resolved(125))
    assert (
        standing(approved, NOW_US)
        == "0a1b2c3d4e5f was approved 2 min ago by operator-2 (soc_operator). It is executed now."
    )


def test_a_pending_one_is_told_by_what_matters() -> None:
    """A claim, the votes so far, a modification or the tier: whichever the refusal is about."""
    pending = decision()
    pending.claim.operator = "operator-3"
    pending.claim.claimed_at.seconds = NOW_S - 30
    pending.quorum.required = 2
    pending.votes.add(actor=operator("operator-2"), approved=True, cast_at=Timestamp(seconds=NOW_S - 4))
    pending.modifications.add(actor=operator("operator-4"), modified_at=Timestamp(seconds=NOW_S - 3 * 3600))
    assert "claimed 30 s ago by operator-3" in standing(pending, NOW_US, v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER)
    assert "modified 3 h ago by operator-4" in standing(pending, NOW_US, v1.REFUSAL_REASON_ACTION_CHANGED)
    assert "waits for soc_operator or above" in standing(pending, NOW_US, v1.REFUSAL_REASON_ROLE_TOO_LOW)
    assert "1 of 2 approvals, the last 4 s ago by operator-2" in standing(
        pending, NOW_US, v1.REFUSAL_REASON_ALREADY_VOTED
    )


def test_a_reason_from_the_future() -> None:
    """A reason that this version does not know leaves the server's own sentence, as a quotation."""
    refusal = v1.Refusal(reason=v1.RefusalReason.ValueType(9999), message="Not on a Sunday.\x1b[2J")
    assert told(refusal, NOW_US) == "Refused."
    lines = [plain(line) for line in server_says(refusal, 80)]
    assert "│ Not on a Sunday.␛[2J" in lines[-1]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (90000, "1 day ago")]
)
def test_how_long_ago(seconds: int, said: str) -> None:
    """Spans are told in the unit that a person would take."""
    assert ago(Timestamp(seconds=NOW_S - seconds), NOW_US) == said


def test_without_the_servers_clock_the_moment_is_told() -> None:
    """Where the server's time is unknown, no span is made up."""
    assert ago(Timestamp(seconds=0), 0) == "1970-01-01 00:00:00 UTC"
