"""Floods, of connections, of streams and of frames: each ends at its limit, and an honest cycle within its bound."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest

from benchmarks.programs import peak_bytes
from besieging import floods
from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_client.errors import UnreachableError
from governance_client.operator.freshness import Link
from governance_client.operator.session import OperatorSession, SessionSettings
from governance_server.engine.frames import length_delimited
from governance_server.rpc.limits import Limits
from tests.e2e.test_peers_readers import read_to_the_end, told_reason
from tests.support.bystanders import bystanders
from tests.support.http2 import peer
from tests.support.listening import listening
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20
CYCLE_S = 3.0
"""What an honest cycle, of some 5 ms on a quiet machine, may take beside a flood on a busy one."""
PROPOSE = "/governance.v1.DecisionService/Propose"


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all of them."""
    process = ServerProcess(tmp_path_factory.mktemp("floods") / "server")
    process.start()
    for name, role in (("maximus", "core"), ("intruder", "core"), ("operator-1", "soc_operator")):
        process.add(name, role)
    yield process
    assert process.stop() == 0


async def test_more_connections_than_there_may_be_are_closed_and_places_come_free() -> None:
    """Strangers who say nothing hold a place until the handshake is over time; who is in already notices nothing."""
    limits = Limits(max_connections=20, handshake_timeout_s=5.0)  # bob has to come while they hold their places
    async with asyncio.timeout(60), listening(limits) as server, AsyncExitStack() as stack:
        alice = await server.let_in("alice", v1.ROLE_SOC_OPERATOR)
        bob = await server.let_in("bob", v1.ROLE_SOC_OPERATOR)
        async with OperatorSession(alice) as desk:
            strangers = [stack.enter_context(await floods.connected(server.address)) for _ in range(60)]
            waiting = {asyncio.create_task(floods.ended(each)) for each in strangers}
            while len(waiting) >= limits.max_connections:
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            with pytest.raises(UnreachableError):
                async with OperatorSession(bob, SessionSettings(hello_s=0.5)):
                    raise AssertionError
            assert desk.link is Link.UP
            await asyncio.wait(waiting)
            async with OperatorSession(bob) as other:
                assert other.replica.ledger_id == desk.replica.ledger_id


async def test_a_stranger_does_not_keep_a_connection_without_a_call() -> None:
    """TLS alone is no reason to stay: who calls nothing is sent away."""
    async with asyncio.timeout(30), listening(Limits(idle_connection_s=0.3)) as server:
        async with peer(server.address, server.authority) as stranger:
            assert await stranger.ended()
        assert stranger.sent_away is not None


async def test_streams_without_a_hello_take_their_callers_places_and_end() -> None:
    """The seventeenth is refused at once, the sixteen are told that they were too slow; then there is room again."""
    limits = Limits(hello_timeout_s=2.0)
    async with asyncio.timeout(30), listening(limits) as server:
        intruder = await server.let_in("intruder", v1.ROLE_CORE)
        async with connect(intruder) as channel:
            calls: list[Any] = [DecisionServiceStub(channel).Propose(None) for _ in range(17)]
            endings = [await ending(call) for call in calls]
            assert sorted(endings) == [
                ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS"),
                *[("UNAVAILABLE", "CLIENT_TOO_SLOW")] * limits.max_streams_per_caller,
            ]
            call: Any = DecisionServiceStub(channel).Propose(None)
            await call.write(v1.ProposeRequest(hello=v1.ClientHello(instance="instance-1")))
            assert (await call.read()).HasField("hello")


async def ending(call: Any) -> tuple[str, str]:
    """The status a stream ends with, and its reason."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    return caught.value.code().name, told_reason(caught.value)


async def test_streams_in_all_are_bounded() -> None:
    """Whoever comes when the server has as many as it takes is told when to come back."""
    async with asyncio.timeout(30), listening(Limits(max_streams=3)) as server, AsyncExitStack() as stack:
        for number in range(3):
            operator = await server.let_in(f"operator-{number}", v1.ROLE_SOC_OPERATOR)
            await stack.enter_async_context(OperatorSession(operator))
        late = await server.let_in("late", v1.ROLE_CORE)
        async with connect(late) as channel:
            call: Any = DecisionServiceStub(channel).Propose()
            await call.write(v1.ProposeRequest(hello=v1.ClientHello(instance="instance-1")))
            assert await ending(call) == ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS")


async def test_a_compressed_bomb_does_not_go_off(flooded: ServerProcess) -> None:
    """64 MiB of zeros, some 64 KiB on the wire: the bound of 4 MiB holds for what comes out of it, too."""
    intruder = Credentials.load(flooded.directory / "credentials" / "intruder.toml")
    before = peak_bytes(flooded.pid)
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.max_send_message_length", -1)]
    async with grpc.aio.secure_channel(intruder.server, trust(intruder), options) as channel:
        submit = cast("Any", channel).unary_unary("/governance.v1.DecisionService/SubmitDecision")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await submit(bytes(64 * MIB), compression=grpc.Compression.Gzip)
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        call = cast("Any", channel).stream_stream(PROPOSE)(compression=grpc.Compression.Gzip)
        await call.write(bytes(64 * MIB))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call.read()
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert peak_bytes(flooded.pid) - before < 32 * MIB


def trust(credentials: Credentials) -> grpc.ChannelCredentials:
    """What a client of another make, which bounds nothing that it sends, connects with."""
    assert credentials.token is not None
    return grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(credentials.certificate_authority.encode()),
        grpc.access_token_call_credentials(credentials.token),
    )


def heavy_frames() -> dict[str, bytes]:
    """Frames below 4 MiB that are made to cost as much as they can: in time, or in memory."""
    room = 4 * MIB - 200
    command, action = v1.CoreCommand.PROPOSAL_FIELD_NUMBER, v1.Proposal.ACTION_FIELD_NUMBER
    keys = b"".join(
        length_delimited(v1.Action.PARAMETERS_FIELD_NUMBER, length_delimited(1, b"%x" % number))
        for number in range(room // 12)
    )
    empty = length_delimited(1, b"") * (room // 2)
    return {
        "two million empty commands": length_delimited(3, empty),
        "350,000 keys of a map": length_delimited(
            3, length_delimited(1, length_delimited(command, length_delimited(action, keys)))
        ),
        "two million commands, and then no message": length_delimited(3, empty[:-40] + length_delimited(1, b"\xff")),
        "a million groups, each in the one before": b"\xc3\x3e" * (room // 2),
    }


async def test_frames_that_are_made_to_cost_do_not_hold_up_the_others(flooded: ServerProcess) -> None:
    """Each of them ends its own stream, whoever else works waits a moment at most, and the memory is given back."""
    folder = flooded.directory / "credentials"
    intruder = Credentials.load(folder / "intruder.toml")
    before = peak_bytes(flooded.pid)
    async with bystanders(folder / "maximus.toml", folder / "operator-1.toml") as honest, connect(intruder) as channel:
        propose = cast("Any", channel).stream_stream(PROPOSE, bytes)

        async def attack(content: bytes) -> None:
            call = propose()
            await call.write(v1.ProposeRequest(hello=v1.ClientHello(instance="i")).SerializeToString())
            await call.read()
            await call.write(content)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await read_to_the_end(call)
            assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT

        for name, content in heavy_frames().items():
            assert len(content) < Limits().max_frame_bytes
            slowest_s = await honest.work_during(asyncio.ensure_future(attack(content)))
            assert slowest_s < CYCLE_S, name
    assert peak_bytes(flooded.pid) - before < 400 * MIB
