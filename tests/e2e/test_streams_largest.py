"""The largest decision there may be, on a stream: it fits a frame once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_server.domain.command import Command
from governance_server.domain.refusal import MOST_REMARKS
from governance_server.rpc.limits import KIB, MAX_ANSWER_BYTES, MAX_PROPOSAL_BYTES, MIB, Limits
from tests.support.listening import listening
from tests.support.messages import CORE, OPERATOR_1, proposal

if TYPE_CHECKING:
    from governance_server.rpc.edge import Edge

LONGEST = "\N{GRINNING FACE}" * 4096
"""The longest remark, of characters of four bytes."""


async def accepted(edge: Edge, actor: v1.Actor, command: v1.CoreCommand | v1.OperatorCommand) -> None:
    """Have a command accepted."""
    receipt = await edge.ask(Command(actor, command))
    assert receipt.HasField("accepted"), receipt


async def crammed(edge: Edge) -> v1.Decision:
    """Return a decision with as many notes, questions and answers as it may have, nearly all as long as they may be."""
    large = proposal(1)
    large.evidence.exhibits.add(name="payload", text="x" * (MAX_PROPOSAL_BYTES - 4 * KIB))
    await accepted(edge, CORE, v1.CoreCommand(proposal=large))
    name = large.decision_id
    answer = v1.Evidence(exhibits=[v1.Exhibit(name="payload", text="x" * (MAX_ANSWER_BYTES - 4 * KIB))])
    for number in range(MOST_REMARKS["inquiries"]):
        version = edge.governor.open_decisions[name].version
        ask = v1.Verdict(decision_id=name, version=version, request_information=v1.RequestInformation(question=LONGEST))
        await accepted(edge, OPERATOR_1, v1.OperatorCommand(request_id=f"ask-{number}", verdict=ask))
        provided = v1.ProvideInformation(decision_id=name, evidence=answer)
        await accepted(edge, CORE, v1.CoreCommand(request_id=f"answer-{number}", provide_information=provided))
    for number in range(MOST_REMARKS["notes"]):
        note = v1.AddNote(decision_id=name, text=LONGEST)
        await accepted(edge, OPERATOR_1, v1.OperatorCommand(request_id=f"note-{number}", add_note=note))
    return edge.governor.open_decisions[name]


async def test_a_refusal_that_carries_the_largest_decision_and_its_change_come_one_after_the_other() -> None:
    """Together they are more than gRPC takes; the change comes first, and then the answers."""
    async with asyncio.timeout(60), listening(Limits()) as server:
        decision = await crammed(server.edge)
        assert 2 * MIB < decision.ByteSize() < 4 * MIB
        alice = await server.let_in("alice", v1.ROLE_SOC_OPERATOR)
        async with connect(alice) as channel:
            call: Any = ConsoleServiceStub(channel).Operate()
            hello = v1.ClientHello(offset=decision.offset, ledger_id=server.edge.ledger_id)
            await call.write(v1.OperateRequest(hello=hello))
            one_too_many = v1.AddNote(decision_id=decision.decision_id, text="More.")
            claim = v1.ClaimDecision(decision_id=decision.decision_id)
            commands = [
                v1.OperatorCommand(request_id="note", add_note=one_too_many),
                v1.OperatorCommand(request_id="claim", claim=claim),
            ]
            await call.write(v1.OperateRequest(sequence=2, commands=v1.OperatorCommands(commands=commands)))
            told: list[str] = []
            while "claim" not in told:
                frame = await call.read()
                told += [change.decision.decision_id for change in frame.news.changes]
                told += [receipt.request_id for receipt in frame.news.receipts]
    assert told == [decision.decision_id, "note", "claim"]
