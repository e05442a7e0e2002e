"""Notifications from the real server to real destinations: a web service and a mail server on this machine."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.endpoints import PATIENCE_S, WebService, mail_server, web_service
from tests.support.halts import declaration, releasing
from tests.support.messages import acceptance, proposal
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.wire import Wire

CANARY = "canary-8f14e45f"
SECRET = "secret-5f4dcc3b"


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that has been made and is not started yet, killed at the end."""
    process = ServerProcess(tmp_path / "server")
    yield process
    process.close()


def notify(server: ServerProcess, name: str, url: str, settings: str = "") -> None:
    """Add a destination to the server's configuration."""
    config = server.directory / "server.toml"
    config.write_text(config.read_text() + f'\n[[notify]]\nname = "{name}"\nurl = "{url}"\n{settings}\n')


def web_url(service: WebService) -> str:
    """An address with secrets in it, and little patience."""
    return f"json://gate:{SECRET}@127.0.0.1:{service.port}/{SECRET}?cto=1&rto=1"


async def lose_track(up: Wire[v1.ProposeResponse], number: int) -> None:
    """Have an action proposed, approved by policy, begun, and end nobody knows how; canaries in all that is written."""
    content = proposal(number, confidence=0.97, threat=0.1)
    content.evidence.reasoning = CANARY
    content.action.parameters["note"] = CANARY
    content.action.targets.add(kind=v1.TARGET_KIND_HOST, value=CANARY)
    content.threat.type = CANARY
    assert (await up.answer(v1.CoreCommand(proposal=content))).HasField("accepted")
    name = content.decision_id
    await up.until(lambda wire: name in wire.replica and wire.replica[name].HasField("order"))
    decision = up.replica[name]
    assert (await up.answer(acceptance(decision, f"accept-{number}"))).HasField("accepted")
    report = v1.ReportOrder(
        decision_id=name,
        order_id=decision.order.order_id,
        action_digest=decision.action_digest,
        outcome=v1.Outcome(result=v1.OUTCOME_RESULT_UNKNOWN, detail=CANARY),
    )
    receipt = await up.answer(v1.CoreCommand(request_id=f"report-{number}", report_order=report))
    assert receipt.HasField("accepted")


def decisions_in(bodies: list[dict[str, Any]]) -> list[str]:
    """Return the decisions that were told of, in order, without repetition."""
    return list(dict.fromkeys(re.findall(r"decision-\d{6}", "\n".join(body["message"] for body in bodies))))


async def told_of(service: WebService, *numbers: int) -> list[dict[str, Any]]:
    """Return what a service took until it was told of these decisions."""
    bodies: list[dict[str, Any]] = []
    while not {f"decision-{number:06d}" for number in numbers} <= set(decisions_in(bodies)):
        bodies.append(await service.next())
    return bodies


async def test_an_unknown_outcome_reaches_mailbox_and_webhook_with_nothing_it_should_not_say(
    stopped: ServerProcess,
) -> None:
    """Id, risk and type of action arrive; parameters, targets, evidence, remarks and credentials stay in the house."""
    async with web_service() as service, mail_server() as mail:
        notify(stopped, "hook", web_url(service))
        address = f"mailto://127.0.0.1:{mail.port}/soc@example.com?from=gate@example.com&mode=insecure"
        notify(stopped, "mail", address, 'on = ["outcome_unknown"]')
        stopped.start()
        core = stopped.add("maximus", "core")
        async with propose_stream(core) as up:
            await lose_track(up, 1)
        body, letter = await service.next(), await mail.next()
    text = letter.get_body(("plain",))
    assert text is not None
    said = text.get_content()
    assert "Outcome unknown: decision-000001, risk low, action block_ip" in body["message"]
    assert "Outcome unknown: decision-000001, risk low, action block_ip" in said
    assert letter["subject"] == "Governance: Outcome unknown: decision-000001"
    assert stopped.stop() == 0
    log = stopped.log_path.read_text()
    for told in (json.dumps(body), letter.as_string(), said, log):
        assert not {secret for secret in (CANARY, SECRET, Credentials.load(core).token or "") if secret in told}


async def test_a_destination_that_hangs_fails_or_is_gone_holds_up_neither_the_gate_nor_the_others(
    stopped: ServerProcess,
) -> None:
    """The gate answers, the healthy destination hears at once, and the sick ones hear it all when they are well."""
    async with web_service() as well, web_service() as hanging, web_service() as failing, web_service() as gone:
        hanging.status, failing.status = 0, 500
        await gone.close()
        for name, service in (("well", well), ("hanging", hanging), ("failing", failing), ("gone", gone)):
            notify(stopped, name, web_url(service))
        stopped.start()
        core = stopped.add("maximus", "core")
        async with propose_stream(core) as up:
            await lose_track(up, 1)
            assert await hanging.next_refused() == 0
            assert await failing.next_refused() == 500
            async with asyncio.timeout(PATIENCE_S):
                await lose_track(up, 2)
            await told_of(well, 1, 2)
            assert hanging.taken.empty()
            assert failing.taken.empty()
            hanging.status = failing.status = 200
            await gone.open()
            for service in (hanging, failing, gone):
                assert decisions_in(await told_of(service, 1, 2)) == ["decision-000001", "decision-000002"]
    assert stopped.stop() == 0
    failures = [json.loads(line) for line in stopped.log_path.read_text().splitlines() if "will be tried again" in line]
    assert {line["destination"] for line in failures} == {"hanging", "failing", "gone"}
    assert all(line["level"] == "warning" and line["reason"] for line in failures)
    assert SECRET not in stopped.log_path.read_text()


async def test_a_restart_or_a_kill_leaves_no_gap(stopped: ServerProcess) -> None:
    """What happened before the kill and was not taken is told after the restart; what was taken, at most once more."""
    async with web_service() as service:
        notify(stopped, "hook", web_url(service))
        stopped.start()
        core = stopped.add("maximus", "core")
        async with propose_stream(core) as up:
            await lose_track(up, 1)
        bodies = await told_of(service, 1)
        service.status = 503
        async with propose_stream(core) as up:
            await lose_track(up, 2)
        assert await service.next_refused() == 503
        stopped.kill()
        service.status = 200
        stopped.start()
        bodies += await told_of(service, 2)
        assert stopped.stop() == 0
        stopped.start()
        async with propose_stream(core) as up:
            await lose_track(up, 3)
        bodies += await told_of(service, 3)
        assert decisions_in(bodies) == ["decision-000001", "decision-000002", "decision-000003"]
        assert len(bodies) <= 4


async def test_a_server_stops_in_time_while_a_destination_hangs(stopped: ServerProcess) -> None:
    """An attempt under way is not waited for; it is made again after the start."""
    async with web_service() as service:
        service.status = 0
        notify(stopped, "hook", f"json://127.0.0.1:{service.port}/?rto=300")
        stopped.start()
        core = stopped.add("maximus", "core")
        async with propose_stream(core) as up:
            await lose_track(up, 1)
        assert await service.next_refused() == 0
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(stopped.stop) == 0
        service.status = 200
        stopped.start()
        assert decisions_in([await service.next()]) == ["decision-000001"]


async def test_a_halt_and_its_end_are_told_without_the_reason_and_the_target(stopped: ServerProcess) -> None:
    """Both at once, however soon the end follows: they are not reminders."""
    async with web_service() as service:
        notify(stopped, "hook", web_url(service), 'on = ["halt_declared", "halt_ended"]\nmin_risk = "critical"')
        stopped.start()
        supervisors = [stopped.add(f"supervisor-{number}", "soc_supervisor") for number in (1, 2)]
        async with operate_stream(supervisors[0]) as first, operate_stream(supervisors[1]) as second:
            halt = declaration(v1.HaltScope(target=CANARY), reason=CANARY)
            assert (await first.answer(halt)).HasField("accepted")
            declared = (await service.next())["message"]
            found = re.match(r"Halt declared: (\S+), one target, until released ", declared)
            assert found is not None, declared
            for operator, key in ((first, "g-1"), (second, "g-2")):
                receipt = await operator.answer(releasing(found[1], reason=CANARY, key=key))
                assert receipt.HasField("accepted")
            ended = (await service.next())["message"]
        assert ended.startswith(f"Halt ended: {found[1]}, released ")
        assert CANARY not in declared + ended


async def test_a_decision_that_nobody_takes_up_is_told_of_as_its_time_runs_out(stopped: ServerProcess) -> None:
    """Warning, breach and escalation count as one reminder for whoever wants all; who wants one kind gets that."""
    async with web_service() as everything, web_service() as escalations:
        notify(stopped, "everything", web_url(everything))
        notify(stopped, "escalations", web_url(escalations), 'on = ["escalation"]')
        stopped.start()
        manager = stopped.add("manager-1", "security_manager")
        async with connect(Credentials.load(manager)) as channel:
            request = v1.ApplyPolicyRequest(request_id="p-1", document="[sla]\nlow_s = 2\n", reason="A test.")
            await AdministrationServiceStub(channel).ApplyPolicy(request)
        core = stopped.add("maximus", "core")
        async with propose_stream(core) as up:  # of low risk at any hour of the day
            assert (await up.answer(v1.CoreCommand(proposal=proposal(threat=0.2)))).HasField("accepted")
            escalated = (await escalations.next())["message"]
        (warned,) = await told_of(everything, 1)
        assert everything.taken.empty()
    assert warned["message"].startswith("SLA warning: decision-000001, risk low, action block_ip, deadline 20")
    assert escalated.startswith("Escalation: decision-000001, risk low, action block_ip, deadline 20")


def test_a_url_that_is_wrong_keeps_the_server_from_starting_and_is_not_repeated(stopped: ServerProcess) -> None:
    """Nobody finds out at night that the mails never went out."""
    notify(stopped, "hook", f"nonsense://{SECRET}")
    done = run_server_command("serve", str(stopped.directory), status=1)
    assert "server.toml: [[notify]] hook: its url is none that apprise understands" in done.stderr
    assert SECRET not in done.stderr + done.stdout
