"""Core's SDK on a real server, across cuts, kills and crashes of either side."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

import pytest

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_client.core import Backoff, Core, Order, Proposed
from governance_client.credentials import Credentials
from governance_client.digest import action_digest
from governance_client.errors import (
    InvalidRequestError,
    NotFoundError,
    NotLetInError,
    OffsetUnknownError,
    ProtocolError,
    RefusedError,
    UnreachableError,
)
from governance_client.journal import Journal, Stage, Step
from governance_client.resume import ResumePoint
from tests.support.messages import acceptance, approval, proposal, rejection
from tests.support.raw_server import RawStream, raw_server
from tests.support.server import ServerProcess
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from google.protobuf.message import Message

    from tests.support.wire import Wire

SOON = Backoff(first_s=0.05, most_s=0.2, healthy_s=0.0)
PATIENCE_S = 30.0
ID = "decision-000001"
UNKNOWN_FIELD = b"\xa0\x3e\x01"


def core_of(server: ServerProcess, tmp_path: Path, *, journal: bool = True) -> Core:
    path = server.directory / "credentials" / "maximus.toml"
    credentials = Credentials.load(path if path.exists() else server.add("maximus", "core"), server=server.address)
    kept = tmp_path / "core.journal" if journal else None
    return Core(credentials, instance="instance-1", journal=kept, backoff=SOON)


def _is_there(decision_id: str, wire: Wire[v1.OperateResponse]) -> bool:
    return decision_id in wire.replica


async def decide(server: ServerProcess, *ids: str, reject: bool = False) -> None:
    """Have an operator decide these, once they are there."""
    path = server.directory / "credentials" / "operator-1.toml"
    operator = path if path.exists() else server.add("operator-1", "soc_operator")
    async with operate_stream(operator) as wire:
        for decision_id in ids:
            await wire.until(functools.partial(_is_there, decision_id))
            judge = rejection if reject else approval
            receipt = await wire.answer(judge(wire.replica[decision_id], request_id=f"judge-{decision_id}"))
            assert receipt.HasField("accepted")


async def test_core_proposes_is_given_leave_executes_and_reports(server: ServerProcess, tmp_path: Path) -> None:
    """From proposal to outcome: what was approved is executed once, and what came of it is in the decision."""
    core, done = core_of(server, tmp_path), []

    @core.executor("block_ip")
    async def block(order: Order) -> str:
        done.append(order.action.targets[0].value)
        return "blocked at the edge"

    async with asyncio.timeout(PATIENCE_S), core:
        first = await core.propose(proposal(1))
        assert first.decision_id == ID
        assert await core.propose(proposal(1)) == first
        assert (await core.propose(proposal(2))).offset > first.offset
        await decide(server, ID)
        await decide(server, "decision-000002", reject=True)
        closed = await core.closed(ID)
        assert (closed.state, closed.outcome.detail) == (v1.DECISION_STATE_EXECUTED, "blocked at the edge")
        assert (await core.decided("decision-000002")).state == v1.DECISION_STATE_REJECTED
        assert (await core.closed(ID)).state == v1.DECISION_STATE_EXECUTED
    assert done == [proposal(1).action.targets[0].value]
    with Journal(tmp_path / "core.journal", "instance-1") as journal:
        assert journal.in_flight == {}


async def test_many_proposals_at_once(server: ServerProcess, tmp_path: Path) -> None:
    """Proposals travel together and each gets its own receipt."""
    async with asyncio.timeout(PATIENCE_S), core_of(server, tmp_path, journal=False) as core:
        taken = await asyncio.gather(*[core.propose(proposal(number)) for number in range(1, 701)])
    assert len({each.offset for each in taken}) == 700


async def test_an_executor_that_fails_is_reported(server: ServerProcess, tmp_path: Path) -> None:
    """An exception is an outcome, not the end of core."""
    core = core_of(server, tmp_path)

    @core.executor("block_ip")
    async def block(_: Order) -> str:
        raise PermissionError("the firewall says no")

    async with asyncio.timeout(PATIENCE_S), core:
        await core.propose(proposal(1))
        await decide(server, ID)
        closed = await core.closed(ID)
    assert closed.state == v1.DECISION_STATE_FAILED
    assert closed.outcome.detail == "PermissionError: the firewall says no"


async def test_an_executor_registered_late_takes_on_what_waits(server: ServerProcess, tmp_path: Path) -> None:
    """Without an executor an order is left alone; with one, it is taken on."""
    async with asyncio.timeout(PATIENCE_S), core_of(server, tmp_path) as core:
        await core.propose(proposal(1))
        await decide(server, ID)
        assert (await core.decided(ID)).state == v1.DECISION_STATE_APPROVED

        @core.executor("block_ip", idempotent=True)
        async def block(_: Order) -> str:
            return "late"

        assert (await core.closed(ID)).outcome.detail == "late"


async def test_what_is_refused_or_out_of_bounds_is_told_to_its_caller(server: ServerProcess, tmp_path: Path) -> None:
    """A refusal carries its reason; a field out of bounds fails its own command and no other."""
    bad = proposal(2)
    bad.confidence = 7.0
    changed = proposal(1)
    changed.confidence = 0.5
    async with asyncio.timeout(PATIENCE_S), core_of(server, tmp_path, journal=False) as core:
        await core.propose(proposal(1))
        with pytest.raises(RefusedError) as refused:
            await core.propose(changed)
        assert refused.value.refusal.reason == v1.REFUSAL_REASON_DECISION_ID_TAKEN
        results = await asyncio.gather(core.propose(bad), core.propose(proposal(3)), return_exceptions=True)
        assert isinstance(results[0], InvalidRequestError)
        assert "confidence" in results[0].violations[0].field
        assert isinstance(results[1], Proposed)
        with pytest.raises(NotFoundError):
            await core.closed("decision-nowhere")
        await core.cancel("decision-000003", "no longer needed")
        assert (await core.closed("decision-000003")).state == v1.DECISION_STATE_CANCELLED


async def test_core_goes_on_after_the_server_was_killed(server: ServerProcess, tmp_path: Path) -> None:
    """Kill -9 in the middle of proposing, start again: nothing is lost, nothing is doubled, core notices nothing."""
    core = core_of(server, tmp_path)

    @core.executor("block_ip")
    async def block(_: Order) -> str:
        return "done"

    async with asyncio.timeout(2 * PATIENCE_S), core:
        await core.propose(proposal(1))
        many = asyncio.gather(*[core.propose(proposal(number)) for number in range(1, 301)])
        await core.propose(proposal(301))
        server.kill()
        waiting = asyncio.ensure_future(core.propose(proposal(302)))
        server.start()
        offsets = await many
        offsets.append(await waiting)
        assert len(set(offsets)) == 301
        await decide(server, ID)
        assert (await core.closed(ID)).state == v1.DECISION_STATE_EXECUTED


async def test_core_comes_back_after_the_server_was_stopped(server: ServerProcess, tmp_path: Path) -> None:
    """A server that stops says goodbye; core comes back by itself."""
    async with asyncio.timeout(2 * PATIENCE_S), core_of(server, tmp_path, journal=False) as core:
        await core.propose(proposal(1))
        assert server.stop() == 0
        waiting = asyncio.ensure_future(core.propose(proposal(2)))
        server.start()
        assert (await waiting).offset > 0


@pytest.mark.parametrize("crash", ["intended", "accepted", "executing", "idempotent", "outcome"])
async def test_core_crashed_at_every_point_of_an_order(server: ServerProcess, tmp_path: Path, crash: str) -> None:
    """Before it executed: it executes, once. While: unknown, unless repeatable. After: it reports what it did."""
    maximus = server.add("maximus", "core")
    async with propose_stream(maximus) as wire:
        await wire.answer(v1.CoreCommand(proposal=proposal(1)))
        await decide(server, ID)
        await wire.until(lambda seen: seen.replica[ID].state == v1.DECISION_STATE_APPROVED)
        decision = wire.replica[ID]
        if crash != "intended":
            await wire.answer(acceptance(decision, request_id="accept-1"))
    digest = action_digest(decision.proposal.action)
    step = Step(decision.order.order_id, ID, v1.ACTION_TYPE_BLOCK_IP, digest, "accept-1")
    steps = [step]
    if crash in ("executing", "idempotent", "outcome"):
        steps.append(step._replace(stage=Stage.EXECUTING))
    if crash == "outcome":
        executed = v1.OUTCOME_RESULT_EXECUTED
        steps.append(step._replace(stage=Stage.OUTCOME, report_request_id="report-1", result=executed, detail="before"))
    with Journal(tmp_path / "core.journal", "instance-1") as journal:
        for each in steps:
            journal.append([each])
    core, done = core_of(server, tmp_path), []

    @core.executor("block_ip", idempotent=crash == "idempotent")
    async def block(order: Order) -> str:
        done.append(order.order_id)
        return "after"

    async with asyncio.timeout(PATIENCE_S), core:
        ends = [change async for change in _until_reported(core)]
    state, detail = ends[-1].decision.state, ends[-1].decision.outcome.detail
    expected = {
        "intended": (v1.DECISION_STATE_EXECUTED, "after", 1),
        "accepted": (v1.DECISION_STATE_EXECUTED, "after", 1),
        "executing": (v1.DECISION_STATE_OUTCOME_UNKNOWN, None, 0),
        "idempotent": (v1.DECISION_STATE_EXECUTED, "after", 1),
        "outcome": (v1.DECISION_STATE_EXECUTED, "before", 0),
    }[crash]
    assert (state, len(done)) == (expected[0], expected[2])
    assert expected[1] in (None, detail)
    with Journal(tmp_path / "core.journal", "instance-1") as journal:
        assert journal.in_flight == {}


async def _until_reported(core: Core) -> AsyncIterator[v1.Change]:
    async for change in core.changes():
        yield change
        if change.decision.HasField("outcome"):
            return


async def test_another_ledger_is_not_taken_for_ours(server: ServerProcess, tmp_path: Path) -> None:
    """A resume point that is not the server's stops core: it does not start from 0 as if nothing were the matter."""
    core = core_of(server, tmp_path, journal=False)
    core._resume = ResumePoint("f" * 32, 1)
    async with asyncio.timeout(PATIENCE_S), core:
        with pytest.raises(OffsetUnknownError, match="find out"):
            await core.connected()
        assert isinstance(core.stopped, OffsetUnknownError)


async def test_a_wrong_credential_stops_core(server: ServerProcess) -> None:
    """Neither an unknown token nor an operator's is tried twice; what waits is told why."""
    operator = Credentials.load(server.add("operator-1", "soc_operator"), server=server.address)
    async with asyncio.timeout(PATIENCE_S), Core(operator, instance="x", backoff=SOON) as core:
        with pytest.raises(NotLetInError):
            await core.propose(proposal(1))
        with pytest.raises(NotLetInError):
            await core.serve()


def with_unknown_field() -> v1.ProposeResponse:
    decision = v1.Decision(decision_id=ID)
    decision.proposal.action.MergeFromString(UNKNOWN_FIELD)
    return v1.ProposeResponse(news=v1.CoreNews(changes=[v1.Change(decision=decision)]))


@pytest.mark.parametrize(
    "frame",
    [
        v1.ProposeResponse(envelope=v1.Envelope(offset=1)),
        b"\xff\xff",
        with_unknown_field(),
        v1.ProposeResponse(hello=v1.ServerHello()),
    ],
    ids=["empty", "garbage", "unknown-field", "second-hello"],
)
async def test_core_stops_acting_when_it_cannot_read_a_frame(frame: v1.ProposeResponse | bytes) -> None:
    """A frame from the future may be an order to stop, so core stops, and says so to everyone who waits."""

    async def script(stream: RawStream) -> None:
        await stream.greet()
        await stream.hear()
        await stream.say(frame)
        await stream.hold()

    async with (
        asyncio.timeout(PATIENCE_S),
        raw_server(script) as credentials,
        Core(credentials, instance="x", backoff=SOON) as core,
    ):
        with pytest.raises(ProtocolError):
            await core.propose(proposal(1))
        assert isinstance(core.stopped, ProtocolError)
        with pytest.raises(ProtocolError):
            await core.closed(ID)


async def test_an_order_for_another_action_is_never_executed(tmp_path: Path) -> None:
    """Core recomputes the digest, and does not so much as accept an order whose digest is not its action's."""
    heard: list[v1.CoreCommand] = []

    async def script(stream: RawStream) -> None:
        await stream.greet()
        await stream.hear()
        decision = v1.Decision(decision_id=ID, version=2, offset=2, state=v1.DECISION_STATE_APPROVED)
        decision.proposal.CopyFrom(proposal(1))
        decision.action_digest = decision.order.action_digest = action_digest(proposal(2).action)
        decision.order.order_id = f"{ID}/1"
        receipt = v1.Receipt(request_id=ID, accepted=v1.Accepted(offset=1))
        change = v1.Change(offset=2, decision=decision)
        await stream.say(v1.ProposeResponse(news=v1.CoreNews(receipts=[receipt], changes=[change])))
        heard.extend(await stream.hear())
        receipt = v1.Receipt(request_id=heard[-1].request_id, accepted=v1.Accepted(offset=3))
        await stream.say(v1.ProposeResponse(news=v1.CoreNews(receipts=[receipt])))
        await stream.hold()

    async with asyncio.timeout(PATIENCE_S), raw_server(script) as credentials:
        core = Core(credentials, instance="x", journal=tmp_path / "journal", backoff=SOON)

        @core.executor("block_ip")
        async def block(_: Order) -> str:
            raise AssertionError

        async with core:
            await core.propose(proposal(1))
            await core.cancel(ID)
    assert [command.WhichOneof("command") for command in heard] == ["cancel"]


async def test_what_was_not_acknowledged_is_sent_again_from_the_resume_point() -> None:
    """After a cut the next stream resumes at the last offset and carries, in order, what has no receipt."""
    streams: list[RawStream] = []

    async def script(stream: RawStream) -> None:
        streams.append(stream)
        await stream.greet()
        while len(stream.received) < 2:
            await stream.hear()
        if stream.number == 1:
            receipt = v1.Receipt(request_id=ID, accepted=v1.Accepted(offset=41))
            news = v1.CoreNews(receipts=[receipt])
            await stream.say(v1.ProposeResponse(envelope=v1.Envelope(offset=41), news=news))
            return
        receipts = [
            v1.Receipt(request_id=command.proposal.decision_id, accepted=v1.Accepted(offset=42 + index))
            for index, command in enumerate(stream.received)
        ]
        await stream.say(v1.ProposeResponse(envelope=v1.Envelope(offset=50), news=v1.CoreNews(receipts=receipts)))
        await stream.hold()

    async with (
        asyncio.timeout(PATIENCE_S),
        raw_server(script) as credentials,
        Core(credentials, instance="x", backoff=SOON) as core,
    ):
        offsets = await asyncio.gather(*[core.propose(proposal(number)) for number in (1, 2, 3)])
    assert [each.offset for each in offsets] == [41, 42, 43]
    assert streams[1].hello.offset == 41
    assert [command.proposal.decision_id for command in streams[1].received] == ["decision-000002", "decision-000003"]


async def test_a_server_that_is_not_there(server: ServerProcess, tmp_path: Path) -> None:
    """Core says why it is not connected, and leaving does not hang."""
    server.kill()
    async with asyncio.timeout(PATIENCE_S), core_of(server, tmp_path, journal=False) as core:
        with pytest.raises(UnreachableError, match="Connection refused"):
            await core.connected(within_s=0.5)
        waiting = asyncio.ensure_future(core.propose(proposal(1)))
        await asyncio.sleep(0)
    with pytest.raises(UnreachableError, match="closed before the answer"):
        await waiting


async def operator_of(server: ServerProcess, name: str, role: str) -> Path:
    path = server.directory / "credentials" / f"{name}.toml"
    return path if path.exists() else server.add(name, role)


async def command(path: Path, request_id: str, **what: Message) -> v1.SubmitVerdictResponse:
    """Have an operator give one command, which is accepted."""
    given: dict[str, Any] = what
    async with connect(Credentials.load(path)) as channel:
        sent = v1.OperatorCommand(request_id=request_id, **given)
        response = await ConsoleServiceStub(channel).SubmitVerdict(v1.SubmitVerdictRequest(command=sent))
    assert response.receipt.HasField("accepted"), response
    return response


async def test_the_same_again_is_followed_under_either_id(server: ServerProcess, tmp_path: Path) -> None:
    """A proposal that is open already joins it, and both ids come to the same end."""
    again = proposal(1)
    again.decision_id = "decision-000777"
    async with asyncio.timeout(PATIENCE_S), core_of(server, tmp_path, journal=False) as core:
        await core.propose(proposal(1))
        joined = await core.propose(again)
        assert joined.decision_id == ID
        assert await core.propose(again) == joined
        waiting = asyncio.ensure_future(core.closed(again.decision_id))
        await decide(server, ID, reject=True)
        assert (await waiting).decision_id == ID
        assert (await core.closed(again.decision_id)).occurrences == 2


async def test_core_answers_questions(server: ServerProcess, tmp_path: Path) -> None:
    """What an operator asks is answered by whoever is registered for it, and stands in the decision."""
    operator = await operator_of(server, "operator-1", "soc_operator")
    async with asyncio.timeout(PATIENCE_S), core_of(server, tmp_path, journal=False) as core:

        @core.answering
        async def answer(decision: v1.Decision, question: str) -> str:
            return f"{question} Since {decision.proposal.threat.type} began."

        followed = core.changes()
        answered = asyncio.ensure_future(_first(followed, lambda each: bool(_answers(each))))
        await core.propose(proposal(1))
        digest = action_digest(proposal(1).action)
        asked = v1.RequestInformation(question="Since when?")
        await command(
            operator,
            "ask-1",
            verdict=v1.Verdict(decision_id=ID, action_digest=digest, request_information=asked),
        )
        assert _answers(await answered) == ["Since when? Since port_scan began."]


def _answers(decision: v1.Decision) -> list[str]:
    return [each.answer.reasoning for each in decision.inquiries if each.HasField("answered_at")]


async def _first(changes: AsyncIterator[v1.Change], wanted: Callable[[v1.Decision], bool]) -> v1.Decision:
    async for change in changes:
        if wanted(change.decision):
            return change.decision
    raise AssertionError("changes do not end")


async def test_core_waits_for_the_end_of_a_halt(server: ServerProcess, tmp_path: Path) -> None:
    """What is approved under a halt is held; core sees the halt, executes nothing, and acts once it is over."""
    core, done = core_of(server, tmp_path), []
    supervisors = [await operator_of(server, f"supervisor-{number}", "soc_supervisor") for number in (1, 2)]

    @core.executor("block_ip")
    async def block(order: Order) -> str:
        done.append((order.order_id, dict(core.halts)))
        return "blocked"

    async with asyncio.timeout(PATIENCE_S), core:
        halt = v1.DeclareHalt(scope=v1.HaltScope(core="maximus"), reason="wrong")
        await command(supervisors[0], "halt-1", declare_halt=halt)
        await core.propose(proposal(1))
        await decide(server, ID)
        held = await core.decided(ID)
        assert (held.held, done) == (True, [])
        (named,) = core.halts
        assert core.halts[named].reason == "wrong"
        for number, path in enumerate(supervisors):
            release = v1.ReleaseHalt(halt_id=named, reason="mended")
            await command(path, f"release-{number}", release_halt=release)
        assert (await core.closed(ID)).state == v1.DECISION_STATE_EXECUTED
    assert done == [(f"{ID}/1", {})]


@pytest.mark.parametrize("away", [False, True])
async def test_core_proposes_the_reverse_when_it_is_asked_to(
    server: ServerProcess, tmp_path: Path, *, away: bool
) -> None:
    """A wish to undo becomes a proposal that names what it reverses, also if core was away when it came."""
    operator = await operator_of(server, "operator-1", "soc_operator")
    first = core_of(server, tmp_path)

    @first.executor("block_ip")
    async def block(_: Order) -> str:
        return "blocked"

    async with asyncio.timeout(PATIENCE_S), first:
        await first.propose(proposal(1))
        await decide(server, ID)
        assert (await first.closed(ID)).state == v1.DECISION_STATE_EXECUTED
    wish = {"request_undo": v1.RequestUndo(decision_id=ID, reason="our own scanner")}
    if away:
        await command(operator, "undo-1", **wish)
    second = core_of(server, tmp_path, journal=False)

    @second.undoing
    async def reverse(decision: v1.Decision) -> v1.Action:
        action = v1.Action()
        action.CopyFrom(decision.proposal.action)
        action.parameters["remove"] = "yes"
        return action

    async with asyncio.timeout(PATIENCE_S), second:
        proposed = asyncio.ensure_future(_first(second.changes(), lambda each: each.proposal.reverses == ID))
        await second.connected()
        if not away:
            await command(operator, "undo-1", **wish)
        made = await proposed
        assert "our own scanner" in made.proposal.evidence.reasoning
        assert made.proposal.action.parameters["remove"] == "yes"


async def test_a_rate_is_waited_out_within_patience(tmp_path: Path) -> None:
    """Who proposes too often is told when to come back, once it would take longer than there is patience for."""
    server = ServerProcess(tmp_path / "server", policy="[limits]\nproposals_per_hour = 2\n")
    server.start()
    try:
        credentials = Credentials.load(server.add("maximus", "core"))
        async with asyncio.timeout(PATIENCE_S), Core(credentials, instance="core-1", patience_s=5.0) as core:
            await asyncio.gather(core.propose(proposal(1)), core.propose(proposal(2)))
            with pytest.raises(RefusedError) as refused:
                await core.propose(proposal(3))
            assert refused.value.refusal.reason == v1.REFUSAL_REASON_RATE_LIMITED
            assert refused.value.refusal.retry_after.seconds > 5
    finally:
        server.close()
