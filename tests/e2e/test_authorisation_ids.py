"""Guessed ids, borrowed tokens of pages, other people's orders: nothing tells whether there is what one may not see."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import grpc
import pytest

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from tests.support.admission import admit, token_of
from tests.support.bearing import bearing, reason_of
from tests.support.messages import acceptance, approval, proposal
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

OURS: Final = "decision-000001"
THEIRS: Final = "decision-000002"
NOBODYS: Final = "decision-000009"


class House:
    """A server with two cores, each of which has one decision that was approved. Has no repr that shows a token."""

    def __init__(self, server: ServerProcess, tokens: dict[str, str]) -> None:
        self.server = server
        self._tokens = tokens

    @asynccontextmanager
    async def decisions(self, who: str) -> AsyncIterator[Any]:
        async with bearing(self.server, self._tokens[who]) as channel:
            yield DecisionServiceStub(channel)

    @asynccontextmanager
    async def console(self, who: str) -> AsyncIterator[Any]:
        async with bearing(self.server, self._tokens[who]) as channel:
            yield ConsoleServiceStub(channel)

    async def head(self) -> int:
        async with self.decisions("duty") as stub:
            return int((await stub.ListDecisions(v1.ListDecisionsRequest())).offset)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all of them; what they change is their own."""
    server = ServerProcess(tmp_path_factory.mktemp("ids") / "server")
    people = {"maximus": "core", "minimus": "core", "duty": "soc_operator", "ann": "auditor"}
    tokens = {name: token_of(admit(server.directory, name, role)) for name, role in people.items()}
    server.start()
    yield House(server, tokens)
    assert server.stop() == 0


@pytest.fixture(autouse=True)
async def lived(house: House) -> None:
    """The decision of each core is approved, so that an order waits for it. Done once; the same again is the same."""
    for number, core in ((1, "maximus"), (2, "minimus")):
        async with house.decisions(core) as stub:
            decision = (await stub.SubmitDecision(v1.SubmitDecisionRequest(proposal=proposal(number)))).decision
        if decision.state == v1.DECISION_STATE_PENDING:
            async with house.console("duty") as stub:
                given = v1.SubmitVerdictRequest(command=approval(decision, f"approve-{number}"))
                assert (await stub.SubmitVerdict(given)).receipt.HasField("accepted")


async def ended(call: Any) -> tuple[str, str, str]:
    """Return what a call ended with: status, reason, and what is told to people."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name, reason_of(caught.value), caught.value.details() or ""


async def order_of(house: House, core: str, decision_id: str) -> v1.Decision:
    async with house.decisions(core) as stub:
        decision: v1.Decision = (await stub.GetDecision(v1.GetDecisionRequest(decision_id=decision_id))).decision
    return decision


async def test_a_decision_of_another_core_is_like_none_at_all(house: House) -> None:
    """To the letter, but for the id that was asked for."""
    async with house.decisions("maximus") as stub:
        theirs = await ended(stub.GetDecision(v1.GetDecisionRequest(decision_id=THEIRS)))
        nobodys = await ended(stub.GetDecision(v1.GetDecisionRequest(decision_id=NOBODYS)))
    assert theirs[:2] == ("NOT_FOUND", "DECISION_NOT_FOUND")
    assert theirs == (*nobodys[:2], nobodys[2].replace(NOBODYS, THEIRS))


async def test_lists_hold_a_cores_own_decisions_alone(house: House) -> None:
    """Whatever it filters by: another core's name, the beginning of an id, every state."""
    filters = (
        v1.DecisionFilter(),
        v1.DecisionFilter(cores=["minimus"]),
        v1.DecisionFilter(cores=["maximus", "minimus"]),
        v1.DecisionFilter(decision_id_prefix="decision-"),
        v1.DecisionFilter(states=[state for state in v1.DecisionState.values() if state]),
    )
    async with house.decisions("maximus") as stub:
        for wanted in filters:
            listed = await stub.ListDecisions(v1.ListDecisionsRequest(filter=wanted))
            assert [one.decision_id for one in listed.decisions] == [OURS], wanted
        exact = v1.ListDecisionsRequest(filter=v1.DecisionFilter(decision_id_prefix=THEIRS))
        assert not (await stub.ListDecisions(exact)).decisions


@pytest.mark.parametrize("named", [[THEIRS], [NOBODYS], [OURS, THEIRS], []], ids=str)
async def test_a_watch_shows_a_cores_own_decisions_alone(house: House, named: list[str]) -> None:
    """From the snapshot on, and from any offset: of others' it learns nothing, not even when it names them."""
    expected = {OURS} if OURS in named or not named else set()
    for offset in (0, 1):
        async with house.decisions("maximus") as stub:
            call = stub.WatchDecisions(v1.WatchDecisionsRequest(decision_ids=named, offset=offset))
            seen = set()
            async for frame in call:
                seen |= {change.decision.decision_id for change in frame.changes}
                if frame.caught_up:
                    break
            call.cancel()
        assert seen == expected


def altered(token: str) -> list[str]:
    """A page's token, changed in every way that its holder can think of."""
    content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]]) for place in range(len(content))]
    written = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
    return [*written, *(token[:length] for length in range(1, len(token))), token + "A", "A" * 1024, "%", "[]", "null"]


async def listed(stub: Any, request: v1.ListDecisionsRequest) -> set[str]:
    """Return the cores whose decisions a page has, or what the call ended with."""
    try:
        return {one.core for one in (await stub.ListDecisions(request)).decisions}
    except grpc.aio.AioRpcError as error:
        return {f"{error.code().name} {reason_of(error)}"}


async def test_a_page_token_opens_nothing_that_its_holder_may_not_see(house: House) -> None:
    """Of another caller it is refused; altered, it is refused, or leads to another place in one's own list."""
    everything = v1.DecisionFilter(cores=["maximus", "minimus"])
    async with house.decisions("duty") as stub:
        page = await stub.ListDecisions(v1.ListDecisionsRequest(filter=everything, page_size=1))
        whole = await stub.ListDecisions(v1.ListDecisionsRequest(filter=everything))
    token = page.next_page_token
    assert len(whole.decisions) == 2
    assert token
    async with house.decisions("maximus") as stub:
        borrowed = v1.ListDecisionsRequest(filter=everything, page_size=1, page_token=token)
        assert (await ended(stub.ListDecisions(borrowed)))[:2] == ("INVALID_ARGUMENT", "FIELD_INVALID")
        for changed in altered(token):
            found = await listed(stub, v1.ListDecisionsRequest(filter=everything, page_token=changed))
            assert found <= {"maximus", "INVALID_ARGUMENT FIELD_INVALID"}, changed


async def test_a_core_can_do_nothing_about_another_cores_decision(house: House) -> None:
    """It is told what it is told of ids that nobody has used, for every command, and nothing is written."""
    order = acceptance(await order_of(house, "minimus", THEIRS)).accept_order
    before = await house.head()
    async with house.decisions("maximus") as stub:
        answers = {}
        for name in (THEIRS, NOBODYS):
            order.decision_id, order.order_id = name, f"{name}/1"
            report = v1.ReportOrder(
                decision_id=name,
                order_id=order.order_id,
                action_digest=order.action_digest,
                outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED),
            )
            cancel = v1.Cancel(decision_id=name, reason="Over.")
            given = (
                (stub.AcceptOrder, v1.AcceptOrderRequest(request_id="guess", accept_order=order)),
                (stub.ReportOutcome, v1.ReportOutcomeRequest(request_id="guess", report_order=report)),
                (stub.CancelDecision, v1.CancelDecisionRequest(request_id="guess", cancel=cancel)),
            )
            answers[name] = [(await call(request)).receipt for call, request in given]
    assert answers[THEIRS] == answers[NOBODYS]
    assert {one.refused.reason for one in answers[THEIRS]} == {v1.REFUSAL_REASON_DECISION_NOT_FOUND}
    assert await house.head() == before


async def test_a_core_cannot_reverse_what_another_has_done(house: House) -> None:
    """Nor learn whether there is something to reverse."""
    answers = []
    async with house.decisions("maximus") as stub:
        for name in (THEIRS, NOBODYS):
            reverse = proposal(50)
            reverse.reverses = name
            answers.append(await stub.SubmitDecision(v1.SubmitDecisionRequest(proposal=reverse)))
    assert answers[0] == answers[1]
    assert answers[0].receipt.refused.reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND


async def test_the_id_of_another_cores_decision_is_taken_and_that_is_all_that_is_told(house: House) -> None:
    """Ids are one set for all cores, so that this cannot be kept from them; whose it is, and what, can."""
    same, other = proposal(2), proposal(60)
    other.decision_id = THEIRS
    before = await house.head()
    async with house.decisions("maximus") as stub:
        for made in (same, other):
            answer = await stub.SubmitDecision(v1.SubmitDecisionRequest(proposal=made))
            assert answer.receipt.refused.reason == v1.REFUSAL_REASON_DECISION_ID_TAKEN
            assert not answer.receipt.refused.HasField("current")
            assert not answer.HasField("decision")
            assert "minimus" not in answer.receipt.refused.message
    assert await house.head() == before


async def test_two_cores_with_the_same_request_ids_do_not_meet(house: House) -> None:
    """Each accepts its own order under one and the same request_id, and has its own receipt when it asks again."""
    offsets = {}
    for core, decision_id in (("maximus", OURS), ("minimus", THEIRS)):
        order = acceptance(await order_of(house, core, decision_id)).accept_order
        async with house.decisions(core) as stub:
            request = v1.AcceptOrderRequest(request_id="accept-1", accept_order=order)
            first, again = [(await stub.AcceptOrder(request)).receipt for _ in range(2)]
        assert first == again
        offsets[core] = first.accepted.offset
    assert 0 < offsets["maximus"] < offsets["minimus"]


async def test_the_same_action_of_two_cores_is_two_decisions(house: House) -> None:
    """A proposal joins an open decision of its own core alone, or it would follow what it may not see."""
    made = []
    for number, core in ((70, "maximus"), (71, "minimus")):
        same = proposal(70)
        same.decision_id = f"same-{number:06d}"
        async with house.decisions(core) as stub:
            answer = await stub.SubmitDecision(v1.SubmitDecisionRequest(proposal=same))
            made.append((answer.receipt.accepted.joined, answer.decision.core))
            await stub.CancelDecision(
                v1.CancelDecisionRequest(request_id="over", cancel=v1.Cancel(decision_id=same.decision_id))
            )
    assert made == [("", "maximus"), ("", "minimus")]


async def test_whoever_sees_all_decisions_is_told_the_same_of_every_id_there_is_not(house: House) -> None:
    """An operator and an auditor may see every decision: for them NOT_FOUND says that there is none."""
    for who in ("duty", "ann"):
        async with house.decisions(who) as decisions, house.console(who) as console:
            for call in (
                decisions.GetDecision(v1.GetDecisionRequest(decision_id=NOBODYS)),
                console.ListEligibleOperators(v1.ListEligibleOperatorsRequest(decision_id=NOBODYS)),
                console.ListSimilarDecisions(v1.ListSimilarDecisionsRequest(decision_id=NOBODYS)),
            ):
                assert (await ended(call))[:2] == ("NOT_FOUND", "DECISION_NOT_FOUND")
