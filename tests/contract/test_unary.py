"""The unary surface as another team's CI drives it: grpcio-testing without a network, a synchronous stub with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import grpc_testing
import pytest

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.credentials import Credentials
from governance_server.rpc.console_service import ConsoleService
from governance_server.rpc.decision_service import DecisionService
from tests.support.in_process import InProcessServer
from tests.support.messages import CORE, OPERATOR_1, acceptance, approval, proposal, rejection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import ServerProcess

DECISIONS = v1.SubmitDecisionRequest.DESCRIPTOR.file.services_by_name["DecisionService"]
CONSOLE = v1.SubmitVerdictRequest.DESCRIPTOR.file.services_by_name["ConsoleService"]


class Calls:
    """Makes unary calls through grpcio-testing, and expects OK."""

    def __init__(self, server: InProcessServer) -> None:
        servicers = {
            DECISIONS: server.servicer(DecisionService, CORE),
            CONSOLE: server.servicer(ConsoleService, OPERATOR_1),
        }
        self._server = grpc_testing.server_from_dictionary(servicers, grpc_testing.strict_real_time())

    def __call__(self, service: Any, method: str, request: Any) -> Any:
        call = self._server.invoke_unary_unary(service.methods_by_name[method], (), request, None)
        response, _, code, details = call.termination()
        assert code is grpc.StatusCode.OK, details
        return response


@pytest.fixture
def call() -> Iterator[Calls]:
    server = InProcessServer()
    yield Calls(server)
    server.close()


def test_a_decision_goes_its_whole_way_in_unary_calls(call: Calls) -> None:
    """Submit, read, approve, accept, report, list, count."""
    submitted = call(DECISIONS, "SubmitDecision", v1.SubmitDecisionRequest(proposal=proposal()))
    assert submitted.receipt.accepted.offset == 2
    read = call(DECISIONS, "GetDecision", v1.GetDecisionRequest(decision_id="decision-000001")).decision
    assert read == submitted.decision
    approved = call(CONSOLE, "SubmitVerdict", v1.SubmitVerdictRequest(command=approval(read)))
    assert approved.decision.state == v1.DECISION_STATE_APPROVED
    accept = acceptance(approved.decision)
    accepted = call(DECISIONS, "AcceptOrder", v1.AcceptOrderRequest(request_id="a-1", accept_order=accept.accept_order))
    assert accepted.receipt.HasField("accepted")
    report = v1.ReportOrder(
        decision_id="decision-000001",
        order_id=accept.accept_order.order_id,
        action_digest=accept.accept_order.action_digest,
        outcome=v1.Outcome(result=v1.OUTCOME_RESULT_FAILED, detail="No route."),
    )
    assert call(
        DECISIONS, "ReportOutcome", v1.ReportOutcomeRequest(request_id="o-1", report_order=report)
    ).receipt.HasField("accepted")
    listed = call(DECISIONS, "ListDecisions", v1.ListDecisionsRequest()).decisions
    assert [one.state for one in listed] == [v1.DECISION_STATE_FAILED]
    counted = call(CONSOLE, "GetStatistics", v1.GetStatisticsRequest())
    assert [(one.state, one.count) for one in counted.states] == [(v1.DECISION_STATE_FAILED, 1)]


def test_a_verdict_on_a_group_says_what_was_shown(call: Calls) -> None:
    """A batch and a presentation go the unary way too, and what is out of place in them is refused."""
    for number in (1, 2):
        call(DECISIONS, "SubmitDecision", v1.SubmitDecisionRequest(proposal=proposal(number)))
    read = call(DECISIONS, "GetDecision", v1.GetDecisionRequest(decision_id="decision-000001")).decision
    command = approval(read)
    command.verdict.batch_id = "batch-1"
    shown = command.verdict.presentation
    shown.rendering_digest, shown.version = bytes(32), read.version + 1
    shown.reading.seconds = 12
    ahead = call(CONSOLE, "SubmitVerdict", v1.SubmitVerdictRequest(command=command))
    assert ahead.receipt.refused.reason == v1.REFUSAL_REASON_VERSION_STALE
    assert ahead.receipt.refused.current == read
    shown.version = read.version
    approved = call(CONSOLE, "SubmitVerdict", v1.SubmitVerdictRequest(command=command))
    assert approved.decision.state == v1.DECISION_STATE_APPROVED


def test_a_refusal_is_an_answer_and_not_an_error(call: Calls) -> None:
    """A verdict that came too late, a withdrawal of what is gone: OK, with the reason in the receipt."""
    decision = call(DECISIONS, "SubmitDecision", v1.SubmitDecisionRequest(proposal=proposal())).decision
    call(CONSOLE, "SubmitVerdict", v1.SubmitVerdictRequest(command=rejection(decision)))
    late = call(CONSOLE, "SubmitVerdict", v1.SubmitVerdictRequest(command=approval(decision)))
    assert late.receipt.refused.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert not late.HasField("decision")
    cancel = v1.Cancel(decision_id=decision.decision_id)
    gone = call(DECISIONS, "CancelDecision", v1.CancelDecisionRequest(request_id="c-1", cancel=cancel))
    assert gone.receipt.refused.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED


def sync_channel(path: Path) -> grpc.Channel:
    """A channel of the synchronous API, as a program without asyncio opens it."""
    credentials = Credentials.load(path)
    assert credentials.token is not None
    whole = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(credentials.certificate_authority.encode()),
        grpc.access_token_call_credentials(credentials.token),
    )
    options = [("grpc.ssl_target_name_override", credentials.server_name)]
    return grpc.secure_channel(credentials.server, whole, options)


def test_a_synchronous_stub_does_the_same_over_tls(server: ServerProcess) -> None:
    """Generated stubs, no asyncio, none of our SDK: propose, list page by page, cancel, watch."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    with sync_channel(core) as channel, sync_channel(operator) as operator_channel:
        decisions, console = DecisionServiceStub(channel), ConsoleServiceStub(operator_channel)
        for number in range(5):
            decisions.SubmitDecision(v1.SubmitDecisionRequest(proposal=proposal(number)), timeout=20)
        names, token = [], ""
        while True:
            page = decisions.ListDecisions(v1.ListDecisionsRequest(page_size=2, page_token=token), timeout=20)
            names += [one.decision_id for one in page.decisions]
            token = page.next_page_token
            if not token:
                break
        assert sorted(names) == [f"decision-{number:06d}" for number in range(5)]
        decisions.CancelDecision(
            v1.CancelDecisionRequest(request_id="c-1", cancel=v1.Cancel(decision_id="decision-000001")), timeout=20
        )
        watched = next(iter(decisions.WatchDecisions(v1.WatchDecisionsRequest(), timeout=20)))
        assert len(watched.changes) == 4
        assert watched.caught_up
        assert console.GetStatistics(v1.GetStatisticsRequest(), timeout=20).offset == 10
        operators = console.ListOperators(v1.ListOperatorsRequest(), timeout=20).operators
        assert [(one.name, one.role, one.connected) for one in operators] == [
            ("operator-1", v1.ROLE_SOC_OPERATOR, False)
        ]
