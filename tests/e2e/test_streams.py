"""Operators and a core on real TLS streams of a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from governance import v1
from tests.support.messages import acceptance, approval, proposal, rejection
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from tests.support.server import ServerProcess


def proposals(*numbers: int) -> list[v1.CoreCommand]:
    return [v1.CoreCommand(proposal=proposal(number)) for number in numbers]


async def test_a_decision_travels_from_proposal_to_outcome(server: ServerProcess) -> None:
    """Core proposes, an operator sees it and approves, core is given leave, accepts and reports."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    async with propose_stream(core) as up, operate_stream(operator) as down:
        assert (await up.answer(proposals(1)[0])).HasField("accepted")
        await down.until(lambda wire: "decision-000001" in wire.replica)
        assert (await down.answer(approval(down.replica["decision-000001"]))).HasField("accepted")
        await up.until(lambda wire: wire.replica["decision-000001"].state == v1.DECISION_STATE_APPROVED)
        decision = up.replica["decision-000001"]
        assert (await up.answer(acceptance(decision))).HasField("accepted")
        report = v1.ReportOrder(
            decision_id=decision.decision_id,
            order_id=decision.order.order_id,
            action_digest=decision.order.action_digest,
            outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="Blocked at the edge."),
        )
        assert (await up.answer(v1.CoreCommand(request_id="report-1", report_order=report))).HasField("accepted")
        await down.until(lambda wire: wire.replica["decision-000001"].state == v1.DECISION_STATE_EXECUTED)
    assert down.replica["decision-000001"].outcome.detail == "Blocked at the edge."


async def test_a_new_operator_gets_a_snapshot_and_then_changes(server: ServerProcess) -> None:
    """From offset 0: what is open now, without causes, closed ones left out; then what happens, with its cause."""
    core = server.add("maximus", "core")
    one, two = server.add("operator-1", "soc_operator"), server.add("operator-2", "soc_operator")
    async with propose_stream(core) as up, operate_stream(one) as first:
        await up.send(*proposals(1, 2, 3))
        await first.until(lambda wire: len(wire.replica) == 3)
        await first.answer(rejection(first.replica["decision-000002"]))
        async with operate_stream(two) as second:
            assert second.hello.snapshot
            assert second.hello.you.name == "operator-2"
            await second.until(lambda wire: wire.offset == wire.hello.head_offset)
            assert set(second.replica) == {"decision-000001", "decision-000003"}
            assert not any(change.HasField("cause") for frame in second.frames for change in frame.news.changes)
            await first.answer(rejection(first.replica["decision-000003"], "reject-2"))
            await second.until(lambda wire: wire.replica["decision-000003"].state == v1.DECISION_STATE_REJECTED)
    cause = second.frames[-1].news.changes[-1].cause
    assert list(cause.events) == ["decision_rejected"]
    assert cause.actor.name == "operator-1"


async def test_the_second_operator_to_decide_is_told_who_decided_first_and_when(server: ServerProcess) -> None:
    """The refusal names the winner, and carries the decision as it now stands."""
    core = server.add("maximus", "core")
    one, two = server.add("operator-1", "soc_operator"), server.add("operator-2", "soc_operator")
    async with propose_stream(core) as up, operate_stream(one) as first, operate_stream(two) as second:
        await up.send(*proposals(1))
        await first.until(lambda wire: wire.replica)
        await second.until(lambda wire: wire.replica)
        seen = second.replica["decision-000001"]
        await first.answer(rejection(first.replica["decision-000001"]))
        lost = (await second.answer(approval(seen))).refused
    assert lost.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert "operator-1" in lost.message
    assert lost.current.ending.actor.name == "operator-1"
    assert lost.current.ending.resolved_at.seconds > 0
    assert lost.current.state == v1.DECISION_STATE_REJECTED


async def test_two_operators_and_a_core_through_a_whole_shift(server: ServerProcess) -> None:
    """Snapshot, changes, a lost race with the winner named; whoever is cut at any offset resumes to the same end."""
    core = server.add("maximus", "core")
    one, two = server.add("operator-1", "soc_operator"), server.add("operator-2", "soc_operator")
    async with propose_stream(core) as up, operate_stream(one) as live:
        await up.send(*proposals(1, 2, 3, 4))
        await live.until(lambda wire: len(wire.replica) == 4)
        await live.answer(approval(live.replica["decision-000001"], "approve-1"))
        await live.answer(rejection(live.replica["decision-000002"], "reject-2"))
        async with operate_stream(two) as second:
            await second.until(lambda wire: wire.offset == wire.hello.head_offset)
            assert set(second.replica) == {"decision-000001", "decision-000003", "decision-000004"}
            seen = second.replica["decision-000003"]
            await live.answer(rejection(live.replica["decision-000003"], "reject-3"))
            lost = (await second.answer(approval(seen, "approve-3"))).refused
            assert (lost.reason, lost.current.ending.actor.name) == (
                v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED,
                "operator-1",
            )
            await second.answer(approval(second.replica["decision-000004"], "approve-4"))
        await live.until(lambda wire: wire.replica["decision-000004"].state == v1.DECISION_STATE_APPROVED)
        whole, head, ledger_id = dict(live.replica), live.offset, live.hello.ledger_id
        for cut in range(1, head + 1):
            known = {name: decision for name, decision in whole.items() if decision.offset <= cut}
            async with operate_stream(two, offset=cut, ledger_id=ledger_id) as resumed:
                assert not resumed.hello.snapshot
                await resumed.until(lambda wire: wire.offset >= head)
                assert all(decision.offset > cut for decision in resumed.replica.values())
                assert known | resumed.replica == whole
            async with propose_stream(core, offset=cut, ledger_id=ledger_id) as resumed_core:
                await resumed_core.until(lambda wire: wire.offset >= head)
                assert known | resumed_core.replica == whole


async def test_an_offset_of_another_ledger_is_not_resumed_from(server: ServerProcess) -> None:
    """Neither one beyond the end nor one from elsewhere: the client has to find out why."""
    operator = server.add("operator-1", "soc_operator")
    for offset, ledger_id in ((10_000, ""), (1, "0" * 32)):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            async with operate_stream(operator, offset=offset, ledger_id=ledger_id or "f" * 32) as wire:
                await wire.read()
        assert ended.value.code() == grpc.StatusCode.FAILED_PRECONDITION


async def test_two_instances_of_a_core_are_offered_an_order_and_one_gets_it(server: ServerProcess) -> None:
    """Leave is given once: the other instance is told which one has it."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    async with (
        propose_stream(core, instance="instance-1") as one,
        propose_stream(core, instance="instance-2") as two,
        operate_stream(operator) as down,
    ):
        await one.send(*proposals(1))
        await down.until(lambda wire: wire.replica)
        await down.answer(approval(down.replica["decision-000001"]))
        for up in (one, two):
            await up.until(lambda wire: any(one.order.order_id for one in wire.replica.values()))
        decision = one.replica["decision-000001"]
        won = await one.answer(acceptance(decision, "accept-1", "instance-1"))
        lost = await two.answer(acceptance(decision, "accept-2", "instance-2"))
        again = await one.answer(acceptance(decision, "accept-1", "instance-1"))
    assert won.HasField("accepted")
    assert lost.refused.reason == v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED
    assert "instance-1" in lost.refused.message
    assert again.accepted == won.accepted


async def test_a_frame_from_the_future_is_refused_and_the_stream_goes_on(server: ServerProcess) -> None:
    """An empty frame and an empty command are answered; what follows them is decided."""
    core = server.add("maximus", "core")
    async with propose_stream(core) as up:
        await up.call.write(v1.ProposeRequest(sequence=7))
        await up.until(lambda wire: "" in wire.receipts)
        assert up.receipts[""].sequence == 7
        assert up.receipts[""].refused.reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND
        unknown = await up.answer(v1.CoreCommand(request_id="from-the-future"))
        assert unknown.refused.reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND
        assert (await up.answer(proposals(1)[0])).HasField("accepted")


async def test_a_stopping_server_says_goodbye_and_ends_the_streams_well(server: ServerProcess) -> None:
    """Every stream gets a goodbye and ends with OK, and the process ends with 0."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    async with propose_stream(core) as up, operate_stream(operator) as down:
        assert (await up.answer(proposals(1)[0])).HasField("accepted")
        assert server.stop() == 0
        for wire in (up, down):
            await wire.until(lambda wire: wire.frames and wire.frames[-1].HasField("goodbye"))
            assert wire.frames[-1].goodbye.reason == v1.GOODBYE_REASON_STOPPING
            assert await wire.call.read() is grpc.aio.EOF
            assert await wire.call.code() == grpc.StatusCode.OK


async def test_a_client_that_has_said_all_gets_all_its_receipts_before_the_end(server: ServerProcess) -> None:
    """Half-closing is no abort: what was sent is decided and answered, and then the stream ends with OK."""
    core = server.add("maximus", "core")
    async with propose_stream(core) as up:
        await up.send(*proposals(*range(1, 200)))
        await up.call.done_writing()
        await up.until(lambda wire: len(wire.receipts) == 199)
        while await up.call.read() is not grpc.aio.EOF:
            pass
        assert await up.call.code() == grpc.StatusCode.OK
