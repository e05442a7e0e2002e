"""An auditor is shown the shape of personal data wherever there is some, unless the policy lets auditors see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import proposal, rejection
from tests.support.server import UNLIMITED, ServerProcess, run_server_command
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "mary.canary@example.com"
REMARKED = 5
"""Entries with personal data: the policy to begin with, two proposals, a rejection and a halt."""
ERASING = ("--reason", "Article 17", "--requested-by", "ticket 4711")


async def live(server: ServerProcess) -> None:
    """Have one decision about the canary rejected, one still open, and a halt over the canary's machine."""
    core, operator = server.add("maximus", "core"), server.add("manager-1", "security_manager")
    async with propose_stream(core) as up, operate_stream(operator) as down:
        for number in (1, 2):
            made = proposal(number)
            made.assets[0].name = made.evidence.reasoning = CANARY
            made.action.parameters["account"] = CANARY
            assert (await up.answer(v1.CoreCommand(proposal=made))).HasField("accepted")
        await down.until(lambda wire: len(wire.replica) == 2)
        assert (await down.answer(rejection(down.replica["decision-000001"], reason=CANARY))).HasField("accepted")
        halt = v1.OperatorCommand(request_id="halt-1")
        halt.declare_halt.scope.target, halt.declare_halt.reason = CANARY, CANARY
        assert (await down.answer(halt)).HasField("accepted")


async def seen(credentials: Path) -> list[str]:
    """Return everything a reader can read about decisions, entries and halts, as text."""
    async with connect(Credentials.load(credentials)) as channel:
        decisions, console = DecisionServiceStub(channel), ConsoleServiceStub(channel)
        watching = decisions.WatchDecisions(v1.WatchDecisionsRequest())
        answers = [
            await watching.read(),
            await decisions.GetDecision(v1.GetDecisionRequest(decision_id="decision-000001")),
            await decisions.ListDecisions(v1.ListDecisionsRequest()),
            await console.ListSimilarDecisions(v1.ListSimilarDecisionsRequest(decision_id="decision-000002")),
            await console.ListHalts(v1.ListHaltsRequest()),
            await console.GetStatistics(v1.GetStatisticsRequest()),
        ]
        watching.cancel()
        async for frame in AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest()):
            answers += frame.records
    return [str(answer) for answer in answers]


async def test_an_auditor(server: ServerProcess) -> None:
    """In decisions, watched or read, in halts and in entries: the text is nowhere, and its place is everywhere."""
    await live(server)
    auditor = server.add("auditor-1", "auditor")
    shown = await seen(auditor)
    assert not [one for one in shown if CANARY in one]
    assert all("[redacted]" in one for one in shown[:6])
    assert sum("[redacted]" in one for one in shown[6:]) == REMARKED
    assert sum(CANARY in one for one in await seen(server.directory / "credentials" / "manager-1.toml")) > 6


async def test_an_auditor_cannot_ask_by_replaying(server: ServerProcess) -> None:
    """A rule that finds the canary would move what it finds, so that a replay is only for who may see it."""
    await live(server)
    asking = '[[approval]]\nname = "asking"\nwhen = \'action.parameters["account"].contains("canary")\'\nrequired = 2\n'
    request = v1.ReplayPolicyRequest(document=asking)
    async with connect(Credentials.load(server.add("auditor-1", "auditor"))) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await AdministrationServiceStub(channel).ReplayPolicy(request).read()
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    async with connect(Credentials.load(server.directory / "credentials" / "manager-1.toml")) as channel:
        *_, report = [frame async for frame in AdministrationServiceStub(channel).ReplayPolicy(request)]
    assert not report.problems
    assert report.changed == 2


async def test_the_shape_stays_when_erased(server: ServerProcess) -> None:
    """Erased, there is no shape left of what was written; the entries themselves are the same to the byte."""
    await live(server)
    auditor = Credentials.load(server.add("auditor-1", "auditor"))
    before = await entries_of(auditor)
    run_server_command("erase", str(server.directory), "decision-000001", *ERASING)
    after = await entries_of(auditor)
    assert [record.entry for record in after[: len(before)]] == [record.entry for record in before]
    assert [record.HasField("redacted") for record in before].count(True) == REMARKED
    assert [record.HasField("redacted") for record in after].count(True) == REMARKED - 2 + 1
    assert after[-1].redacted == v1.PersonalData(remark="[redacted]")


async def entries_of(credentials: Credentials) -> list[v1.LedgerRecord]:
    async with connect(credentials) as channel:
        frames = AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest())
        return [record async for frame in frames for record in frame.records]


async def test_where_auditors_may_see(tmp_path: Path) -> None:
    """Where the policy says so, an auditor sees all of it."""
    server = ServerProcess(tmp_path / "server", policy=f'{UNLIMITED}[privacy]\nsee_personal_from = "auditor"\n')
    server.start()
    try:
        await live(server)
        shown = await seen(server.add("auditor-1", "auditor"))
        assert all(CANARY in one for one in shown[:6])
    finally:
        server.close()
