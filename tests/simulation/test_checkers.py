"""The checkers themselves: a lawful history passes, and each broken promise is named."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client.digest import action_digest
from tests.simulation.checkers import Watch
from tests.simulation.checkers.story import (
    ACTION,
    ALICE,
    BOB,
    CORE,
    DIGEST,
    LEDGER_ID,
    OTHER_CORE,
    TIMEKEEPER,
    Story,
    approved,
    issued,
    moment,
    yes,
)
from tests.simulation.history import BrokenPromiseError, Committed, Served

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def story() -> Story:
    """The beginning of a story."""
    return Story()


def watched(story: Story) -> Watch:
    """Look at all of a story."""
    watch = Watch(story.history)
    watch.look()
    return watch


def refuted(story: Story, promise: int, words: str) -> None:
    """Hold the checkers to find that a promise was broken, and which."""
    with pytest.raises(BrokenPromiseError, match=words) as found:
        watched(story).finish()
    assert found.value.promise == promise


def newest(story: Story, name: str = "d-1") -> v1.Decision:
    """Return a decision as the naive replay has it."""
    decision = watched(story).ledger.newest(name)
    assert decision is not None
    return decision


def change(story: Story, name: str = "d-1", *, cause: bool = True) -> v1.Change:
    """Return a decision's newest change as a server would tell it."""
    watch = watched(story)
    decision = watch.ledger.newest(name)
    assert decision is not None
    row = watch.ledger.rows[decision.offset - 1]
    told = v1.Change(offset=decision.offset, decision=decision)
    if cause:
        told.cause.CopyFrom(v1.Cause(events=row.kinds, actor=row.entry.actor))
    return told


def ordered(story: Story) -> Story:
    """Tell how a decision was approved, and its order given."""
    story.propose()
    story.approve()
    return story


def test_a_lawful_history_passes(story: Story) -> None:
    """From the proposal to the report, with a reconnect in between: nothing is found."""
    story.open("alice", 1)
    story.tell("alice", 1, 1)
    offset = story.propose()
    story.news("core-1/i-1", 100, offset, receipts=[yes("d-1", offset)])
    story.news("alice", 1, offset, changes=[change(story)])
    story.close("alice", 1)
    offset = story.approve()
    story.news("alice", 200, 0, receipts=[yes("approve-alice", offset)])
    story.open("alice", 2, offset=2)
    story.news("alice", 2, offset, changes=[change(story)])
    offset = story.accept()
    story.news("core-1/i-1", 100, offset, receipts=[yes("accept-1", offset)])
    story.execute("core-1/i-1", "d-1")
    story.sign()
    story.news("alice", 2, offset, changes=[change(story)])
    watched(story).finish()


# Promise 1: acked is durable.


def test_a_receipt_for_what_is_not_durable(story: Story) -> None:
    """An offset that nothing was committed at is no yes."""
    story.propose()
    story.news("core-1/i-1", 100, 2, receipts=[yes("d-1", 3)])
    refuted(story, 1, "where nothing is durable")


def test_a_receipt_for_another_request(story: Story) -> None:
    """The entry at the receipt's offset is the one that the request made."""
    story.propose("d-1")
    story.propose("d-2")
    story.news("core-1/i-1", 100, 3, receipts=[yes("d-1", 3)])
    refuted(story, 1, "which is 'd-2'")


def test_a_second_entry_for_one_request(story: Story) -> None:
    """A request is in the ledger once."""
    story.propose("d-1", required=3)
    story.vote(ALICE)
    story.vote(BOB, version=3)
    event = v1.Event(vote_cast=v1.VoteCast(action_digest=DIGEST))
    story.commit(ALICE, event, about="d-1", version=4, request="approve-alice")
    refuted(story, 1, "recorded twice")


def test_an_entry_that_vanished(story: Story) -> None:
    """What was durable is not replaced, also by a restart."""
    story.propose()
    former = story.history.happenings[-1]
    story.add(Served(story.at_us, "killed"))
    story.add(former)
    refuted(story, 1, "another one took its place")


def test_no_after_yes(story: Story) -> None:
    """The same request is not refused once it was accepted."""
    offset = story.propose()
    story.close("core-1/i-1", 100)
    story.send("core-1/i-1", 101, v1.CoreCommand(proposal=newest(story).proposal))
    refusal = v1.Refusal(reason=v1.REFUSAL_REASON_DECISION_ID_TAKEN, message="Taken.")
    story.news("core-1/i-1", 101, offset, receipts=[v1.Receipt(request_id="d-1", refused=refusal)])
    refuted(story, 1, "was refused d-1")


def test_a_command_without_an_answer(story: Story) -> None:
    """On a stream that is whole, every command is answered in the end."""
    story.propose()
    refuted(story, 1, "waits for ever for the answer to 'd-1'")


def test_a_command_answered_twice(story: Story) -> None:
    """One command, one receipt."""
    offset = story.propose()
    story.news("core-1/i-1", 100, offset, receipts=[yes("d-1", offset)] * 2)
    refuted(story, 1, "does not wait for")


def test_a_change_that_is_not_durable(story: Story) -> None:
    """Nobody is told of a change before it is on the disk."""
    story.open("alice", 1)
    story.propose()
    told = change(story)
    committed = story.history.happenings.pop()
    assert isinstance(committed, Committed)
    story.news("alice", 1, 2, changes=[told])
    refuted(story, 1, "not durable")


# Promise 2: no leave without approval.


def test_an_order_that_nobody_approved(story: Story) -> None:
    """Without an approval there is no leave."""
    story.propose()
    story.commit(TIMEKEEPER, issued("d-1", accept_by=600), about="d-1", version=2)
    refuted(story, 2, "not approved")


def test_one_person_counts_once(story: Story) -> None:
    """Two votes of one person are one."""
    story.propose(required=2)
    story.vote(ALICE)
    request = story.ask(ALICE, request="again")
    story.commit(ALICE, approved(), issued("d-1", accept_by=600), about="d-1", version=3, request=request)
    refuted(story, 2, "approves a second time")


def test_too_few_people(story: Story) -> None:
    """A quorum of two is two people."""
    story.propose(required=2)
    story.approve()
    refuted(story, 2, "1 of 2 people")


def test_votes_for_another_action(story: Story) -> None:
    """After a modification the votes of before do not count."""
    story.propose(required=3)
    story.vote(ALICE)
    other = v1.Action(type=ACTION.type, targets=ACTION.targets)
    modify = v1.ModifyAndApprove(action=other)
    verdict = v1.Verdict(decision_id="d-1", action_digest=DIGEST, modify_and_approve=modify)
    story.send("bob", 200, v1.OperatorCommand(request_id="m", verdict=verdict))
    changed = v1.ActionModified(
        previous_digest=DIGEST,
        action_digest=action_digest(other),
        action_type=other.type,
        target_count=1,
        narrowing=True,
    )
    approval = v1.DecisionApproved(action_digest=action_digest(other))
    story.commit(
        BOB,
        v1.Event(action_modified=changed),
        v1.Event(decision_approved=approval),
        about="d-1",
        version=3,
        request="m",
        personal=v1.PersonalData(modified_action=other),
    )
    refuted(story, 2, "1 of 3 people")


def test_a_verdict_on_what_was_not_current(story: Story) -> None:
    """The digest that the operator sent is the one that was counted."""
    story.propose()
    story.approve(digest=bytes(32))
    refuted(story, 2, "not current any more")


def test_an_order_within_a_halt(story: Story) -> None:
    """No leave is given while a halt covers it."""
    story.propose()
    story.halt()
    story.approve()
    refuted(story, 2, "while halt-1 covers it")


def test_an_order_left_within_a_halt(story: Story) -> None:
    """An order that was not accepted is withdrawn with the halt."""
    ordered(story).halt()
    refuted(story, 2, "can be accepted, and halt-1 covers it")


def test_an_acceptance_within_a_halt(story: Story) -> None:
    """An order is not accepted while a halt covers it."""
    ordered(story).halt()
    story.accept()
    refuted(story, 2, "accepts an order while")


def test_an_order_accepted_twice(story: Story) -> None:
    """One order, one instance."""
    ordered(story).accept()
    story.accept(version=4, instance="i-2", request="accept-2")
    refuted(story, 2, "gives leave that was not asked for so|not approved")


def test_an_order_accepted_too_late(story: Story) -> None:
    """From the moment it lapses, an order is void."""
    ordered(story)
    story.now_s = 600
    story.accept()
    refuted(story, 2, "lapsed")


def test_an_execution_that_was_not_accepted(story: Story) -> None:
    """Nothing is done on an order alone."""
    ordered(story).execute("core-1/i-1", "d-1")
    refuted(story, 2, "which nobody accepted")


def test_an_execution_by_another_instance(story: Story) -> None:
    """The instance that accepted is the one that acts."""
    ordered(story).accept()
    story.execute("core-1/i-2", "d-1")
    refuted(story, 2, "which i-1 accepted")


def test_an_execution_of_another_action(story: Story) -> None:
    """What is done has the digest that was approved."""
    ordered(story).accept()
    story.execute("core-1/i-1", "d-1", action=v1.Action(type=v1.ACTION_TYPE_DELETE_DATA))
    refuted(story, 2, "another action")


def test_an_execution_twice(story: Story) -> None:
    """An order is carried out once."""
    ordered(story).accept()
    story.execute("core-1/i-1", "d-1")
    story.execute("core-1/i-1", "d-1")
    refuted(story, 2, "executed before")


# Promise 3: one end.


def test_a_second_end(story: Story) -> None:
    """After the end nothing happens that would move it."""
    story.propose()
    for version, request in ((2, "a"), (3, "b")):
        story.send("core-1/i-1", 100, v1.CoreCommand(request_id=request, cancel=v1.Cancel(decision_id="d-1")))
        event = v1.Event(decision_cancelled=v1.DecisionCancelled())
        story.commit(CORE, event, about="d-1", version=version, request=request)
    refuted(story, 3, "after its end as DECISION_STATE_CANCELLED")


def test_shown_approved_and_is_not(story: Story) -> None:
    """Nobody is shown a state that the ledger does not have."""
    story.open("alice", 1)
    offset = story.propose()
    told = change(story)
    told.decision.state = v1.DECISION_STATE_APPROVED
    story.news("alice", 1, offset, changes=[told])
    refuted(story, 3, "DECISION_STATE_APPROVED")


def test_too_late_and_not_told_who(story: Story) -> None:
    """Whoever comes second is told who was first, and when."""
    offset = ordered(story).end
    story.ask(BOB)
    told = v1.Refusal(
        reason=v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED,
        message="Approved at 2025-06-15T15:06:40Z by somebody.",
        current=newest(story),
    )
    story.news("bob", 200, offset, receipts=[v1.Receipt(request_id="approve-bob", refused=told)])
    refuted(story, 3, "does not say who")


# Promise 4: no gap.


def test_a_change_left_out(story: Story) -> None:
    """A resume point covers what changed before it."""
    story.open("alice", 1)
    story.propose()
    story.tell("alice", 1, 2)
    refuted(story, 4, "has version 0 of d-1, not 1")


def test_a_change_left_out_at_a_resume(story: Story) -> None:
    """Whoever resumes is told what comes right after its offset."""
    story.open("alice", 1)
    story.propose("d-1")
    story.news("alice", 1, 2, changes=[change(story)])
    story.close("alice", 1)
    story.propose("d-2")
    story.propose("d-3")
    story.open("alice", 2, offset=2)
    story.news("alice", 2, 4, changes=[change(story, "d-3")])
    refuted(story, 4, "has version 0 of d-2")


def test_changes_out_of_order(story: Story) -> None:
    """Changes ascend."""
    story.open("alice", 1)
    story.propose("d-1")
    first = change(story, "d-1")
    story.propose("d-2")
    story.news("alice", 1, 3, changes=[change(story, "d-2"), first])
    refuted(story, 4, "is told of 2 after 3")


def test_another_cores_decision(story: Story) -> None:
    """A core is told of its own decisions only."""
    story.open("core-2/i-1", 1)
    story.propose()
    story.news("core-2/i-1", 1, 2, changes=[change(story)])
    refuted(story, 4, "which is core-1's")


def test_a_resume_point_taken_back(story: Story) -> None:
    """A resume point never goes back."""
    story.open("alice", 1)
    story.tell("alice", 1, 1)
    story.tell("alice", 1, 0)
    refuted(story, 4, "taken back")


def test_content_that_the_ledger_does_not_have(story: Story) -> None:
    """What is told of a version is what the entries make of it."""
    story.open("alice", 1)
    story.propose()
    told = change(story)
    told.decision.tier = v1.ROLE_CISO
    story.news("alice", 1, 2, changes=[told])
    refuted(story, 4, "otherwise than the ledger has it: tier")


def test_told_nothing_for_ever(story: Story) -> None:
    """When all is quiet, everyone has what is there."""
    story.open("alice", 1)
    offset = story.propose()
    story.news("core-1/i-1", 100, offset, receipts=[yes("d-1", offset)])
    refuted(story, 4, "was told up to 0, and 2 concerns it")


def test_a_halt_that_is_not_told(story: Story) -> None:
    """A hello names the halts in force."""
    story.halt()
    story.open("alice", 1)
    refuted(story, 4, "is not told of halt-1")


# Promise 5: time is kept.


def warned(story: Story, second: float, version: int = 2) -> None:
    """Give the warning."""
    story.now_s = second
    event = v1.Event(sla_warned=v1.SlaWarned(deadline=moment(900)))
    story.commit(TIMEKEEPER, event, about="d-1", version=version)


def test_a_warning_in_time(story: Story) -> None:
    """At its moment, a warning is neither early nor late."""
    offset = story.propose()
    story.news("core-1/i-1", 100, offset, receipts=[yes("d-1", offset)])
    warned(story, 675)
    watched(story).finish()


@pytest.mark.parametrize(("second", "words"), [(674.9, "early"), (800, "late")])
def test_a_warning_out_of_time(story: Story, second: float, words: str) -> None:
    """Never early, and not late while the server is there."""
    story.propose()
    warned(story, second)
    refuted(story, 5, words)


def test_a_warning_after_an_outage(story: Story) -> None:
    """Of what came due while the server was away, nobody is blamed."""
    offset = story.propose()
    story.news("core-1/i-1", 100, offset, receipts=[yes("d-1", offset)])
    story.add(Served(story.at_us, "killed"))
    story.now_s = 799
    story.add(Served(story.at_us, "started"))
    warned(story, 800)
    watched(story).finish()


def test_a_second_warning(story: Story) -> None:
    """A warning is given once."""
    story.propose()
    warned(story, 675)
    warned(story, 676, version=3)
    refuted(story, 5, "a second time")


def test_a_warning_that_never_comes(story: Story) -> None:
    """The server's own clock tells that something is overdue."""
    story.open("alice", 1)
    story.propose()
    story.news("alice", 1, 2, changes=[change(story)])
    story.now_s = 800
    story.tell("alice", 1, 2)
    refuted(story, 5, "has been due for 125 s")


def test_an_expiry_before_the_top(story: Story) -> None:
    """A decision expires where nobody is left to ask."""
    story.propose()
    story.now_s = 900
    story.commit(
        TIMEKEEPER,
        v1.Event(sla_warned=v1.SlaWarned(deadline=moment(900))),
        v1.Event(sla_breached=v1.SlaBreached(deadline=moment(900), tier=v1.ROLE_SOC_OPERATOR)),
        v1.Event(decision_expired=v1.DecisionExpired(reason=v1.EXPIRY_REASON_NOBODY_DECIDED)),
        about="d-1",
        version=2,
    )
    refuted(story, 5, "late|below the top of the chain")


def test_time_that_goes_back(story: Story) -> None:
    """No entry was recorded before the one ahead of it."""
    story.now_s = 10
    story.propose()
    story.now_s = 9
    story.propose("d-2")
    refuted(story, 5, "before the entry ahead of it")


def test_a_clock_that_goes_back(story: Story) -> None:
    """The clock that clients are told does not go back within a stream."""
    story.now_s = 10
    story.open("alice", 1)
    story.now_s = 9
    story.tell("alice", 1, 1)
    refuted(story, 5, "went back")


# Promise 6: tampering shows.


def tampered(story: Story, **fields: bytes) -> None:
    """Change what the disk holds of the last entry."""
    last = story.history.happenings[-1]
    assert isinstance(last, Committed)
    story.history.happenings[-1] = dataclasses.replace(last, **fields)  # type: ignore[arg-type] # bytes, all of them


@pytest.mark.parametrize(
    ("field", "words"), [("hash", "another hash"), ("personal", "other personal data"), ("salt", "a salt of 3 bytes")]
)
def test_an_entry_that_was_changed(story: Story, field: str, words: str) -> None:
    """What is stored beside an entry belongs to it."""
    story.propose()
    tampered(story, **{field: b"abc"})
    refuted(story, 6, words)


def test_a_chain_that_is_broken(story: Story) -> None:
    """Each entry names the one before."""
    story.propose()
    del story.history.happenings[-1]
    last = story.history.happenings[-2]
    assert isinstance(last, Committed)
    story.propose("d-2")
    refuted(story, 6, "follows on 1")


def test_a_checkpoint_of_another_tree(story: Story) -> None:
    """A checkpoint has the root of the entries."""
    story.sign(root=bytes(32))
    refuted(story, 6, "another tree")


def test_a_checkpoint_that_nobody_signed(story: Story) -> None:
    """A checkpoint is signed with the ledger's key."""
    story.sign()
    story.history.verifier_key = story.history.verifier_key.replace(LEDGER_ID, LEDGER_ID[::-1])
    refuted(story, 6, "not signed")


# Promise 7: text decides nothing.


def test_a_verdict_that_nobody_sent(story: Story) -> None:
    """An entry by an operator comes from a command of that operator."""
    story.propose()
    story.ask(BOB, request="approve-alice")
    story.commit(ALICE, approved(), issued("d-1", accept_by=600), about="d-1", version=2, request="approve-alice")
    refuted(story, 7, "nobody of that name sent")


def test_a_deed_of_the_clocks(story: Story) -> None:
    """Time approves nothing."""
    story.propose()
    story.commit(TIMEKEEPER, approved(), about="d-1", version=2)
    refuted(story, 7, "time does no such thing")


def test_a_role_that_somebody_does_not_have(story: Story) -> None:
    """An entry's actor has the role of its credential."""
    story.propose()
    story.approve(v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="alice", role=v1.ROLE_CISO))
    refuted(story, 7, "nobody of that name and role")


def _other_core(story: Story) -> None:
    story.open("core-2/i-1", 1)
    story.tell("core-2/i-1", 1, 1)
    story.propose(actor=CORE)
    story.tell("core-2/i-1", 1, 2)


def _by_instance(story: Story) -> None:
    story.propose("d-9", actor=OTHER_CORE)


@pytest.mark.parametrize("tell", [_other_core, _by_instance])
def test_what_is_no_fault(story: Story, tell: Callable[[Story], None]) -> None:
    """What does not concern a client does not have to be told, and two cores may propose the same."""
    tell(story)
    watched(story)
