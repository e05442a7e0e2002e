"""Open decisions are held as bytes, and answer as messages."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError

from governance import v1
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import timestamp
from governance_server.domain.schedule import next_due_us
from governance_server.engine.glance import COUNTED, FIELDS, glance
from governance_server.engine.memory import Memory
from governance_server.engine.open_decisions import GENERATION, OpenDecisions
from governance_server.engine.ports import DecisionRow
from tests.support.clock import START_US

PENDING, APPROVED, EXECUTING, REJECTED = (
    v1.DECISION_STATE_PENDING,
    v1.DECISION_STATE_APPROVED,
    v1.DECISION_STATE_EXECUTING,
    v1.DECISION_STATE_REJECTED,
)


def row(number: int, *, state: v1.DecisionState.ValueType = PENDING, about: int = 0, alarms: int = 0) -> DecisionRow:
    """Return a decision about an action."""
    decision = v1.Decision(
        decision_id=f"decision-{number}",
        state=state,
        core="maximus",
        action_digest=(about or number).to_bytes(32, "big"),
        schedule=v1.Schedule(warn_at=timestamp(START_US + 1), deadline=timestamp(START_US + 2)),
        order=v1.Order(accept_by=timestamp(START_US + 3), report_by=timestamp(START_US + 4)),
        held_until=timestamp(START_US + 5),
        alarms=[v1.Alarm()] * alarms,
    )
    return DecisionRow(decision, decision.SerializeToString(deterministic=True))


def at(number: int, offset: int, *, version: int = 1, state: v1.DecisionState.ValueType = PENDING) -> DecisionRow:
    """Return a decision as an entry left it."""
    decision = row(number, state=state).decision
    decision.offset, decision.version = offset, version
    return DecisionRow(decision, decision.SerializeToString(deterministic=True))


class TestOpenDecisions:
    def test_what_was_touched_lately_is_not_parsed(self) -> None:
        """The message that was decided on is the one that is decided on next."""
        held = OpenDecisions()
        made = row(1)
        held.hold("decision-1", made.serialized, made.decision)
        assert held["decision-1"] is held.get("decision-1") is made.decision

    def test_what_was_not_touched_is_parsed(self) -> None:
        """Of decisions that nobody asks for only the bytes are kept; who asks gets the same decision."""
        held = OpenDecisions()
        rows = [row(number) for number in range(3 * GENERATION)]
        for one in rows:
            held.hold(one.decision.decision_id, one.serialized, one.decision)
        assert len(held) == len(rows)
        assert len(held._younger) + len(held._older) <= 2 * GENERATION
        first = held["decision-0"]
        assert first == rows[0].decision
        assert first is not rows[0].decision
        assert held["decision-0"] is first
        assert list(held.values()) == [one.decision for one in rows]

    def test_what_is_asked_for_stays(self) -> None:
        """A message that is asked for in each generation is never parsed again."""
        held = OpenDecisions()
        kept = row(1)
        held.hold("decision-1", kept.serialized, kept.decision)
        for number in range(2, 4 * GENERATION):
            held.hold(f"decision-{number}", kept.serialized, kept.decision)
            if number % (GENERATION // 2) == 0:
                assert held["decision-1"] is kept.decision

    def test_the_newest_state_counts(self) -> None:
        """A new state takes the place of an older one, in whichever generation that is."""
        held = OpenDecisions()
        rows = [row(1, state=state) for state in (PENDING, APPROVED, EXECUTING)]
        for one in rows:
            held.hold("decision-1", one.serialized, one.decision)
            for number in range(GENERATION):
                assert held["decision-1"] is one.decision
                held.hold(f"decision-{number + 2}", one.serialized, one.decision)
            assert held["decision-1"] is one.decision

    def test_what_is_not_open(self) -> None:
        """What is not open is not there, and what was dropped leaves nothing behind."""
        held = OpenDecisions()
        made = row(1)
        held.hold("decision-1", made.serialized, made.decision)
        held.drop("decision-1")
        held.drop("decision-1")
        assert "decision-1" not in held
        assert held.get("decision-1") is None
        assert held.get("decision-1", made.decision) is made.decision
        assert not held._younger
        assert not held._older
        with pytest.raises(KeyError):
            held["decision-1"]


class TestGlance:
    @pytest.mark.parametrize("state", [PENDING, APPROVED, EXECUTING, REJECTED])
    @pytest.mark.parametrize("held", [True, False])
    def test_it_shows_what_the_decision_has(self, state: v1.DecisionState.ValueType, *, held: bool) -> None:
        """Every field that is glanced at is the decision's, and what is computed of them is the same."""
        decision = row(1, state=state, alarms=2).decision
        decision.held = held
        decision.claim.expires_at.CopyFrom(timestamp(START_US))
        glanced = glance(decision.SerializeToString())
        for name in FIELDS:
            found, expected = getattr(glanced, name), getattr(decision, name)
            assert found == expected
        for name in COUNTED:
            assert len(getattr(glanced, name)) == len(getattr(decision, name))
        assert next_due_us(glanced) == next_due_us(decision)
        assert is_open(glanced.state) == is_open(decision.state)

    def test_what_is_no_decision(self) -> None:
        """Bytes that are no message are refused like any other's."""
        with pytest.raises(DecodeError):
            glance(b"\xff")


class TestTurnover:
    def test_what_came_and_what_went(self) -> None:
        """A decision comes when it is opened and at each change, the latest last, and its former state goes with it."""
        held = OpenDecisions()
        turnover = held.turnover
        for number in (1, 2, 3):
            held.hold(f"decision-{number}", *at(number, number)[::-1])
        assert list(turnover.take().came) == ["decision-1", "decision-2", "decision-3"]
        held.hold("decision-2", *at(2, 4)[::-1])
        held.hold("decision-1", *at(1, 5)[::-1])
        held.hold("decision-2", *at(2, 6)[::-1])
        held.drop("decision-3")
        held.hold("decision-4", *at(4, 7)[::-1])
        held.drop("decision-4")
        assert turnover.take() == ({"decision-2": None, "decision-1": None}, [2, 1, 3])
        assert list(turnover.came) == []
        assert turnover.take() == ({}, [])

    def test_given_back(self) -> None:
        """What nothing came of comes again, unless it has ended."""
        held = OpenDecisions()
        for number in (1, 2):
            held.hold(f"decision-{number}", *at(number, number)[::-1])
        taken = held.turnover.take()
        held.drop("decision-1")
        held.turnover.give_back(taken, [name for name in taken.came if name in held])
        assert held.turnover.take() == ({"decision-2": None}, [1])

    def test_doubted(self) -> None:
        """A decision is doubted that others left open, or that was not held before and did not begin; until it ends."""
        memory = Memory()
        memory.take_over(at(1, 1))
        memory.take_over(at(2, 2, version=3))
        memory.doubt([at(3, 3), at(4, 4, state=REJECTED)])
        doubted = memory.open.turnover.doubted
        assert doubted == {"decision-2", "decision-3"}
        memory.take_over(at(3, 5))
        memory.take_over(at(2, 6, state=REJECTED))
        assert doubted == {"decision-3"}


class TestMemory:
    def test_stored_and_new_ones_are_remembered_alike(self) -> None:
        """What is taken up as bytes is what would be taken over as a message."""
        lived, recovered = Memory(), Memory()
        for number, state in enumerate((PENDING, APPROVED, EXECUTING)):
            one = row(number, state=state, alarms=number)
            assert lived.take_over(one) == one.decision.decision_id
            ((decision_id, glanced),) = recovered.take_up([one.serialized])
            assert decision_id == glanced.decision_id == one.decision.decision_id
        for memory in (lived, recovered):
            assert list(memory.open) == ["decision-0", "decision-1", "decision-2"]
            assert memory.approved() == ["decision-1"]
            assert memory.alarms == 2
            twin = memory.twin(("maximus", (2).to_bytes(32, "big")))
            assert twin is not None
            assert twin.decision_id == "decision-2"
        assert dict(lived.open) == dict(recovered.open)

    def test_a_decision_stands_for_one_deed(self) -> None:
        """Who proposes what a decision was about before it was modified, does not find it."""
        memory = Memory()
        memory.take_over(row(1))
        memory.take_over(row(1, about=7))
        assert memory.twin(("maximus", (1).to_bytes(32, "big"))) is None
        assert memory.twin(("maximus", (7).to_bytes(32, "big"))) is not None
        assert memory.twin(("another", (7).to_bytes(32, "big"))) is None
        memory.take_over(row(1, about=7, state=REJECTED))
        assert memory.twin(("maximus", (7).to_bytes(32, "big"))) is None
        assert not memory.open

    def test_the_latest_stands_for_a_deed(self) -> None:
        """Of two that are about the same the latest is found; the other one's end does not hide it."""
        memory = Memory()
        memory.take_over(row(1))
        memory.take_over(row(2, about=1))
        memory.take_over(row(1, state=REJECTED))
        twin = memory.twin(("maximus", (1).to_bytes(32, "big")))
        assert twin is not None
        assert twin.decision_id == "decision-2"

    def test_what_ends_is_forgotten(self) -> None:
        """Nothing of a decision that has ended is left."""
        memory = Memory()
        memory.take_over(row(1, state=APPROVED, alarms=1))
        memory.take_over(row(1, state=REJECTED, alarms=1))
        assert (len(memory.open), memory.alarms, memory.approved()) == (0, 0, [])
        assert not memory._twins
