"""Readers that are slow, or never read: they cost nobody else anything to speak of, and the stuck ones are let go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from benchmarks.progress import Progress
from besieging import readers
from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_server.domain.command import Command
from governance_server.rpc.limits import Limits
from tests.support.listening import listening
from tests.support.messages import CORE, approval, proposal
from tests.support.server import ServerProcess
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = readers.Sizes(operators=40, slow=4, stuck=2, rounds=9, proposals=8)
"""`scripts/besiege readers` takes the full size, and holds the others to twice the time."""
NOISE = 5.0
"""So few rounds of so few, beside other tests, find up to three times as long by chance; a reader whom the server waits
for would make it hundreds."""


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A second server, so that both can be measured at the same time."""
    process = ServerProcess(tmp_path / "other")
    process.start()
    yield process
    process.close()


async def test_slow_and_stuck_readers_do_not_keep_the_others_waiting(
    server: ServerProcess, other_server: ServerProcess
) -> None:
    """Beside them a decision is on every other screen in no time of another order, and the server's memory bounded."""
    found = await readers.cost(server, other_server, SMALL, Progress())
    assert found.ratio < readers.WORSE * NOISE
    bounded = {figure.name: figure.holds for figure in readers.figures(SMALL, found) if figure.most is not None}
    bounded.pop("as many times as long")
    assert bounded == {"server's peak memory grew meanwhile by": True}


async def test_who_takes_nothing_is_let_go() -> None:
    """After `write_timeout_s` its place is free, and it is told why, if it reads after all."""
    limits = Limits(write_timeout_s=0.5, progress_interval_s=0.1)
    async with asyncio.timeout(30), listening(limits) as server:
        alice = await server.let_in("alice", v1.ROLE_SOC_OPERATOR)
        async with connect(alice) as channel:
            call: Any = ConsoleServiceStub(channel).Operate()
            await call.write(v1.OperateRequest(hello=v1.ClientHello()))
            assert (await call.read()).HasField("hello")
            number = 0
            while server.edge.connections.operators():
                number += 1
                large = proposal(number)
                large.evidence.exhibits.add(name="payload", text="x" * 60_000)
                receipt = await server.edge.ask(Command(CORE, v1.CoreCommand(proposal=large)))
                assert receipt.HasField("accepted")
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await read_to_the_end(call)
    assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
    assert told_reason(ended.value) == "CLIENT_TOO_SLOW"


async def read_to_the_end(call: Any) -> None:
    """Read a stream until it ends."""
    while await call.read() is not grpc.aio.EOF:
        pass


def told_reason(error: grpc.aio.AioRpcError) -> str:
    """The contract's reason that a status carries."""
    status: Any = rpc_status.from_call(error)  # type: ignore[arg-type]  # has what a sync call has
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return str(info.reason)


async def test_answers_that_are_too_many_for_a_frame_come_in_several(server: ServerProcess) -> None:
    """A refusal carries the decision as it stands: a hundred of a large one are more than gRPC takes; all arrive."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    large = proposal(1)
    for number in range(4):
        large.evidence.exhibits.add(name=f"payload-{number}", text="x" * 60_000)
    async with propose_stream(core) as up, operate_stream(operator) as down:
        await up.answer(v1.CoreCommand(proposal=large))
        await down.until(lambda wire: wire.replica)
        stale = v1.Decision(decision_id=large.decision_id, action_digest=bytes(32))
        await down.send(*(approval(stale, f"stale-{number}") for number in range(100)))
        await down.until(lambda wire: len(wire.receipts) == 100)
    assert all(receipt.refused.HasField("current") for receipt in down.receipts.values())
    assert sum(frame.ByteSize() for frame in down.frames) > 16 << 20
    assert max(frame.ByteSize() for frame in down.frames) < 2 << 20
