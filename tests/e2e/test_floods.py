"""Floods, as the real server meets them under its real limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import proposal
from tests.support.server import ServerProcess
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with the built-in policy, limits and all."""
    process = ServerProcess(tmp_path / "server", policy="")
    process.start()
    yield process
    process.close()


def claiming(number: int) -> v1.OperatorCommand:
    """A claim of the first decision: renewed as often as it is asked for, and changes nothing else."""
    claim = v1.ClaimDecision(decision_id="decision-000001")
    return v1.OperatorCommand(request_id=f"claim-{number}", claim=claim)


def retry_after_s(error: grpc.aio.AioRpcError) -> float:
    """The RetryInfo of a call's status."""
    details = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    for detail in status_pb2.Status.FromString(details).details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return float(retry.retry_delay.seconds)
    raise AssertionError(error)


async def test_the_default_limits_hold(limited: ServerProcess) -> None:
    """A hundred commands a minute for an operator: a receipt says so on a stream, the status says so elsewhere."""
    core, operator = limited.add("maximus", "core"), limited.add("operator-1", "soc_operator")
    async with propose_stream(core) as up, operate_stream(operator) as down:
        await up.answer(v1.CoreCommand(proposal=proposal(1)))
        await down.send(*(claiming(number) for number in range(101)))
        await down.until(lambda wire: len(wire.receipts) == 101)
        refused = [receipt.refused for receipt in down.receipts.values() if receipt.HasField("refused")]
        assert [one.reason for one in refused] == [v1.REFUSAL_REASON_RATE_LIMITED]
        assert 0 < refused[0].retry_after.seconds <= 60
        async with connect(Credentials.load(operator)) as channel:
            console: Any = ConsoleServiceStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await console.SubmitVerdict(v1.SubmitVerdictRequest(command=claiming(200)))
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert 0 < retry_after_s(caught.value) <= 60
            again = await console.SubmitVerdict(v1.SubmitVerdictRequest(command=claiming(0)))
            assert again.receipt.accepted == down.receipts["claim-0"].accepted


async def test_the_default_rate_of_proposals(limited: ServerProcess) -> None:
    """A thousand proposals an hour are taken, the next is refused with when to come back."""
    core = limited.add("maximus", "core")
    async with propose_stream(core) as up:
        await up.send(*(v1.CoreCommand(proposal=proposal(number)) for number in range(1000)))
        await up.until(lambda wire: len(wire.receipts) == 1000)
        assert all(receipt.HasField("accepted") for receipt in up.receipts.values())
        refused = (await up.answer(v1.CoreCommand(proposal=proposal(1000)))).refused
        assert refused.reason == v1.REFUSAL_REASON_RATE_LIMITED
        assert 0 < refused.retry_after.seconds <= 3600


async def test_the_same_again_is_told_what_it_joined(server: ServerProcess) -> None:
    """On the stream and in a unary call alike, core learns which decision to follow."""
    core = server.add("maximus", "core")
    async with propose_stream(core) as up:
        await up.answer(v1.CoreCommand(proposal=proposal(1)))
        repeated = proposal(1)
        repeated.decision_id = "decision-000002"
        assert (await up.answer(v1.CoreCommand(proposal=repeated))).accepted.joined == "decision-000001"
        async with connect(Credentials.load(core)) as channel:
            service: Any = DecisionServiceStub(channel)
            repeated.decision_id = "decision-000003"
            answer = await service.SubmitDecision(v1.SubmitDecisionRequest(proposal=repeated))
        assert answer.receipt.accepted.joined == answer.decision.decision_id == "decision-000001"
        assert answer.decision.occurrences == 3


async def test_core_is_told_how_much_waits(tmp_path: Path) -> None:
    """The news say when core should hold back, and every progress frame says how much waits."""
    server = ServerProcess(tmp_path / "server", policy="[limits]\nopen_decisions = 2\n")
    try:
        server.start()
        core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
        async with propose_stream(core) as up, operate_stream(operator) as down:
            await up.read()
            assert up.frames[0].progress.pressure == v1.Pressure(open_decisions_limit=2)
            await down.read()
            assert not down.frames[0].progress.HasField("pressure")
            await up.answer(v1.CoreCommand(proposal=proposal(1)))
            await up.until(lambda wire: any(frame.news.HasField("pressure") for frame in wire.frames))
            told = [frame.news.pressure for frame in up.frames if frame.news.HasField("pressure")]
            assert [(one.open_decisions, one.hold_back_below) for one in told] == [(1, v1.RISK_LEVEL_MEDIUM)]
    finally:
        server.close()
