"""What those who run the server rely on: health, reflection, logs without secrets, and an end in time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from governance import v1
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import approval, proposal
from tests.support.wire import StreamEndedError, operate_stream, propose_stream

if TYPE_CHECKING:
    from tests.support.server import ServerProcess

CANARY = "canary-8f14e45f"


async def test_health_says_serving_of_every_service(server: ServerProcess) -> None:
    """grpc.health.v1, for the server as a whole and for each service by name."""
    auditor = Credentials.load(server.add("auditor-1", "auditor"))
    async with connect(auditor) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        for service in ("", "governance.v1.DecisionService", "governance.v1.ConsoleService"):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
        assert unknown.value.code() == grpc.StatusCode.NOT_FOUND


async def test_reflection_lists_the_contract(server: ServerProcess) -> None:
    """Tools such as grpcurl find every service without the .proto files."""
    auditor = Credentials.load(server.add("auditor-1", "auditor"))
    async with connect(auditor) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
        call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        answer = await call.read()
    listed = {service.name for service in answer.list_services_response.service}
    assert {f"governance.v1.{name}Service" for name in ("Decision", "Console", "Audit", "Administration")} <= listed


async def test_the_log_holds_facts_and_neither_contents_nor_credentials(server: ServerProcess) -> None:
    """What core and operators wrote stays out of it, as does every secret; each line is JSON."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    content = proposal()
    content.evidence.reasoning = CANARY
    content.action.parameters["note"] = CANARY
    async with propose_stream(core) as up, operate_stream(operator) as down:
        await up.answer(v1.CoreCommand(proposal=content))
        await down.until(lambda wire: wire.replica)
        verdict = approval(down.replica["decision-000001"])
        verdict.verdict.comment = CANARY
        await down.answer(verdict)
        broken = proposal(2)
        broken.threat.type = CANARY * 50
        await up.send(v1.CoreCommand(proposal=broken))
        with pytest.raises(grpc.aio.AioRpcError):
            await up.until(lambda _: False)
    assert server.stop() == 0
    text = server.log_path.read_text()
    assert CANARY not in text
    for path in (core, operator):
        assert (Credentials.load(path).token or CANARY) not in text
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert {"ledger verified", "session began", "session ended", "call ended", "stopping", "stopped"} <= set(events)


async def test_a_hostile_client_name_cannot_forge_a_line_of_the_log(server: ServerProcess) -> None:
    """Control characters and escape sequences are written as what they are."""
    operator = Credentials.load(server.add("operator-1", "soc_operator"))
    async with connect(operator) as channel:
        call: Any = channel.stream_stream(
            "/governance.v1.ConsoleService/Operate",
            request_serializer=v1.OperateRequest.SerializeToString,
            response_deserializer=v1.OperateResponse.FromString,
        )()
        await call.write(v1.OperateRequest(hello=v1.ClientHello(client="x\n\x1b[2J\u202eforged")))
        await call.read()
        call.cancel()
    assert server.stop() == 0
    text = server.log_path.read_text()
    assert text.isascii()
    assert "\x1b" not in text
    assert not any(line.startswith("\\x1b") for line in text.splitlines())


async def test_a_busy_server_ends_within_ten_seconds(server: ServerProcess) -> None:
    """With streams open and commands under way: everything that was acknowledged is there afterwards."""
    core = server.add("maximus", "core")
    streams = [server.add(f"operator-{number}", "soc_operator") for number in range(3)]
    async with (
        propose_stream(core) as up,
        operate_stream(streams[0]),
        operate_stream(streams[1]),
        operate_stream(streams[2]),
    ):
        await up.send(*(v1.CoreCommand(proposal=proposal(number)) for number in range(1000)))
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10
        with pytest.raises(StreamEndedError):
            await up.until(lambda _: False)
        acknowledged = set(up.receipts)
    server.start()
    async with propose_stream(core) as up:
        await up.until(lambda wire: wire.offset >= wire.hello.head_offset)
        assert acknowledged <= set(up.replica)
