"""Operators ask core, core answers, and people note things."""

from __future__ import annotations

from governance import v1
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.refusal import MOST_REMARKS
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    BOB,
    CISO,
    CORE,
    MINUTE_US,
    OTHER_CORE,
    Desk,
    escalation,
    kinds,
    rejection,
)
from tests.unit.verdicts import answer, deferral, modification, noting, question


def test_asked_and_answered() -> None:
    """A question goes to core as a change of its decision, core answers, and the clock runs on."""
    desk = Desk().propose()
    schedule = desk.current.schedule
    asked = desk.accepted(ALICE, question(desk.current, "Whose address is it?", "Looks like ours."))
    assert kinds(asked) == ["information_requested"]
    [inquiry] = desk.current.inquiries
    assert (inquiry.asked_by, inquiry.question) == (ALICE, "Whose address is it?\n\nLooks like ours.")
    assert not inquiry.HasField("answered_at")
    provided = desk.wait(MINUTE_US).accepted(CORE, answer("A scanner's.", ["203.0.113.9"]))
    assert kinds(provided) == ["information_provided"]
    [inquiry] = desk.current.inquiries
    assert inquiry.answer == v1.Evidence(reasoning="A scanner's.", indicators=["203.0.113.9"])
    assert inquiry.HasField("answered_at")
    assert desk.current.schedule == schedule
    assert desk.current.state == v1.DECISION_STATE_PENDING


def test_one_answer_for_all_open_questions() -> None:
    """An answer answers whatever is open, and leaves earlier answers as they are."""
    desk = Desk().propose()
    desk.accepted(ALICE, question(desk.current, "Whose?"))
    desk.accepted(CORE, answer("Theirs."))
    desk.accepted(ALICE, question(desk.current, "Since when?"))
    desk.accepted(BOB, question(desk.current, "How often?"))
    desk.accepted(CORE, answer("Twice since noon."))
    assert [inquiry.answer.reasoning for inquiry in desk.current.inquiries] == [
        "Theirs.",
        "Twice since noon.",
        "Twice since noon.",
    ]


def test_question_says_something() -> None:
    """A question without words is refused."""
    desk = Desk().propose()
    refusal = desk.refused(ALICE, question(desk.current, " \n"))
    assert refusal.reason == v1.REFUSAL_REASON_REASON_REQUIRED
    assert "needs a question" in refusal.message


def test_nothing_asked() -> None:
    """An answer that nobody waits for is refused."""
    desk = Desk().propose()
    assert desk.refused(CORE, answer()).reason == v1.REFUSAL_REASON_NOTHING_ASKED
    desk.accepted(ALICE, question(desk.current))
    desk.accepted(CORE, answer())
    assert desk.refused(CORE, answer()).reason == v1.REFUSAL_REASON_NOTHING_ASKED


def test_only_the_proposing_core_answers() -> None:
    """Another core does not even learn that there is such a decision."""
    desk = Desk().propose()
    desk.accepted(ALICE, question(desk.current))
    refusal = desk.refused(OTHER_CORE, answer())
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    assert not refusal.HasField("current")
    assert Desk().refused(CORE, answer()).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND


def test_answer_after_the_verdict() -> None:
    """An answer after the verdict comes too late, and core is told who decided."""
    desk = Desk().propose()
    desk.accepted(ALICE, question(desk.current))
    asked = desk.current
    desk.approve(BOB)
    assert desk.refused(CORE, answer()).reason == v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED
    desk.decision = asked
    desk.accepted(BOB, rejection(asked))
    refusal = desk.refused(CORE, answer())
    assert refusal.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert refusal.message.endswith("your answer was not counted.")


def test_noted_before_and_after_the_end() -> None:
    """Any operator may note something, whatever the tier, before and after the end."""
    desk = Desk().propose()
    desk.accepted(ALICE, escalation(v1.ROLE_CISO))
    assert kinds(desk.accepted(ALICE, noting("Seen before."))) == ["note_added"]
    assert desk.current.notes[-1].text == "Seen before."
    for closed in (Desk().report(), Desk().approve(), Desk().report(v1.OUTCOME_RESULT_UNKNOWN)):
        state = closed.current.state
        closed.accepted(BOB, noting("Looked at it."))
        assert [(note.actor, note.text) for note in closed.current.notes] == [(BOB, "Looked at it.")]
        assert closed.current.state == state


def test_note_refused() -> None:
    """A note is an operator's, about something, and says something."""
    assert Desk().refused(ALICE, noting()).reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
    desk = Desk().propose()
    assert desk.refused(AUDITOR, noting()).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
    assert desk.refused(ALICE, noting(" ")).reason == v1.REFUSAL_REASON_REASON_REQUIRED


def test_a_decision_holds_a_bounded_number_of_remarks() -> None:
    """64 notes and eight questions are the most; deciding it goes on."""
    desk = Desk().propose()
    for number in range(MOST_REMARKS["notes"]):
        desk.accepted(ALICE, noting(f"Note {number}."))
    for _ in range(MOST_REMARKS["inquiries"]):
        desk.accepted(ALICE, question(desk.current))
    for command in (noting(), question(desk.current), deferral(desk.current, 60, "Later.")):
        assert desk.refused(ALICE, command).reason == v1.REFUSAL_REASON_TOO_MANY_REMARKS
    desk.accepted(ALICE, deferral(desk.current, 60))
    desk.accepted(ALICE, rejection(desk.current))


def test_an_action_is_modified_a_bounded_number_of_times() -> None:
    """Two have to approve what is critical, so that each modification leaves it open; the seventeenth is refused."""
    policy = Policy(required_approvals=dict.fromkeys(DEFAULT_POLICY.required_approvals, 2))
    desk = Desk(policy=policy).propose()
    for seconds in range(MOST_REMARKS["modifications"], 0, -1):
        desk.accepted(ALICE, shortened(desk.current, seconds))
    refusal = desk.refused(ALICE, shortened(desk.current, 7200))
    assert refusal.reason in (v1.REFUSAL_REASON_NOT_NARROWER, v1.REFUSAL_REASON_TOO_MANY_REMARKS)
    assert desk.refused(CISO, shortened(desk.current, 7200)).reason == v1.REFUSAL_REASON_TOO_MANY_REMARKS


def shortened(decision: v1.Decision, seconds: int) -> v1.OperatorCommand:
    """A modification of how long the action lasts."""
    action = v1.Action()
    action.CopyFrom(decision.proposal.action)
    action.duration.seconds = seconds
    return modification(decision, action)
