"""Every rpc of the contract, of health and of reflection, called in every role: exactly what is documented happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from governance import v1
from tests.support.admission import ROLES, admit, expel, issue, token_of
from tests.support.bearing import bearing, reason_of
from tests.support.messages import approval, core_frame, operator_frame, proposal
from tests.support.server import ServerProcess
from tests.unit.rpc_sites import METHODS, minimal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.message import Message

OPERATORS: Final = frozenset({"soc_operator", "soc_supervisor", "security_manager", "ciso"})
MANAGERS: Final = frozenset({"security_manager", "ciso"})
READERS: Final = OPERATORS | {"auditor"}
CORE: Final = frozenset({"core"})
EVERYONE: Final = READERS | CORE
WITNESSES: Final = frozenset({"auditor", "ciso"})
ADMINISTRATORS: Final = MANAGERS | {"auditor"}

WHO_MAY: Final = {
    "governance.v1.DecisionService.Propose": CORE,
    "governance.v1.DecisionService.SubmitDecision": CORE,
    "governance.v1.DecisionService.GetDecision": EVERYONE,
    "governance.v1.DecisionService.ListDecisions": EVERYONE,
    "governance.v1.DecisionService.WatchDecisions": EVERYONE,
    "governance.v1.DecisionService.CancelDecision": CORE,
    "governance.v1.DecisionService.AcceptOrder": CORE,
    "governance.v1.DecisionService.ReportOutcome": CORE,
    "governance.v1.ConsoleService.Operate": OPERATORS,
    "governance.v1.ConsoleService.SubmitVerdict": OPERATORS,
    "governance.v1.ConsoleService.GetStatistics": READERS,
    "governance.v1.ConsoleService.ListOperators": READERS,
    "governance.v1.ConsoleService.ListEligibleOperators": READERS,
    "governance.v1.ConsoleService.ListHalts": EVERYONE,
    "governance.v1.ConsoleService.ListSimilarDecisions": READERS,
    "governance.v1.ConsoleService.GetOperatorStatistics": READERS,
    "governance.v1.AuditService.ListEntries": READERS,
    "governance.v1.AuditService.GetCheckpoint": READERS,
    "governance.v1.AuditService.GetInclusionProof": READERS,
    "governance.v1.AuditService.GetConsistencyProof": READERS,
    "governance.v1.AuditService.AddCosignature": WITNESSES,
    "governance.v1.AdministrationService.ListCredentials": ADMINISTRATORS,
    "governance.v1.AdministrationService.GetPolicy": READERS,
    "governance.v1.AdministrationService.CheckPolicy": READERS,
    "governance.v1.AdministrationService.ApplyPolicy": MANAGERS,
    "governance.v1.AdministrationService.ReplayPolicy": READERS,
    "grpc.health.v1.Health.Check": EVERYONE,
    "grpc.health.v1.Health.List": EVERYONE,
    "grpc.health.v1.Health.Watch": EVERYONE,
    "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo": EVERYONE,
}
"""Who may call what: the test's own table, apart from the server's. An rpc that is not in it fails the tests."""

NOT_OK: Final = {
    "governance.v1.DecisionService.GetDecision": "NOT_FOUND",
    "governance.v1.ConsoleService.ListEligibleOperators": "NOT_FOUND",
    "governance.v1.ConsoleService.ListSimilarDecisions": "NOT_FOUND",
    "governance.v1.AuditService.AddCosignature": "INVALID_ARGUMENT",
    "grpc.health.v1.Health.List": "UNIMPLEMENTED",
}
"""What the smallest valid request ends with for whoever may call, where that is not OK: mostly, it names nothing there
is."""
NOT_OK_FOR: Final = {("governance.v1.AdministrationService.ReplayPolicy", "auditor"): "PERMISSION_DENIED"}
"""The same for one role alone: the built-in policy shows an auditor no personal data, and a replay could."""

REQUESTS: Final[dict[str, Message]] = {
    "GetOperatorStatistics": v1.GetOperatorStatisticsRequest(operator="the-soc_operator"),
    "ReplayPolicy": v1.ReplayPolicyRequest(document="[sla]\nlow_s = 600\n"),
}
"""What is asked where the smallest valid request would not say enough."""

STRANGERS: Final = {
    "nobody": "CREDENTIAL_MISSING",
    "unknown": "CREDENTIAL_REFUSED",
    "revoked": "CREDENTIAL_REFUSED",
    "expired": "CREDENTIAL_EXPIRED",
}
"""Who is not let in, and why not."""

ELSEWHERE: Final = tuple(
    method
    for file in (health_pb2, reflection_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)
ALL: Final[tuple[MethodDescriptor, ...]] = (*METHODS, *ELSEWHERE)
GUARDED: Final = tuple(method for method in METHODS if not WHO_MAY.get(method.full_name, frozenset()) >= set(ROLES))
"""The rpcs that some role may not call. None of `ELSEWHERE`: every role may call those."""


def name_of(method: MethodDescriptor) -> str:
    return f"{method.containing_service.name}.{method.name}"


rpcs = pytest.mark.parametrize("method", ALL, ids=name_of)


class House:
    """A server, and a channel for each caller. Has no repr of its own, so that a test that fails prints no token."""

    def __init__(self, server: ServerProcess, tokens: dict[str, str | None]) -> None:
        self.server = server
        self._tokens = tokens

    def bearing(self, who: str) -> Any:
        return bearing(self.server, self._tokens[who])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One real server for all of them, and a caller in every role, two who are not let in any more, and two never."""
    server = ServerProcess(tmp_path_factory.mktemp("matrix") / "server")
    root = server.directory
    tokens: dict[str, str | None] = {role: token_of(admit(root, f"the-{role}", role)) for role in ROLES}
    tokens["revoked"] = token_of(admit(root, "former", "ciso"))
    expel(root, "former")
    tokens["expired"] = issue(root, "late", "ciso", ends_in_s=-1)
    tokens["nobody"] = None
    tokens["unknown"] = f"gw1.{'0' * 16}.{'A' * 43}"
    server.start()
    yield House(server, tokens)
    assert server.stop() == 0


@pytest.fixture
async def untouched(house: House) -> AsyncIterator[None]:
    """Whatever is refused leaves the ledger as it was."""
    before = await head(house)
    yield
    assert await head(house) == before


async def head(house: House) -> int:
    async with house.bearing("auditor") as channel:
        call = channel.unary_stream(
            "/governance.v1.AuditService/ListEntries", response_deserializer=v1.ListEntriesResponse.FromString
        )(v1.ListEntriesRequest(limit=1).SerializeToString())
        async for response in call:
            return int(response.head_offset)
    raise AssertionError


def first_frame(method: MethodDescriptor) -> Message:
    """What a caller of an rpc begins with."""
    if method.name in REQUESTS:
        return REQUESTS[method.name]
    if method in ELSEWHERE:
        message = GetMessageClass(method.input_type)()
        if method.name == "ServerReflectionInfo":
            message.list_services = "*"  # type: ignore[attr-defined]  # of that message
        return message
    if method.client_streaming:
        hello = v1.ClientHello(instance="instance-1")
        return v1.ProposeRequest(hello=hello) if method.name == "Propose" else v1.OperateRequest(hello=hello)
    smallest: Message = minimal(method.input_type)
    return smallest


async def outcome(channel: grpc.aio.Channel, method: MethodDescriptor, request: bytes) -> tuple[str, str]:
    """Call an rpc, and read until it ends or has answered once; return its status, and the reason if it has one."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    shape = (method.client_streaming, method.server_streaming)
    try:
        async with asyncio.timeout(20):
            if shape == (False, False):
                await cast("Any", channel).unary_unary(path)(request)
                return "OK", ""
            call: Any = (
                cast("Any", channel).unary_stream(path)(request)
                if shape == (False, True)
                else cast("Any", channel).stream_stream(path)()
            )
            if method.client_streaming:
                await call.write(request)
            first = await call.read()
            if first is not grpc.aio.EOF:
                call.cancel()
                return "OK", ""
            return (await call.code()).name, ""
    except grpc.aio.AioRpcError as error:
        return error.code().name, reason_of(error)


def test_every_rpc_has_its_line() -> None:
    """A new rpc, of ours or of what we serve beside it, fails here until somebody says who may call it."""
    assert set(WHO_MAY) == {method.full_name for method in ALL}
    assert set(NOT_OK) | {rpc for rpc, _ in NOT_OK_FOR} <= set(WHO_MAY)


async def test_nothing_else_is_served(house: House) -> None:
    """What the server offers, by its own account, are the services of the table; anything else it does not know."""
    service = "grpc.reflection.v1alpha.ServerReflection"
    async with house.bearing("core") as channel:
        call = channel.stream_stream(
            f"/{service}/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services="*"))
        answer: Any = await call.read()
        call.cancel()
        offered = {one.name for one in answer.list_services_response.service}
        assert offered == {name.rpartition(".")[0] for name in WHO_MAY}
        for unknown in ("/governance.v1.DecisionService/Nothing", "/governance.v2.DecisionService/Propose", "/x/y"):
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await cast("Any", channel).unary_unary(unknown)(b"")
            assert ended.value.code() == grpc.StatusCode.UNIMPLEMENTED


@rpcs
@pytest.mark.usefixtures("untouched")
async def test_who_may_not_call_an_rpc_is_told_so_and_changes_nothing(house: House, method: MethodDescriptor) -> None:
    """Strangers are not let in, and roles that may not call are refused, in one and the same way everywhere."""
    request = first_frame(method).SerializeToString()
    refused = {role: "ROLE_NOT_ALLOWED" for role in ROLES if role not in WHO_MAY[method.full_name]}
    for who, reason in {**STRANGERS, **refused}.items():
        async with house.bearing(who) as channel:
            status = "PERMISSION_DENIED" if who in refused else "UNAUTHENTICATED"
            assert await outcome(channel, method, request) == (status, reason), who


@pytest.mark.parametrize("method", GUARDED, ids=name_of)
@pytest.mark.usefixtures("untouched")
async def test_no_request_gets_around_that(house: House, method: MethodDescriptor) -> None:
    """Who may not call an rpc learns nothing by what it sends: bytes that are no message get the same answer."""
    for who in [role for role in ROLES if role not in WHO_MAY[method.full_name]]:
        async with house.bearing(who) as channel:
            for content in (b"", b"\xff\xff garbage"):
                ended = await outcome(channel, method, content)
                assert ended == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"), who


@rpcs
async def test_who_may_call_an_rpc_is_let_in(house: House, method: MethodDescriptor) -> None:
    """With the smallest valid request, every role that may call gets what the contract documents for it."""
    request = first_frame(method).SerializeToString()
    for who in sorted(WHO_MAY[method.full_name]):
        async with house.bearing(who) as channel:
            if method.name == "GetCheckpoint":  # a second after the first entry at the latest
                while (ended := await outcome(channel, method, request)) == ("NOT_FOUND", "CHECKPOINT_NOT_FOUND"):
                    pass
            else:
                ended = await outcome(channel, method, request)
            expected = NOT_OK_FOR.get((method.full_name, who)) or NOT_OK.get(method.full_name, "OK")
            assert ended[0] == expected, who


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("rpc", ["Propose", "Operate"])
async def test_no_first_frame_opens_a_channel_to_whom_it_is_not_for(house: House, rpc: str) -> None:
    """Neither a hello nor commands nor a frame from the future: an operator cannot propose, nobody else can judge."""
    method = next(method for method in METHODS if method.name == rpc)
    hello = v1.ClientHello(instance="instance-1")
    seen = v1.Decision(decision_id="decision-000001", action_digest=bytes(32))
    frames: tuple[Message, ...] = (
        v1.ProposeRequest(hello=hello),
        core_frame([v1.CoreCommand(proposal=proposal())]),
        v1.ProposeRequest(),
        v1.OperateRequest(hello=hello),
        operator_frame([approval(seen)]),
        v1.OperateRequest(),
    )
    kinds = {field.name for field in method.input_type.oneofs_by_name["frame"].fields}
    assert kinds == {"hello", "commands"}, "a new kind of frame has to be tried here, too"
    for who in [role for role in ROLES if role not in WHO_MAY[method.full_name]]:
        async with house.bearing(who) as channel:
            for frame in frames:
                ended = await outcome(channel, method, frame.SerializeToString())
                assert ended == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"), who
