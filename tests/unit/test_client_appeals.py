"""What operators ask of core: questions, and the reverse of what was done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.core.appeals import Appeals, reversal, undo_id
from governance_client.core.asking import Asking
from governance_client.core.outbox import Outbox
from tests.console.examples import decision, operator

if TYPE_CHECKING:
    from collections.abc import Coroutine

UNBLOCK = v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, parameters={"remove": "yes"})


class _House:
    """Appeals, and the commands they led to."""

    def __init__(self) -> None:
        self._outbox = Outbox()
        self._tasks: list[asyncio.Task[None]] = []
        numbers = iter(range(100))
        asking = Asking(self._outbox, None, asyncio.Event())
        self.appeals = Appeals(asking, self._start, lambda: f"request-{next(numbers)}")

    async def sent(self) -> list[v1.CoreCommand]:
        """Accept everything that is sent, until nothing is under way."""
        commands: list[v1.CoreCommand] = []
        while not all(task.done() for task in self._tasks):
            await asyncio.sleep(0)
            for command in self._outbox.next_frame():
                commands.append(command)
                key = command.request_id or command.proposal.decision_id
                self._outbox.settle([v1.Receipt(request_id=key, accepted=v1.Accepted(offset=7))])
        return commands

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self._tasks.append(asyncio.ensure_future(work))
        return self._tasks[-1]


def asked(*questions: str) -> v1.Decision:
    waiting = decision()
    waiting.inquiries.extend(v1.Inquiry(question=question, asked_by=operator("alice")) for question in questions)
    return waiting


def to_undo(at_s: int = 100) -> v1.Decision:
    done = decision(state=v1.DECISION_STATE_EXECUTED)
    done.undo_requested.CopyFrom(
        v1.Resolution(actor=operator("alice"), resolved_at=Timestamp(seconds=at_s), reason="it was our own scanner")
    )
    return done


async def test_a_question_is_answered_once() -> None:
    """The answer goes to the server; the same question, seen again with the next change, is not answered again."""
    house = _House()

    async def answer(about: v1.Decision, question: str) -> str:
        return f"{about.decision_id}: {question}"

    house.appeals.answer = answer
    house.appeals.consider(asked("since when?"))
    house.appeals.consider(asked("since when?"))
    (command,) = await house.sent()
    assert command.provide_information.evidence.reasoning == "0a1b2c3d4e5f: since when?"
    house.appeals.consider(asked("since when?", "and who?"))
    (command,) = await house.sent()
    assert command.provide_information.decision_id == "0a1b2c3d4e5f"


async def test_questions_asked_together_are_answered_together() -> None:
    """One answer counts for everything that is open, so it has to hold all of it."""
    house = _House()

    async def answer(_: v1.Decision, question: str) -> v1.Evidence:
        return v1.Evidence(reasoning=question, indicators=[question])

    house.appeals.answer = answer
    house.appeals.consider(asked("one", "two"))
    (command,) = await house.sent()
    told = command.provide_information.evidence
    assert (told.reasoning, list(told.indicators)) == ("one\n\ntwo", ["one", "two"])


async def test_without_somebody_to_answer_a_question_stays_open() -> None:
    """Nobody is registered, or who is raises: nothing is sent, and core goes on."""
    house = _House()
    house.appeals.consider(asked("why?"))

    async def broken(_: v1.Decision, __: str) -> str:
        raise LookupError("no idea")

    house.appeals.answer = broken
    house.appeals.consider(asked("why?"))
    assert await house.sent() == []


async def test_a_wish_to_undo_becomes_a_proposal() -> None:
    """The reverse is proposed once a wish, names what it reverses, and says who asked and why."""
    house = _House()

    async def reverse(_: v1.Decision) -> v1.Action:
        return UNBLOCK

    house.appeals.reverse = reverse
    house.appeals.consider(to_undo())
    house.appeals.consider(to_undo())
    (command,) = await house.sent()
    made = command.proposal
    assert (made.reverses, made.action, made.decision_id) == ("0a1b2c3d4e5f", UNBLOCK, undo_id(to_undo()))
    assert "alice asked to undo 0a1b2c3d4e5f" in made.evidence.reasoning
    assert "our own scanner" in made.evidence.reasoning
    assert undo_id(to_undo(at_s=101)) != undo_id(to_undo())


async def test_what_cannot_be_undone_is_left_to_people() -> None:
    """None proposes nothing; what is reversed already is not asked about again."""
    house, seen = _House(), list[str]()

    async def reverse(found: v1.Decision) -> None:
        seen.append(found.decision_id)

    house.appeals.reverse = reverse
    house.appeals.consider(to_undo())
    reversed_already = to_undo(at_s=200)
    reversed_already.reversed_by = "undo-1"
    house.appeals.consider(reversed_already)
    assert await house.sent() == []
    assert seen == ["0a1b2c3d4e5f"]


def test_a_proposal_of_ones_own_stays_as_it_is() -> None:
    """Only what it reverses, and an id where it has none, are added."""
    own = v1.Proposal(decision_id="my-own-undo", action=UNBLOCK, confidence=0.7)
    made = reversal(to_undo(), own, "undo-x")
    assert (made.decision_id, made.reverses, made.confidence) == ("my-own-undo", "0a1b2c3d4e5f", 0.7)
    assert reversal(to_undo(), v1.Proposal(action=UNBLOCK), "undo-x").decision_id == "undo-x"
