"""Appeals: what operators ask of core beside orders: questions about a proposal, and the reverse of what was done."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING, Final, TypeVar

from governance import v1
from governance_client.errors import ClientError, reason_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import TypeAlias

    from governance_client.core.asking import Asking

    Answer: TypeAlias = Callable[[v1.Decision, str], Awaitable[v1.Evidence | str]]
    Reverse: TypeAlias = Callable[[v1.Decision], Awaitable[v1.Action | v1.Proposal | None]]

_T = TypeVar("_T")
_ID_DIGITS: Final = 40
_log = logging.getLogger(__name__)


class Appeals:
    """Hands appeals to whoever is registered for them, each once a process, and sends what they return.

    Attributes:
        answer: Answers a question; None leaves it unanswered.
        reverse: Says how to reverse an action; None leaves it to others.
    """

    def __init__(
        self,
        asking: Asking,
        start: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        new_id: Callable[[], str],
    ) -> None:
        """Prepare.

        Args:
            asking: Sends commands.
            start: Starts a task that ends with Core.
            new_id: Makes request ids.
        """
        self.answer: Answer | None = None
        self.reverse: Reverse | None = None
        self._asking = asking
        self._start = start
        self._new_id = new_id
        self._asked: dict[str, int] = {}
        self._to_undo: set[str] = set()

    def consider(self, decision: v1.Decision) -> None:
        """Take up what a decision asks that nobody has taken up yet."""
        if decision.state != v1.DECISION_STATE_PENDING:
            self._asked.pop(decision.decision_id, None)
        elif self.answer is not None:
            self._consider_questions(decision, self.answer)
        if decision.HasField("undo_requested") and not decision.reversed_by and self.reverse is not None:
            wish = undo_id(decision)
            if wish not in self._to_undo:
                self._to_undo.add(wish)
                self._start(self._undo(decision, wish, self.reverse))

    def _consider_questions(self, decision: v1.Decision, answer: Answer) -> None:
        known = self._asked.get(decision.decision_id, 0)
        open_questions = [
            inquiry.question for inquiry in decision.inquiries[known:] if not inquiry.HasField("answered_at")
        ]
        if len(decision.inquiries) > known:
            self._asked[decision.decision_id] = len(decision.inquiries)
        if open_questions:
            self._start(self._reply(decision, open_questions, answer))

    async def _reply(self, decision: v1.Decision, questions: list[str], answer: Answer) -> None:
        """Answer all questions together: one answer is taken as that to everything that is open."""
        told = v1.Evidence()
        for question in questions:
            found = await _tried(answer(decision, question), f"the question about {decision.decision_id}")
            if found is None:
                return
            _add(told, found if isinstance(found, v1.Evidence) else v1.Evidence(reasoning=found))
        provided = v1.ProvideInformation(decision_id=decision.decision_id, evidence=told)
        await self._send(v1.CoreCommand(request_id=self._new_id(), provide_information=provided), "the answer")

    async def _undo(self, decision: v1.Decision, wish: str, reverse: Reverse) -> None:
        found = await _tried(reverse(decision), f"the wish to undo {decision.decision_id}")
        if found is None:
            _log.warning("nothing is proposed to undo %s", decision.decision_id)
            return
        await self._send(v1.CoreCommand(proposal=reversal(decision, found, wish)), "the proposal to undo it")

    async def _send(self, command: v1.CoreCommand, what: str) -> None:
        try:
            receipt = await self._asking.receipt(command)
        except ClientError as error:
            _log.warning("%s was not taken: %s", what, error)
            return
        if receipt.WhichOneof("result") != "accepted":
            _log.warning("%s was refused: %s", what, reason_name(receipt.refused))


def undo_id(decision: v1.Decision) -> str:
    """Return the id of the decision that a wish to undo leads to: the same wish is never proposed twice."""
    asked_at = decision.undo_requested.resolved_at
    wish = f"{decision.decision_id} {asked_at.seconds}.{asked_at.nanos:09}"
    return "undo-" + hashlib.sha256(wish.encode()).hexdigest()[:_ID_DIGITS]


def reversal(decision: v1.Decision, found: v1.Action | v1.Proposal, wish: str) -> v1.Proposal:
    """Return the proposal that reverses a decision's action, from an action or from a proposal of its own."""
    made = v1.Proposal()
    if isinstance(found, v1.Proposal):
        made.CopyFrom(found)
    else:
        original, asked = decision.proposal, decision.undo_requested
        made.CopyFrom(original)
        made.ClearField("evidence")
        made.ClearField("similar_decisions")
        made.ClearField("decision_id")
        made.action.CopyFrom(found)
        made.evidence.reasoning = (
            f"{asked.actor.name} asked to undo {decision.decision_id}, which was executed: {asked.reason}"
        )
    made.decision_id = made.decision_id or wish
    made.reverses = decision.decision_id
    return made


def _add(told: v1.Evidence, more: v1.Evidence) -> None:
    """Add one answer's evidence to what is told already."""
    told.reasoning = "\n\n".join(text for text in (told.reasoning, more.reasoning) if text)
    told.indicators.extend(more.indicators)
    told.exhibits.extend(more.exhibits)
    if more.HasField("observed_at"):
        told.observed_at.CopyFrom(more.observed_at)


async def _tried(work: Awaitable[_T], what: str) -> _T | None:
    """Await what somebody else wrote; what it raises is told in the log, and is no answer."""
    task: asyncio.Future[_T] = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
    if task.cancelled():
        _log.error("%s was not answered: it was cancelled", what)
        return None
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    _log.error("%s was not answered: %s: %s", what, type(error).__name__, error)
    return None
