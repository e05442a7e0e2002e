"""Two cores on one server: neither learns of the other's decisions, whichever way it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import acceptance, approval, proposal
from tests.support.wire import operate_stream, propose_stream, within_patience

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import ServerProcess

THEIRS, OURS = "decision-000001", "decision-000002"


async def told_by_calls(credentials: Path) -> list[str]:
    """The decisions that a core is told of by lists, whatever it filters by, and by watching, from any offset."""
    told = []
    async with connect(Credentials.load(credentials)) as channel:
        stub = DecisionServiceStub(channel)
        for wanted in (v1.DecisionFilter(), v1.DecisionFilter(cores=["maximus"]), v1.DecisionFilter(open_only=True)):
            page = await stub.ListDecisions(v1.ListDecisionsRequest(filter=wanted))
            told += [decision.decision_id for decision in page.decisions]
        for start in (
            v1.WatchDecisionsRequest(),
            v1.WatchDecisionsRequest(offset=1),
            v1.WatchDecisionsRequest(decision_ids=[THEIRS, OURS]),
        ):
            call = stub.WatchDecisions(start)
            caught_up = False
            while not caught_up:
                frame = await within_patience(call.read())
                told += [change.decision.decision_id for change in frame.changes]
                caught_up = frame.caught_up
            call.cancel()
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await stub.GetDecision(v1.GetDecisionRequest(decision_id=THEIRS))
        assert ended.value.code() == grpc.StatusCode.NOT_FOUND
    return told


async def test_a_core_learns_nothing_of_anothers_decisions(server: ServerProcess) -> None:
    """Not by reading, listing, watching or following; nor can it accept the other's order."""
    one, other = server.add("maximus", "core"), server.add("minimus", "core")
    operator = server.add("operator-1", "soc_operator")
    async with propose_stream(one) as up, propose_stream(other) as apart, operate_stream(operator) as down:
        assert (await up.answer(v1.CoreCommand(proposal=proposal(1)))).HasField("accepted")
        assert (await apart.answer(v1.CoreCommand(proposal=proposal(2)))).HasField("accepted")
        await down.until(lambda wire: len(wire.replica) == 2)
        await down.answer(approval(down.replica[THEIRS]))
        await up.until(lambda wire: THEIRS in wire.replica and wire.replica[THEIRS].HasField("order"))
        stolen = (await apart.answer(acceptance(up.replica[THEIRS], "accept-1"))).refused
        assert stolen.reason == v1.REFUSAL_REASON_DECISION_NOT_FOUND
        assert not stolen.HasField("current")
        await apart.until(lambda wire: wire.offset >= up.replica[THEIRS].offset)
        assert set(apart.replica) == {OURS}
        assert set(await told_by_calls(other)) == {OURS}
        async with propose_stream(other) as anew:
            await anew.until(lambda wire: wire.offset >= wire.hello.head_offset)
            assert set(anew.replica) == {OURS}
