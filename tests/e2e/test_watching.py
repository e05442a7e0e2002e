"""Following decisions without a channel of one's own: WatchDecisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import proposal
from tests.support.wire import propose_stream, within_patience

if TYPE_CHECKING:
    from tests.support.server import ServerProcess


async def test_a_watch_of_named_decisions_tells_of_these_alone(server: ServerProcess) -> None:
    """What is open now, and then what changes."""
    core, auditor = server.add("maximus", "core"), Credentials.load(server.add("auditor-1", "auditor"))
    watched = "decision-000002"
    async with propose_stream(core) as up, connect(auditor) as channel:
        for number in (1, 2):
            assert (await up.answer(v1.CoreCommand(proposal=proposal(number)))).HasField("accepted")
        call = DecisionServiceStub(channel).WatchDecisions(v1.WatchDecisionsRequest(decision_ids=[watched]))
        first = await within_patience(call.read())
        assert first.caught_up
        told, end = list(first.changes), 0
        for number in (1, 2):
            cancel = v1.Cancel(decision_id=f"decision-{number:06d}")
            receipt = await up.answer(v1.CoreCommand(request_id=f"cancel-{number}", cancel=cancel))
            end = receipt.accepted.offset
        while told[-1].offset < end:
            told += (await within_patience(call.read())).changes
        call.cancel()
    assert [change.decision.decision_id for change in told] == [watched, watched]
    assert [change.decision.state for change in told] == [v1.DECISION_STATE_PENDING, v1.DECISION_STATE_CANCELLED]
