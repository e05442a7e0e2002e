"""The policy of a real server: applied, in force from the next proposal on, kept across a restart, and replayed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_server.domain.moment import SECOND_US, microseconds, timestamp
from tests.support.messages import approval, proposal
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRICT = """\
[automation]
full_from_confidence = 1.0

[[approval]]
name = "addresses"
when = 'action.type == "block_ip"'
required = 2
roles = ["soc_supervisor"]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that began with the built-in policy."""
    process = ServerProcess(tmp_path / "server", policy="")
    process.start()
    yield process
    process.close()


def request(document: str = STRICT, *, number: int = 1) -> v1.ApplyPolicyRequest:
    return v1.ApplyPolicyRequest(request_id=f"policy-{number}", document=document, reason="after the incident")


async def administer(path: Path, rpc: str, message: Any) -> Any:
    async with connect(Credentials.load(path)) as channel:
        stub: Any = AdministrationServiceStub(channel)
        return await getattr(stub, rpc)(message)


async def propose(core: Path, number: int) -> v1.Decision:
    """Make a proposal that the built-in policy would approve at once; return the decision."""
    made = proposal(number)
    made.confidence = 0.97
    async with connect(Credentials.load(core)) as channel:
        stub: Any = DecisionServiceStub(channel)
        response = await stub.SubmitDecision(v1.SubmitDecisionRequest(proposal=made))
    decision: v1.Decision = response.decision
    return decision


async def replay(path: Path, **fields: Any) -> list[v1.ReplayPolicyResponse]:
    async with connect(Credentials.load(path)) as channel:
        stub: Any = AdministrationServiceStub(channel)
        return [frame async for frame in stub.ReplayPolicy(v1.ReplayPolicyRequest(**fields))]


async def test_an_applied_policy_governs_the_next_proposal_and_survives_a_restart(server: ServerProcess) -> None:
    """Applied by a manager, in force at once, named in the assessment, and still there after kill -9."""
    core, manager = server.add("maximus", "core"), server.add("manager-1", "security_manager")
    builtin = await administer(manager, "GetPolicy", v1.GetPolicyRequest())
    assert not builtin.HasField("applied_by")
    before = await propose(core, 1)
    assert before.assessment.automation == v1.AUTOMATION_LEVEL_FULL
    assert before.assessment.policy_digest == builtin.policy_digest

    applied = await administer(manager, "ApplyPolicy", request())
    assert applied.receipt.HasField("accepted")
    again = await administer(manager, "ApplyPolicy", request())
    assert again.receipt.accepted.offset == applied.receipt.accepted.offset
    same = await administer(manager, "ApplyPolicy", request(number=2))
    assert same.receipt.refused.reason == v1.REFUSAL_REASON_NOTHING_CHANGED

    server.kill()
    server.start()
    in_force = await administer(manager, "GetPolicy", v1.GetPolicyRequest())
    assert in_force.document == STRICT
    assert in_force.applied_by.name == "manager-1"
    after = await propose(core, 2)
    assert after.assessment.policy_digest == in_force.policy_digest == applied.policy_digest
    assert after.state == v1.DECISION_STATE_PENDING
    assert after.quorum == v1.Quorum(required=2, roles=[v1.ROLE_SOC_SUPERVISOR])
    assert "addresses" in after.assessment.policy_rules


async def test_a_policy_with_problems_is_not_applied(server: ServerProcess) -> None:
    """The answer lists what is wrong, checked or applied, and the policy in force stays."""
    manager, auditor = server.add("manager-1", "security_manager"), server.add("auditor-1", "auditor")
    broken = "[sla]\ncritical_s = 0\nwarn_shar = 1\n"
    checked = await administer(auditor, "CheckPolicy", v1.CheckPolicyRequest(document=broken))
    refused = await administer(manager, "ApplyPolicy", request(broken))
    assert [(problem.place, problem.line) for problem in checked.problems] == [
        ("sla.critical_s", 2),
        ("sla.warn_shar", 3),
    ]
    assert refused.problems == checked.problems
    assert not refused.HasField("receipt")
    assert not checked.policy_digest
    (frame,) = await replay(auditor, document=broken)
    assert (frame.done, frame.problems) == (True, checked.problems)
    in_force = await administer(auditor, "GetPolicy", v1.GetPolicyRequest())
    assert not in_force.HasField("applied_by")
    good = await administer(auditor, "CheckPolicy", v1.CheckPolicyRequest(document=in_force.document))
    assert good.policy_digest == in_force.policy_digest


async def test_consoles_are_told_what_they_have_to_ask(server: ServerProcess) -> None:
    """In the hello and when it changes; what does not keep it is refused, and what does is in the ledger."""
    core, manager = server.add("maximus", "core"), server.add("manager-1", "security_manager")
    operator, auditor = server.add("operator-1", "soc_operator"), server.add("auditor-1", "auditor")
    async with propose_stream(core) as below, operate_stream(operator) as console:
        assert not below.hello.HasField("console_rules")
        assert console.hello.console_rules.batch_decisions == 50
        assert not console.hello.console_rules.reading
        document = "[console.reading_s]\nlow = 5\nmedium = 5\nhigh = 5\ncritical = 5\n[batch]\ndecisions = 1\n"
        await administer(manager, "ApplyPolicy", request(document))
        await console.until(lambda wire: any(frame.news.HasField("console_rules") for frame in wire.frames))
        told = console.frames[-1].news.console_rules
        assert [one.least.seconds for one in told.reading] == [5, 5, 5, 5]
        for number in (1, 2):
            await below.send(v1.CoreCommand(proposal=proposal(number)))
        await console.until(lambda wire: len(wire.replica) == 2)
        verdicts = [approval(decision, f"r-{decision.decision_id}") for decision in console.replica.values()]
        hasty = await console.answer(verdicts[0])
        assert hasty.refused.reason == v1.REFUSAL_REASON_READ_TOO_SHORTLY
        for command in verdicts:
            command.verdict.batch_id = "batch-1"
            shown = command.verdict.presentation
            shown.rendering_digest, shown.version, shown.reading.seconds = bytes(range(32)), 1, 5
        console.receipts.clear()
        assert (await console.answer(verdicts[0])).HasField("accepted")
        assert (await console.answer(verdicts[1])).refused.reason == v1.REFUSAL_REASON_NOT_IN_BATCH
    async with connect(Credentials.load(auditor)) as channel:
        stub: Any = AuditServiceStub(channel)
        frames = [frame async for frame in stub.ListEntries(v1.ListEntriesRequest())]
    entries = [v1.Entry.FromString(record.entry) for frame in frames for record in frame.records]
    recorded = [entry for entry in entries if entry.batch_id]
    assert [(entry.actor.name, entry.batch_id, entry.presentation) for entry in recorded] == [
        ("operator-1", "batch-1", verdicts[0].verdict.presentation)
    ]


@pytest.mark.parametrize("role", ["soc_operator", "soc_supervisor", "auditor", "core"])
async def test_only_managers_apply(server: ServerProcess, role: str) -> None:
    """Nobody below a security_manager changes the rules."""
    other = server.add("other-1", role)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await administer(other, "ApplyPolicy", request())
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_replay_over_the_recorded_proposals(server: ServerProcess) -> None:
    """A candidate is run over what is recorded: all of it, or what came since a moment; progress comes meanwhile."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    last = 1000  # the hour's limit
    async with propose_stream(core) as up:
        for number in range(1, last + 1):
            made = proposal(number)
            made.confidence = 0.97
            made.action.targets[0].value = f"host-{number}"
            await up.send(v1.CoreCommand(proposal=made))
        await up.until(lambda wire: len(wire.receipts) == last)
    *progress, report = await replay(operator, document=STRICT)
    assert progress
    assert [frame.looked_at for frame in progress] == sorted(frame.looked_at for frame in progress)
    assert all(frame.looked_at <= frame.total and not frame.done for frame in progress)
    assert report.done
    accepted = sum(receipt.HasField("accepted") for receipt in up.receipts.values())
    assert accepted == last
    assert report.looked_at == report.total == report.changed == accepted
    assert [(move.to, move.count) for move in report.moves] == [(v1.AUTOMATION_LEVEL_SUPERVISED, accepted)]
    assert [(tier.tier, tier.before, tier.after) for tier in report.tiers] == [
        (v1.ROLE_UNSPECIFIED, accepted, 0),
        (v1.ROLE_SOC_OPERATOR, 0, accepted),
    ]
    assert len(report.differences) == 10
    in_future = timestamp(microseconds(up.frames[-1].envelope.server_time) + 3600 * SECOND_US)
    (nothing,) = (await replay(operator, document=STRICT, since=in_future))[-1:]
    assert (nothing.looked_at, nothing.total, nothing.changed) == (0, 0, 0)


async def test_a_server_may_begin_with_a_policy_of_its_own(tmp_path: Path) -> None:
    """`init --policy FILE` puts it in force from the first proposal on; one that is wrong makes nothing."""
    document = tmp_path / "policy.toml"
    document.write_text("[sla]\nlow_s = 0\n")
    failed = run_server_command("init", str(tmp_path / "server"), "--policy", str(document), status=1)
    assert "line 2: sla.low_s: This is a whole number of seconds" in failed.stderr
    assert not (tmp_path / "server").exists()
    document.write_bytes(b"\xff")
    assert "UTF-8" in run_server_command("init", str(tmp_path / "server"), "--policy", str(document), status=1).stderr
    document.write_text("#" * 262_145)
    assert "shorten" in run_server_command("init", str(tmp_path / "server"), "--policy", str(document), status=1).stderr
    document.write_text(STRICT)
    run_server_command("init", str(tmp_path / "server"), "--listen", "127.0.0.1:0", "--policy", str(document))
    run_server_command("check", str(tmp_path / "server"))
    shutil.rmtree(tmp_path / "server")
    server = ServerProcess(tmp_path / "server", policy=STRICT)
    try:
        server.start()
        in_force = await administer(server.add("auditor-1", "auditor"), "GetPolicy", v1.GetPolicyRequest())
        assert in_force.document == STRICT
        assert in_force.applied_by.kind == v1.ACTOR_KIND_ADMINISTRATOR
    finally:
        server.close()
