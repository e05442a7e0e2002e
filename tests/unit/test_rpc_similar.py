"""How like decisions ended: told latest first, counted, and where the policy wants it, only after a judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client.operator import commands
from governance_server.errors import FailedPrecondition, NotFound
from governance_server.rpc.similar import has_judged, is_judgement
from tests.support.messages import OPERATOR_1, OPERATOR_2, approval, rejection
from tests.support.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Judge = Callable[[v1.Decision], v1.OperatorCommand]

AUDITOR = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="auditor-1", role=v1.ROLE_AUDITOR)
MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="manager-1", role=v1.ROLE_SECURITY_MANAGER)
AFTER_JUDGEMENT = '[console]\nsimilar = "after_judgement"\n'
D1 = "decision-000001"


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running


async def similar(
    served: Served, decision_id: str = D1, caller: v1.Actor = OPERATOR_1, size: int = 0
) -> v1.ListSimilarDecisionsResponse:
    request = v1.ListSimilarDecisionsRequest(decision_id=decision_id, page_size=size)
    response: v1.ListSimilarDecisionsResponse = await served.call("ListSimilarDecisions", request, caller)
    return response


def named(response: v1.ListSimilarDecisionsResponse) -> list[str]:
    return [decision.decision_id for decision in response.decisions]


def deferred(decision: v1.Decision) -> v1.OperatorCommand:
    return commands.defer(decision.decision_id, decision.action_digest, 60)


def asked(decision: v1.Decision) -> v1.OperatorCommand:
    return commands.ask(decision.decision_id, decision.action_digest, "Which rule?")


def noted(decision: v1.Decision) -> v1.OperatorCommand:
    return commands.note(decision.decision_id, "Looks like the scanner.")


def modified(decision: v1.Decision) -> v1.OperatorCommand:
    action = v1.Action()
    action.CopyFrom(decision.proposal.action)
    action.duration.seconds = 600
    return commands.modify(decision.decision_id, decision.action_digest, action)


class TestTold:
    async def test_how_they_ended(self, served: Served) -> None:
        """Like decisions that ended are told latest first and counted; unlike ones and the decision itself are not."""
        for number in (1, 2, 3, 4):
            await served.propose(number)
        await served.propose(5, threat="malware")
        for number in (3, 2):
            decision = await served.edge.decision(f"decision-{number:06d}")
            await served.do(OPERATOR_2, rejection(decision, f"r-{number}"))
        found = await similar(served)
        assert named(found) == ["decision-000002", "decision-000003"]
        assert list(found.states) == [v1.StateCount(state=v1.DECISION_STATE_REJECTED, count=2)]
        assert (found.approved_by_policy, found.open) == (0, 1)
        assert named(await similar(served, size=1)) == ["decision-000002"]
        assert named(await similar(served, "decision-000002")) == ["decision-000003"]

    async def test_nothing_like_it(self, served: Served) -> None:
        """Where there is nothing like a decision, nothing is told."""
        await served.propose(1)
        assert await similar(served) == v1.ListSimilarDecisionsResponse()

    async def test_no_such_decision(self, served: Served) -> None:
        """Asking about a decision that there is not ends with NOT_FOUND."""
        with pytest.raises(NotFound) as caught:
            await similar(served)
        assert caught.value.reason == v1.ERROR_REASON_DECISION_NOT_FOUND


class TestHeldBack:
    async def test_until_there_is_a_judgement(self, served: Served) -> None:
        """Under a policy that wants it so, an operator who has not judged is told what to do first."""
        await served.apply(AFTER_JUDGEMENT, MANAGER)
        await served.propose(1)
        await served.do(OPERATOR_1, commands.claim(D1))
        await served.do(OPERATOR_2, commands.note(D1, "Somebody else's judgement."))
        with pytest.raises(FailedPrecondition, match="Vote on it, ask about it") as caught:
            await similar(served)
        assert caught.value.reason == v1.ERROR_REASON_JUDGEMENT_REQUIRED

    @pytest.mark.parametrize("judge", [deferred, asked, noted])
    async def test_told_after_it(self, served: Served, judge: Judge) -> None:
        """Whoever deferred a decision, asked about it or noted something is told; nobody else is."""
        await served.apply(AFTER_JUDGEMENT, MANAGER)
        decision = await served.propose(1)
        await served.do(OPERATOR_1, judge(decision))
        assert await similar(served) == v1.ListSimilarDecisionsResponse()
        with pytest.raises(FailedPrecondition):
            await similar(served, caller=OPERATOR_2)

    async def test_a_vote_that_no_longer_counts(self, served: Served) -> None:
        """A vote is a judgement also where somebody has modified the action since, so that it is not counted."""
        await served.apply(
            AFTER_JUDGEMENT + "[approvals.required_approvals]\nlow = 2\nmedium = 2\nhigh = 2\ncritical = 2\n", MANAGER
        )
        decision = await served.propose(1)
        await served.do(OPERATOR_1, approval(decision))
        await served.do(OPERATOR_2, modified(decision))
        after = await served.edge.decision(D1)
        assert not has_judged(after, OPERATOR_1.name)
        assert has_judged(after, OPERATOR_2.name)
        assert await similar(served) == v1.ListSimilarDecisionsResponse()

    async def test_never_from_an_auditor(self, served: Served) -> None:
        """An auditor, who judges nothing, is never held back."""
        await served.apply(AFTER_JUDGEMENT, MANAGER)
        await served.propose(1)
        assert await similar(served, caller=AUDITOR) == v1.ListSimilarDecisionsResponse()

    async def test_not_once_it_has_ended(self, served: Served) -> None:
        """Of a decision that has ended, everybody is told."""
        await served.apply(AFTER_JUDGEMENT, MANAGER)
        decision = await served.propose(1)
        await served.do(OPERATOR_2, rejection(decision))
        assert await similar(served) == v1.ListSimilarDecisionsResponse()


def test_a_core_of_the_same_name_has_not_judged_for_the_operator() -> None:
    """Who judged is told by name and kind; an empty decision shows no judgement."""
    namesake = v1.Actor(kind=v1.ACTOR_KIND_CORE, name=OPERATOR_1.name)
    assert not has_judged(v1.Decision(notes=[v1.Note(actor=namesake)]), OPERATOR_1.name)
    assert has_judged(v1.Decision(votes=[v1.Vote(actor=OPERATOR_1)]), OPERATOR_1.name)
    assert not has_judged(v1.Decision(), OPERATOR_1.name)


def test_what_is_a_judgement() -> None:
    """To claim, release or escalate is none; to defer is one."""
    none = (
        v1.Event(decision_claimed=v1.DecisionClaimed()),
        v1.Event(decision_released=v1.DecisionReleased()),
        v1.Event(decision_escalated=v1.DecisionEscalated()),
    )
    assert not is_judgement(v1.Entry(events=none))
    assert is_judgement(v1.Entry(events=[*none, v1.Event(decision_deferred=v1.DecisionDeferred())]))
