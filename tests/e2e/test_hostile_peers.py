"""Whoever should not be let in, and whatever should not be believed: a clear status, and the ledger untouched."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_server.rpc import certificates
from governance_server.system import SystemClock, SystemEntropy
from tests.support.messages import approval, core_frame, proposal
from tests.support.server import ServerProcess
from tests.support.wire import propose_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


MINUTE_US = 60 * 1_000_000
DAY_US = 24 * 60 * MINUTE_US


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all of them: it has to outlive every attack."""
    process = ServerProcess(tmp_path_factory.mktemp("hostile") / "server", mutual=True)
    process.start()
    for name, role in (("maximus", "core"), ("operator-1", "soc_operator"), ("auditor-1", "auditor")):
        process.add(name, role)
    process.add("maximus-cert", "core", "--certificate")
    yield process
    assert process.stop() == 0


@pytest.fixture(autouse=True)
async def untouched(server: ServerProcess) -> AsyncIterator[None]:
    """Every test of this module leaves the ledger as it was, and the server serving."""
    before = await head(server)
    yield
    assert await head(server) == before


async def head(server: ServerProcess) -> int:
    """Return the ledger's own last offset; what the server has taken over of other processes' entries lags behind."""
    async with connect(credentials(server, "operator-1")) as channel:
        async for response in AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest(limit=1)):
            return int(response.head_offset)
    raise AssertionError


def credentials(server: ServerProcess, name: str) -> Credentials:
    return Credentials.load(server.directory / "credentials" / f"{name}.toml")


@asynccontextmanager
async def with_authorization(server: ServerProcess, *values: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel that trusts the server, and presents what it is told to."""
    authority = (server.directory / "tls" / "authority.pem").read_bytes()
    options = [("grpc.ssl_target_name_override", "localhost")]
    trust = grpc.ssl_channel_credentials(authority)
    plugins = [grpc.metadata_call_credentials(_Plugin(value)) for value in values]
    whole = grpc.composite_channel_credentials(trust, *plugins) if plugins else trust
    async with grpc.aio.secure_channel(server.address, whole, options) as channel:
        yield channel


class _Plugin(grpc.AuthMetadataPlugin):
    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, _: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        callback((("authorization", self._value),), None)


def reason(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str]:
    """The status and the reason of a call that ended."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # has what a sync call has
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "governance.v1"
    return error.code(), info.reason


def violations(error: grpc.aio.AioRpcError) -> list[str]:
    """The fields that a bad request names."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # has what a sync call has
    assert status is not None
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status.details)
    return [violation.field for violation in bad.field_violations]


def raw_submit(channel: grpc.aio.Channel) -> Any:
    """SubmitDecision, taking bytes as they are."""
    return cast("Any", channel).unary_unary("/governance.v1.DecisionService/SubmitDecision")


async def end_of(call: Any) -> grpc.StatusCode:
    """Read a stream to its end; return the status it ended with."""
    try:
        async with asyncio.timeout(20):
            while await call.read() is not grpc.aio.EOF:
                pass
    except grpc.aio.AioRpcError as error:
        return error.code()
    code = await call.code()
    assert isinstance(code, grpc.StatusCode)
    return code


def good_token(server: ServerProcess, name: str) -> str:
    text = (server.directory / "credentials" / f"{name}.toml").read_text()
    return text.split('token = "')[1].split('"')[0]


async def test_a_call_without_a_credential_is_not_let_in(server: ServerProcess) -> None:
    """Neither to the services nor to health and reflection."""
    async with with_authorization(server) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await DecisionServiceStub(channel).GetDecision(v1.GetDecisionRequest(decision_id="decision-1"))
        assert reason(ended.value) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_MISSING")
        health: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await health(b"")
        assert ended.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_every_wrong_credential_gets_the_same_answer(server: ServerProcess) -> None:
    """Unknown, truncated, altered and malformed ones cannot be told apart."""
    token = good_token(server, "maximus")
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    unknown = f"gw1.{'0' * 16}.{token[-43:]}"
    answers = set()
    for wrong in (unknown, altered, token[:-1], "gw1..", "x" * 4000, token.upper()):
        async with with_authorization(server, f"Bearer {wrong}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await DecisionServiceStub(channel).GetDecision(v1.GetDecisionRequest(decision_id="decision-1"))
            assert reason(ended.value) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_REFUSED")
            answers.add(ended.value.details())
    assert len(answers) == 1


async def test_an_expired_certificate_does_not_get_past_the_handshake(server: ServerProcess) -> None:
    """Nor does one of another authority; the good one does, and is who its hash says."""
    entropy, now_us = SystemEntropy(), SystemClock().now_us()
    directory = server.directory / "tls"
    ours = certificates.Authority(
        (directory / "authority.pem").read_bytes(), (directory / "authority.key").read_bytes()
    )
    foreign = certificates.create_authority(now_us=now_us, entropy=entropy)
    # No certificate begins before its authority does, which is five minutes before the authority was made.
    past_us = now_us - 4 * MINUTE_US
    expired = certificates.issue_client_certificate(ours, "m", now_us - MINUTE_US, now_us=past_us, entropy=entropy)
    stranger = certificates.issue_client_certificate(foreign, "m", now_us + DAY_US, now_us=now_us, entropy=entropy)
    unknown = certificates.issue_client_certificate(ours, "m", now_us + DAY_US, now_us=now_us, entropy=entropy)
    expectations = ((expired, "UNAVAILABLE"), (stranger, "UNAVAILABLE"), (unknown, "UNAUTHENTICATED"))
    for issued, status in expectations:
        trust = grpc.ssl_channel_credentials(ours.certificate, issued.key, issued.certificate)
        options = [("grpc.ssl_target_name_override", "localhost")]
        async with grpc.aio.secure_channel(server.mutual_address, trust, options) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await DecisionServiceStub(channel).ListDecisions(v1.ListDecisionsRequest())
            assert ended.value.code().name == status
    async with connect(credentials(server, "maximus-cert")) as channel:
        assert not (await DecisionServiceStub(channel).ListDecisions(v1.ListDecisionsRequest())).decisions


async def test_a_role_may_not_use_another_roles_verbs(server: ServerProcess) -> None:
    """A core cannot judge, an operator cannot propose, an auditor can do neither, and only managers see credentials."""
    verdict = v1.SubmitVerdictRequest(command=approval(v1.Decision(decision_id="d", action_digest=bytes(32))))
    attempts: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        ("maximus", lambda channel: ConsoleServiceStub(channel).SubmitVerdict(verdict)),
        ("auditor-1", lambda channel: ConsoleServiceStub(channel).SubmitVerdict(verdict)),
        (
            "operator-1",
            lambda channel: DecisionServiceStub(channel).SubmitDecision(v1.SubmitDecisionRequest(proposal=proposal())),
        ),
        ("operator-1", lambda channel: AdministrationServiceStub(channel).ListCredentials(v1.ListCredentialsRequest())),
        ("maximus", lambda channel: AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest()).read()),
        ("maximus", lambda channel: ConsoleServiceStub(channel).Operate().read()),
        ("operator-1", lambda channel: DecisionServiceStub(channel).Propose().read()),
    )
    for name, attempt in attempts:
        async with connect(credentials(server, name)) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await attempt(channel)
            assert reason(ended.value) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_NOT_ALLOWED")


def out_of_range() -> list[tuple[str, v1.Proposal]]:
    """Proposals that are wrong in one field, by that field."""
    cases = []

    def case(field: str, change: Any) -> None:
        wrong = proposal()
        change(wrong)
        cases.append((field, wrong))

    case("proposal.confidence", lambda p: setattr(p, "confidence", 1.0001))
    case("proposal.confidence", lambda p: setattr(p, "confidence", float("nan")))
    case("proposal.threat.score", lambda p: setattr(p.threat, "score", float("inf")))
    case("proposal.decision_id", lambda p: setattr(p, "decision_id", "short"))
    case("proposal.decision_id", lambda p: setattr(p, "decision_id", "with spaces in it"))
    case("proposal.action.type", lambda p: setattr(p.action, "type", 999))
    case("proposal.action.targets[0].value", lambda p: setattr(p.action.targets[0], "value", "x" * 513))
    case("proposal.evidence.indicators", lambda p: p.evidence.indicators.extend(["x"] * 257))
    case("proposal.action", lambda p: p.ClearField("action"))
    return cases


@pytest.mark.parametrize(("field", "wrong"), out_of_range(), ids=lambda value: value if isinstance(value, str) else "")
async def test_a_field_out_of_range_is_named(server: ServerProcess, field: str, wrong: v1.Proposal) -> None:
    """In a unary call and in a stream; nothing is written, even of what was right beside it."""
    async with connect(credentials(server, "maximus")) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await DecisionServiceStub(channel).SubmitDecision(v1.SubmitDecisionRequest(proposal=wrong))
        assert reason(ended.value) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
        assert violations(ended.value) == [field]
    async with propose_stream(server.directory / "credentials" / "maximus.toml") as up:
        right = v1.CoreCommand(proposal=proposal(2))
        await up.call.write(core_frame([right, v1.CoreCommand(proposal=wrong)]))
        assert await end_of(up.call) == grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await up.call.read()
        assert violations(ended.value) == [f"commands.commands[1].{field}"]


async def test_bad_utf8_is_named_by_its_field(server: ServerProcess) -> None:
    """Bytes that no string can hold are told as what they are, and where."""
    request = v1.SubmitDecisionRequest(proposal=proposal()).SerializeToString().replace(b"port_scan", b"port\xffscan")
    async with connect(credentials(server, "maximus")) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await raw_submit(channel)(request)
    assert reason(ended.value) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    assert violations(ended.value) == ["proposal.threat.type"]


async def test_bytes_that_are_no_message_are_refused(server: ServerProcess) -> None:
    """In a unary call and as a stream's frame."""
    async with connect(credentials(server, "maximus")) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await raw_submit(channel)(b"\xff\xff\xff\xff")
        assert reason(ended.value) == (grpc.StatusCode.INVALID_ARGUMENT, "MESSAGE_MALFORMED")
        call: Any = cast("Any", channel).stream_stream("/governance.v1.DecisionService/Propose")()
        await call.write(b"\x0f garbage")
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await call.read()
        assert ended.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_an_oversized_frame_ends_its_stream_alone(server: ServerProcess) -> None:
    """5 MiB are more than the 4 MiB that are taken."""
    request = proposal()
    request.evidence.reasoning = "x" * (5 * 1024 * 1024)
    async with with_authorization(server, f"Bearer {good_token(server, 'maximus')}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await DecisionServiceStub(channel).SubmitDecision(v1.SubmitDecisionRequest(proposal=request))
        assert ended.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        call: Any = DecisionServiceStub(channel).Propose()
        await call.write(v1.ProposeRequest(hello=v1.ClientHello(instance="instance-1")))
        assert (await call.read()).HasField("hello")
        await call.write(core_frame([v1.CoreCommand(proposal=request)]))
        assert await end_of(call) == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_proposal_larger_than_the_bound_is_refused_by_name(server: ServerProcess) -> None:
    """Every field is within its own limit, and all of them together are more than 256 KiB."""
    request = proposal()
    for number in range(10):
        request.evidence.exhibits.add(name=f"payload-{number}", text="x" * 60_000)
    async with connect(credentials(server, "maximus")) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await DecisionServiceStub(channel).SubmitDecision(v1.SubmitDecisionRequest(proposal=request))
    assert violations(ended.value) == ["proposal"]


async def test_a_stream_that_does_not_begin_with_a_hello_is_ended(server: ServerProcess) -> None:
    """And so is one that says hello twice."""
    async with connect(credentials(server, "maximus")) as channel:
        call = DecisionServiceStub(channel).Propose()
        await call.write(core_frame([v1.CoreCommand(proposal=proposal())]))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await call.read()
        assert reason(ended.value) == (grpc.StatusCode.FAILED_PRECONDITION, "HELLO_EXPECTED")
    async with propose_stream(server.directory / "credentials" / "maximus.toml") as up:
        await up.call.write(v1.ProposeRequest(hello=v1.ClientHello(instance="instance-1")))
        assert await end_of(up.call) == grpc.StatusCode.FAILED_PRECONDITION
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await up.call.read()
        assert reason(ended.value) == (grpc.StatusCode.FAILED_PRECONDITION, "HELLO_EXPECTED")


async def test_a_core_without_an_instance_is_told_so(server: ServerProcess) -> None:
    """The hello's field is named."""
    async with connect(credentials(server, "maximus")) as channel:
        call = DecisionServiceStub(channel).Propose()
        await call.write(v1.ProposeRequest(hello=v1.ClientHello()))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await call.read()
    assert violations(ended.value) == ["hello.instance"]


async def test_garbage_and_plaintext_on_the_port_get_nowhere(server: ServerProcess) -> None:
    """The listener speaks TLS alone: neither raw bytes nor HTTP/2 in the clear are answered as if they were."""
    host, _, port = server.address.rpartition(":")
    for garbage in (b"\x00" * 1000, b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 9):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(garbage)
        await writer.drain()
        async with asyncio.timeout(20):
            answer = await reader.read(4096)
        assert not answer.startswith(b"HTTP")
        writer.close()
    async with grpc.aio.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await DecisionServiceStub(channel).ListDecisions(v1.ListDecisionsRequest())
        assert ended.value.code() == grpc.StatusCode.UNAVAILABLE


def test_the_listener_speaks_modern_tls_alone(server: ServerProcess) -> None:
    """TLS 1.1 is refused in the handshake; the certificate is of the house's own authority."""
    host, _, port = server.address.rpartition(":")
    context = ssl.create_default_context(cafile=str(server.directory / "tls" / "authority.pem"))
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((host, int(port))) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        assert tls.version() in {"TLSv1.2", "TLSv1.3"}
        assert tls.selected_alpn_protocol() == "h2"


async def test_a_caller_has_a_bounded_number_of_streams(server: ServerProcess) -> None:
    """The seventeenth stream of one credential is told that there are sixteen."""
    async with connect(credentials(server, "maximus")) as channel:
        calls = [DecisionServiceStub(channel).Propose() for _ in range(16)]
        for call in calls:
            await call.write(v1.ProposeRequest(hello=v1.ClientHello(instance="instance-1")))
            await call.read()
        one_more = DecisionServiceStub(channel).Propose()
        await one_more.write(v1.ProposeRequest(hello=v1.ClientHello(instance="instance-1")))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await one_more.read()
        assert reason(ended.value) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS")
        for call in calls:
            call.cancel()
