"""Stop: what everybody sees of a halt, from its declaration to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.halts import declaration, releasing
from tests.support.messages import acceptance, approval, proposal
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.support.server import ServerProcess

FIRST = "decision-000001"
SECOND = "decision-000002"


def halts(wire: Any) -> list[v1.Halt]:
    """The halts that came down a stream, in order."""
    return [halt for frame in wire.frames for halt in frame.news.halts]


async def test_a_halt_from_end_to_end(server: ServerProcess) -> None:
    """Core and operators are told, the order is taken back, what is approved waits, and two people let it go on."""
    core = server.add("maximus", "core")
    operator = server.add("operator-1", "soc_operator")
    supervisor, chief = server.add("sue", "soc_supervisor"), server.add("chris", "ciso")
    async with propose_stream(core) as up, operate_stream(operator) as down, operate_stream(supervisor) as above:
        await up.answer(v1.CoreCommand(proposal=proposal(1)))
        await up.answer(v1.CoreCommand(proposal=proposal(2)))
        await down.until(lambda wire: len(wire.replica) == 2)
        await down.answer(approval(down.replica[FIRST], "approve-1"))
        await up.until(lambda wire: wire.replica[FIRST].HasField("order"))
        leave = acceptance(up.replica[FIRST])

        assert (await above.answer(declaration())).HasField("accepted")
        for wire in (up, down, above):
            await wire.until(lambda one: halts(one) and one.replica[FIRST].held)
        assert (await up.answer(leave)).refused.reason == v1.REFUSAL_REASON_HALTED
        await down.answer(approval(down.replica[SECOND], "approve-2"))
        await up.until(lambda wire: wire.replica[SECOND].held)
        (name,) = {halt.halt_id for halt in halts(down)}

        await above.answer(releasing(name))
        async with operate_stream(chief) as last:
            assert [halt.halt_id for halt in last.hello.halts] == [name]
            assert [actor.name for actor in last.hello.halts[0].released_by] == ["sue"]
            await last.answer(releasing(name))
        for wire in (up, down):
            await wire.until(lambda one: halts(one)[-1].released)
        await up.until(lambda wire: all(wire.replica[one].HasField("order") for one in (FIRST, SECOND)))
        assert up.replica[FIRST].order.order_id == f"{FIRST}/2"
        leave = acceptance(up.replica[FIRST], "accept-2")
        assert (await up.answer(leave)).HasField("accepted")


async def test_a_halt_survives_kill(server: ServerProcess) -> None:
    """After `kill -9` the halt is in force and shown: in the first frame, in the list and in the statistics."""
    core, supervisor = server.add("maximus", "core"), server.add("sue", "soc_supervisor")
    async with operate_stream(supervisor) as above:
        await above.answer(declaration(v1.HaltScope(target="192.0.2.2")))
    server.kill()
    server.start()
    async with propose_stream(core) as up:
        (halt,) = up.hello.halts
        assert halt.scope.target == "192.0.2.2"
        assert halt.reason == "Core blocks the wrong hosts."
        await up.answer(v1.CoreCommand(proposal=proposal(1, confidence=0.99)))
        await up.until(lambda wire: wire.replica)
        assert up.replica[FIRST].state == v1.DECISION_STATE_PENDING
    listed, counted = await shown(supervisor)
    assert list(listed.halts) == list(counted.halts) == [halt]


async def shown(credentials: Path) -> tuple[v1.ListHaltsResponse, v1.GetStatisticsResponse]:
    """What a program is told of the halts."""
    async with connect(Credentials.load(credentials)) as channel:
        console: Any = ConsoleServiceStub(channel)
        return await console.ListHalts(v1.ListHaltsRequest()), await console.GetStatistics(v1.GetStatisticsRequest())


async def test_who_could_decide(server: ServerProcess) -> None:
    """Those who may are listed, the connected first; who has voted is marked, and the auditor is not among them."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    for name, role in (("sue", "soc_supervisor"), ("audrey", "auditor"), ("amy", "soc_operator")):
        server.add(name, role)
    async with propose_stream(core) as up, operate_stream(operator):
        await up.answer(v1.CoreCommand(proposal=proposal(1)))
        async with connect(Credentials.load(operator)) as channel:
            console: Any = ConsoleServiceStub(channel)
            request = v1.ListEligibleOperatorsRequest(decision_id=FIRST)
            answer = await console.ListEligibleOperators(request)
            assert [(one.operator.name, one.reachable, one.voted) for one in answer.operators] == [
                ("operator-1", True, False),
                ("amy", False, False),
                ("sue", False, False),
            ]
            assert answer.quorum == v1.Quorum(required=1)
            command = approval(v1.Decision(decision_id=FIRST, action_digest=b""))
            command.verdict.version = 1
            await console.SubmitVerdict(v1.SubmitVerdictRequest(command=command))
            assert not (await console.ListEligibleOperators(request)).operators
