"""Following decisions without a channel of one's own: WatchDecisions, and what ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import proposal
from tests.support.server import run_server_command
from tests.support.wire import operate_stream, propose_stream, within_patience

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


async def test_whoever_is_revoked_follows_no_more(server: ServerProcess) -> None:
    """An open WatchDecisions ends within seconds, with the status that says why."""
    watcher = Credentials.load(server.add("watcher", "soc_operator"))
    async with connect(watcher) as channel:
        call = DecisionServiceStub(channel).WatchDecisions(v1.WatchDecisionsRequest())
        await within_patience(call.read())
        run_server_command("revoke", str(server.directory), "watcher")
        code = None
        while code is None:
            try:
                if await within_patience(call.read()) is grpc.aio.EOF:
                    code = await call.code()
            except grpc.aio.AioRpcError as error:
                code = error.code()
    assert code == grpc.StatusCode.UNAUTHENTICATED


async def test_only_an_open_operate_stream_counts_as_connected(server: ServerProcess) -> None:
    """Whoever merely watches decides nothing: neither an operator nor an auditor is counted for it."""
    watcher = Credentials.load(server.add("watcher", "soc_operator"))
    auditor = Credentials.load(server.add("auditor-1", "auditor"))
    async with connect(watcher) as one, connect(auditor) as two:
        for channel in (one, two):
            await within_patience(DecisionServiceStub(channel).WatchDecisions(v1.WatchDecisionsRequest()).read())
        console = ConsoleServiceStub(one)
        assert (await console.GetStatistics(v1.GetStatisticsRequest())).operators_connected == 0
        assert not any(each.connected for each in (await console.ListOperators(v1.ListOperatorsRequest())).operators)


async def test_the_end_that_the_ledger_was_read_to_can_be_resumed_from(server: ServerProcess) -> None:
    """Also where another process appended the last entry and nothing was decided since."""
    auditor = Credentials.load(server.add("auditor-1", "auditor"))
    async with connect(auditor) as channel:
        head = await _end_of_the_ledger(channel)
        followed = DecisionServiceStub(channel).WatchDecisions(v1.WatchDecisionsRequest(offset=head))
        assert (await within_patience(followed.read())).caught_up


async def test_a_channel_resumes_from_an_entry_that_another_process_has_just_appended(server: ServerProcess) -> None:
    """Letting somebody in appends an entry that the server takes over with its next batch, and others read at once."""
    operator = server.add("operator-1", "soc_operator")
    async with operate_stream(operator) as down:
        ledger_id = down.hello.ledger_id
    async with connect(Credentials.load(server.add("auditor-1", "auditor"))) as channel:
        head = await _end_of_the_ledger(channel)
    async with operate_stream(operator, offset=head, ledger_id=ledger_id) as down:
        assert down.hello.head_offset == head
        assert (await down.read()).envelope.offset == head


async def _end_of_the_ledger(channel: grpc.aio.Channel) -> int:
    """Return the offset that an auditor has read to who reads everything there is."""
    head = 0
    async for response in AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest()):
        head = response.head_offset
    return head
