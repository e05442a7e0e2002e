"""The rules that show in entries: what no ledger of ours says, whoever signed it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from governance import v1
from governance_client.audit.faults import ProofBrokenError
from governance_client.audit.rules import Rules
from governance_server.domain.lifecycle import TRANSITIONS
from tests.support.audited import lived
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2, OTHER_CORE

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE, TWO = b"1" * 32, b"2" * 32
TIMEKEEPER: Final = v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER, name="timekeeper")
CISO: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="chris", role=v1.ROLE_CISO)


def proposed(required: int = 1, *roles: v1.Role.ValueType, full: bool = False) -> tuple[v1.Actor, Sequence[v1.Event]]:
    automation = v1.AUTOMATION_LEVEL_FULL if full else v1.AUTOMATION_LEVEL_SUPERVISED
    event = v1.DecisionProposed(
        action_digest=ONE,
        assessment=v1.Assessment(automation=automation),
        quorum=v1.Quorum(required=required, roles=roles),
    )
    return CORE, [v1.Event(decision_proposed=event)]


def by(actor: v1.Actor, *events: v1.Event) -> tuple[v1.Actor, Sequence[v1.Event]]:
    return actor, events


def approved(digest: bytes = ONE, *, by_policy: bool = False) -> v1.Event:
    return v1.Event(decision_approved=v1.DecisionApproved(action_digest=digest, by_policy=by_policy))


def ordered(digest: bytes = ONE, number: int = 1) -> v1.Event:
    return v1.Event(order_issued=v1.OrderIssued(order_id=f"d/{number}", action_digest=digest))


def voted(digest: bytes = ONE) -> v1.Event:
    return v1.Event(vote_cast=v1.VoteCast(action_digest=digest))


def accepted(number: int = 1) -> v1.Event:
    return v1.Event(order_accepted=v1.OrderAccepted(order_id=f"d/{number}"))


def reported(result: v1.OutcomeResult.ValueType, number: int = 1) -> v1.Event:
    return v1.Event(outcome_reported=v1.OutcomeReported(order_id=f"d/{number}", result=result))


REJECTED = v1.Event(decision_rejected=v1.DecisionRejected(action_digest=ONE))
EXPIRED = v1.Event(decision_expired=v1.DecisionExpired())
NOTED = v1.Event(note_added=v1.NoteAdded())
UNDO = v1.Event(undo_requested=v1.UndoRequested())
MODIFIED = v1.Event(action_modified=v1.ActionModified(previous_digest=ONE, action_digest=TWO))
WITHDRAWN = v1.Event(order_withdrawn=v1.OrderWithdrawn(order_id="d/1"))
EXECUTED = reported(v1.OUTCOME_RESULT_EXECUTED)


def told(*entries: tuple[v1.Actor, Sequence[v1.Event]], versions: Sequence[int] = ()) -> Rules:
    rules = Rules()
    for number, (actor, events) in enumerate(entries, 1):
        version = versions[number - 1] if versions else number
        rules.take(v1.Entry(offset=number, actor=actor, decision_id="d", decision_version=version, events=events))
    return rules


def test_a_ledger_that_was_lived_keeps_them() -> None:
    """Nothing that the server itself brings about breaks them."""
    ledger, rules = asyncio.run(lived()), Rules()
    for record in ledger.records:
        rules.take(v1.Entry.FromString(record.entry))
    assert rules.decisions > 50
    assert rules.open == 0


def test_the_whole_way() -> None:
    """From the proposal over a withdrawn order and a second one to the reverse being asked for."""
    rules = told(
        proposed(),
        by(OPERATOR_1, approved(), ordered()),
        by(TIMEKEEPER, WITHDRAWN),
        by(TIMEKEEPER, ordered(number=2)),
        by(CORE, accepted(2)),
        by(TIMEKEEPER, reported(v1.OUTCOME_RESULT_UNKNOWN, 2)),
        by(CORE, reported(v1.OUTCOME_RESULT_EXECUTED, 2)),
        by(OPERATOR_2, UNDO),
        by(OPERATOR_2, NOTED),
    )
    assert (rules.decisions, rules.open, rules.unread) == (1, 0, 0)


BROKEN: Final = {
    "an order without an approval": [proposed(), by(OPERATOR_1, ordered())],
    "an order for another action": [proposed(), by(OPERATOR_1, approved(), ordered(TWO))],
    "an approval of another action": [proposed(), by(OPERATOR_1, approved(TWO))],
    "an approval of the action before": [proposed(), by(OPERATOR_1, MODIFIED), by(OPERATOR_1, approved(ONE))],
    "a vote that was given to the action before": [
        proposed(2),
        by(OPERATOR_1, voted()),
        by(CISO, MODIFIED),
        by(OPERATOR_2, approved(TWO)),
    ],
    "an approval by the core": [proposed(), by(CORE, approved())],
    "an approval by policy of what it left to people": [proposed(), by(CORE, approved(by_policy=True))],
    "an approval by policy later on": [proposed(full=True), by(CORE, approved(by_policy=True))],
    "an approval by fewer than asked for": [proposed(2), by(OPERATOR_1, approved())],
    "the same person twice": [proposed(2), by(OPERATOR_1, voted()), by(OPERATOR_1, approved())],
    "an approval in too low a role": [proposed(1, v1.ROLE_CISO), by(OPERATOR_1, approved())],
    "two orders at once": [proposed(), by(OPERATOR_1, approved(), ordered()), by(TIMEKEEPER, ordered(number=2))],
    "an order with another number": [proposed(), by(OPERATOR_1, approved(), ordered(number=2))],
    "an order after the rejection": [proposed(), by(OPERATOR_1, REJECTED), by(TIMEKEEPER, ordered())],
    "an order after the expiry": [proposed(), by(TIMEKEEPER, EXPIRED), by(TIMEKEEPER, ordered())],
    "an approval after the rejection": [proposed(), by(OPERATOR_1, REJECTED), by(OPERATOR_2, approved())],
    "an end after the end": [proposed(), by(OPERATOR_1, REJECTED), by(TIMEKEEPER, EXPIRED)],
    "the reverse of what was rejected": [proposed(), by(OPERATOR_1, REJECTED), by(OPERATOR_1, UNDO)],
    "an order accepted without one": [proposed(), by(CORE, accepted())],
    "another core accepts it": [proposed(), by(OPERATOR_1, approved(), ordered()), by(OTHER_CORE, accepted())],
    "an outcome without acceptance": [proposed(), by(OPERATOR_1, approved(), ordered()), by(CORE, EXECUTED)],
    "a withdrawn order accepted": [
        proposed(),
        by(OPERATOR_1, approved(), ordered()),
        by(TIMEKEEPER, WITHDRAWN),
        by(CORE, accepted()),
    ],
    "proposed twice": [proposed(), proposed()],
    "no beginning": [by(OPERATOR_1, NOTED)],
    "nothing happened": [by(OPERATOR_1)],
    "the house in it": [by(CORE, *proposed()[1], v1.Event(halt_ended=v1.HaltEnded()))],
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_no_ledger_says(how: str) -> None:
    """It is found at the entry that says it."""
    with pytest.raises(ProofBrokenError) as found:
        told(*BROKEN[how])
    assert found.value.offset == len(BROKEN[how])


@pytest.mark.parametrize("versions", [(2, 3, 4), (1, 1, 2), (1, 3, 4), (1, 2, 4), (1, 2, 0)])
def test_a_decision_counts_its_entries(versions: Sequence[int]) -> None:
    """An entry that is left out of a decision's, or is too many, shows by the number of the next one."""
    with pytest.raises(ProofBrokenError, match="would be the next"):
        told(proposed(), by(OPERATOR_1, NOTED), by(OPERATOR_1, REJECTED), versions=versions)


def test_after_the_end_it_goes_on_counting() -> None:
    """Of a decision that ended its number is kept, so that one left out afterwards shows too."""
    with pytest.raises(ProofBrokenError, match="would be the next"):
        told(proposed(), by(OPERATOR_1, REJECTED), by(OPERATOR_1, NOTED), versions=(1, 2, 4))


def test_entries_from_before_they_were_counted() -> None:
    """An older ledger has no numbers, and nothing is missing in it for that; once counted, they stay counted."""
    assert told(proposed(), by(OPERATOR_1, NOTED), by(OPERATOR_1, REJECTED), versions=(0, 0, 3)).open == 0
    with pytest.raises(ProofBrokenError):
        told(proposed(), by(OPERATOR_1, NOTED), by(OPERATOR_1, REJECTED), versions=(0, 2, 0))


def test_something_about_a_decision_in_an_entry_about_none() -> None:
    """What happens to a decision happens in an entry that names it."""
    with pytest.raises(ProofBrokenError, match="does not name"):
        Rules().take(v1.Entry(offset=3, actor=OPERATOR_1, events=[NOTED]))


def test_what_this_version_does_not_know() -> None:
    """An event from the future is no damage: it is counted, and its decision is only counted on from there."""
    rules = Rules()
    rules.take(v1.Entry(offset=1, decision_id="d", decision_version=1, actor=CORE, events=proposed()[1]))
    rules.take(v1.Entry(offset=2, decision_id="d", decision_version=2, actor=CORE, events=[v1.Event()]))
    rules.take(v1.Entry(offset=3, decision_id="d", decision_version=3, actor=CORE, events=[ordered()]))
    rules.take(v1.Entry(offset=4, events=[v1.Event()]))
    assert rules.unread == 2
    with pytest.raises(ProofBrokenError, match="would be the next"):
        rules.take(v1.Entry(offset=5, decision_id="d", decision_version=5, actor=CORE, events=[NOTED]))


def test_from_the_middle() -> None:
    """Of a decision that began before the reading did only the numbers are held to each other."""
    rules = Rules(beginning=False)
    rules.take(v1.Entry(offset=9, decision_id="d", decision_version=4, actor=OPERATOR_1, events=[REJECTED]))
    rules.take(v1.Entry(offset=10, decision_id="d", decision_version=5, actor=OPERATOR_1, events=[NOTED]))
    with pytest.raises(ProofBrokenError, match="would be the next"):
        rules.take(v1.Entry(offset=11, decision_id="d", decision_version=7, actor=OPERATOR_1, events=[NOTED]))


@pytest.mark.parametrize("kind", sorted({kind.partition(".")[0] for _, kind in TRANSITIONS}))
def test_every_kind_is_known(kind: str) -> None:
    """The verifier, which is written apart, knows every event that the server's own table has."""
    from governance_client.audit.course import KINDS

    assert kind in KINDS
