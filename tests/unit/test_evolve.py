"""A decision's next value: built once an entry, from the entry alone."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.evolve import evolve
from governance_server.domain.moment import timestamp
from tests.unit.deciding import (
    ALICE,
    CISO,
    CORE,
    DECISION_ID,
    MINUTE_US,
    NOON_US,
    Desk,
    acceptance,
    claiming,
    escalation,
    outcome,
)


def lived() -> Desk:
    """Bring a decision through much of what can happen to one."""
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    desk.accepted(ALICE, escalation(v1.ROLE_SOC_SUPERVISOR))
    desk.wait(60 * MINUTE_US).tick()
    desk.approve(CISO)
    desk.accepted(CORE, acceptance(desk.current))
    desk.accepted(CORE, outcome(desk.current, detail="rc=0"))
    return desk


def replay(desk: Desk, *, erased: bool = False) -> v1.Decision:
    """Build the decision anew from its entries."""
    decision = None
    for entry, personal in desk.entries:
        decision = evolve(decision, entry, None if erased else personal)
    assert decision is not None
    return decision


def entry(*events: v1.Event, offset: int = 100, decision_id: str = DECISION_ID) -> v1.Entry:
    return v1.Entry(offset=offset, decision_id=decision_id, actor=CISO, recorded_at=timestamp(NOON_US), events=events)


def test_replay() -> None:
    """The entries alone lead to the same decision, as often as they are read."""
    desk = lived()
    assert replay(desk) == desk.current
    assert replay(desk).SerializeToString(deterministic=True) == replay(desk).SerializeToString(deterministic=True)


def test_inputs_stay() -> None:
    """Neither the decision before nor the entry nor its personal data is changed."""
    desk = lived()
    decision: v1.Decision | None = None
    for written, personal in desk.entries:
        inputs = [message for message in (decision, written, personal) if message is not None]
        before = [message.SerializeToString(deterministic=True) for message in inputs]
        decision = evolve(decision, written, personal)
        assert [message.SerializeToString(deterministic=True) for message in inputs] == before


def test_version_and_offset() -> None:
    """An entry is one version, however many events it has, and the decision names the entry."""
    desk = lived()
    assert desk.current.version == len(desk.entries)
    assert desk.current.offset == desk.entries[-1][0].offset


def test_erased() -> None:
    """Once personal data is erased, the decision can still be built: without what was erased, otherwise the same."""
    desk = lived()
    erased = replay(desk, erased=True)
    assert not erased.proposal.ByteSize()
    assert not erased.outcome.detail
    assert not erased.notes
    expected = v1.Decision()
    expected.CopyFrom(desk.current)
    expected.proposal.Clear()
    expected.ClearField("notes")
    expected.outcome.ClearField("detail")
    assert erased == expected


def test_bytes_are_enough() -> None:
    """A decision that was written and read again goes on as the one in memory does."""
    decision: v1.Decision | None = None
    for written, personal in lived().entries:
        kept = None if decision is None else v1.Decision.FromString(decision.SerializeToString())
        again = v1.Entry.FromString(written.SerializeToString())
        known = None if personal is None else v1.PersonalData.FromString(personal.SerializeToString())
        following = evolve(decision, written, personal)
        assert evolve(kept, again, known) == following
        decision = following


def test_another_decisions_entry() -> None:
    """An entry about another decision is a bug."""
    desk = Desk().propose()
    cancelled = v1.Event(decision_cancelled=v1.DecisionCancelled())
    with pytest.raises(AssertionError, match="another decision"):
        evolve(desk.current, entry(cancelled, decision_id="decision-2"), None)


def test_applied_twice() -> None:
    """An entry that was applied before is a bug."""
    desk = Desk().propose()
    with pytest.raises(AssertionError, match="applied before"):
        evolve(desk.current, desk.entries[0][0], None)


def test_empty_entry() -> None:
    """An entry in which nothing happens is a bug."""
    with pytest.raises(AssertionError, match="has events"):
        evolve(Desk().propose().current, entry(), None)


OTHER = bytes(32)
PENDING_BUGS = {
    "another action was approved": v1.Event(decision_approved=v1.DecisionApproved(action_digest=OTHER)),
    "another action was rejected": v1.Event(decision_rejected=v1.DecisionRejected(action_digest=OTHER)),
    "the warning is about another deadline": v1.Event(sla_warned=v1.SlaWarned(deadline=timestamp(1))),
    "another deadline passed": v1.Event(sla_breached=v1.SlaBreached(deadline=timestamp(1))),
    "order_accepted in DECISION_STATE_PENDING": v1.Event(order_accepted=v1.OrderAccepted()),
    "order_issued in DECISION_STATE_PENDING": v1.Event(order_issued=v1.OrderIssued()),
    "ledger_created in DECISION_STATE_PENDING": v1.Event(ledger_created=v1.LedgerCreated()),
    "unknown event in DECISION_STATE_PENDING": v1.Event(),
}


@pytest.mark.parametrize("bug", PENDING_BUGS)
def test_impossible_while_pending(bug: str) -> None:
    """An event that nobody could have decided while the decision waited is asserted against."""
    with pytest.raises(AssertionError, match=bug):
        evolve(Desk().propose().current, entry(PENDING_BUGS[bug]), None)


def test_warned_twice() -> None:
    """A second warning about the same deadline is a bug."""
    decision = Desk().propose().current
    warned = v1.Event(sla_warned=v1.SlaWarned(deadline=decision.schedule.deadline))
    with pytest.raises(AssertionError, match="given before"):
        evolve(evolve(decision, entry(warned), None), entry(warned, offset=101), None)


@pytest.mark.parametrize("digest", [OTHER, None], ids=["another action", "a second order"])
def test_one_order_for_the_approved_action(digest: bytes | None) -> None:
    """An order for another action, or a second one, is a bug."""
    decision = Desk().approve().current
    issued = v1.OrderIssued(order_id="decision-1/2", action_digest=digest or decision.action_digest)
    with pytest.raises(AssertionError, match=r"for another action|there is an order"):
        evolve(decision, entry(v1.Event(order_issued=issued)), None)


def test_acceptance_of_another_order() -> None:
    """Accepting or reporting on another order is a bug."""
    accepted = v1.Event(order_accepted=v1.OrderAccepted(order_id="decision-1/2"))
    with pytest.raises(AssertionError, match="another order was accepted"):
        evolve(Desk().approve().current, entry(accepted), None)
    reported = v1.OutcomeReported(order_id="decision-1/2", result=v1.OUTCOME_RESULT_FAILED)
    with pytest.raises(AssertionError, match="another order was reported on"):
        evolve(Desk().execute().current, entry(v1.Event(outcome_reported=reported)), None)


def test_begins_with_a_proposal() -> None:
    """A decision that nobody proposed does not exist."""
    with pytest.raises(AssertionError):
        evolve(None, entry(v1.Event(decision_cancelled=v1.DecisionCancelled())), None)
