"""The real server, killed with `kill -9` under load: what was acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import grpc

from governance import v1
from tests.support.messages import approval, core_frame, operator_frame, proposal
from tests.support.server import run_server_command
from tests.support.wire import StreamEndedError, Wire, operate_stream, propose_stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import ServerProcess

ROUNDS = 6
FRAME = 16


class Load:
    """A core that proposes and an operator that approves, as fast as it goes, noting every receipt.

    Attributes:
        proposals: The offset of every accepted proposal's entry, by decision id.
        verdicts: The same of every accepted approval, by decision id.
    """

    def __init__(self) -> None:
        self.proposals: dict[str, int] = {}
        self.verdicts: dict[str, int] = {}
        self._aim = 0
        self._reached = asyncio.Event()

    async def run_until_killed(self, server: ServerProcess, core: Path, operator: Path, target: int) -> None:
        """Load the server, and kill it as soon as it has acknowledged so many proposals more."""
        self._aim = len(self.proposals) + target
        self._reached.clear()
        async with propose_stream(core) as up, operate_stream(operator) as down:
            killing = asyncio.create_task(self._kill(server))
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._propose(up))
                    tasks.create_task(self._note_proposals(up))
                    tasks.create_task(self._approve(down))
            except* (grpc.aio.AioRpcError, StreamEndedError, asyncio.InvalidStateError):
                pass
            await killing

    async def _kill(self, server: ServerProcess) -> None:
        await self._reached.wait()
        await asyncio.to_thread(server.kill)

    async def _propose(self, wire: Wire[v1.ProposeResponse]) -> None:
        number = len(self.proposals)
        while True:
            frame = [v1.CoreCommand(proposal=proposal(number + index)) for index in range(FRAME)]
            await wire.call.write(core_frame(frame))
            number += FRAME

    async def _note_proposals(self, wire: Wire[v1.ProposeResponse]) -> None:
        while True:
            frame = await wire.read()
            accepted = (receipt for receipt in frame.news.receipts if receipt.HasField("accepted"))
            self.proposals |= {receipt.request_id: receipt.accepted.offset for receipt in accepted}
            if len(self.proposals) >= self._aim:
                self._reached.set()

    async def _approve(self, wire: Wire[v1.OperateResponse]) -> None:
        while True:
            news = (await wire.read()).news
            accepted = (receipt for receipt in news.receipts if receipt.HasField("accepted"))
            self.verdicts |= {receipt.request_id: receipt.accepted.offset for receipt in accepted}
            seen = [change.decision for change in news.changes]
            pending = [one for one in seen if one.state == v1.DECISION_STATE_PENDING]
            if pending:
                await wire.call.write(operator_frame([approval(one, one.decision_id) for one in pending]))


async def test_what_was_acknowledged_survives_kill_9(server: ServerProcess) -> None:
    """Over several kills: every acknowledged proposal and verdict is there, at its offset, and the chain holds."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    known = Load()
    chance = random.Random(20260102)  # the points of the kills; which commit they hit is the machine's chance
    for _ in range(ROUNDS):
        await known.run_until_killed(server, core, operator, chance.randrange(1, 600))
        run_server_command("check", str(server.directory))
        server.start()
        await assert_all_there(core, operator, known)
    assert len(known.proposals) > ROUNDS
    assert known.verdicts


async def assert_all_there(core: Path, operator: Path, known: Load) -> None:
    """Ask again for everything that was acknowledged, and compare with what is told from the beginning."""
    async with propose_stream(core) as up, operate_stream(operator) as down:
        await down.until(lambda wire: wire.offset >= wire.hello.head_offset)
        assert set(known.proposals) <= set(down.replica)
        for decision_id in known.verdicts:
            assert down.replica[decision_id].state == v1.DECISION_STATE_APPROVED
            assert down.replica[decision_id].approval.actor.name == "operator-1"
        numbers = [int(decision_id.rpartition("-")[2]) for decision_id in known.proposals]
        await up.send(*(v1.CoreCommand(proposal=proposal(number)) for number in numbers[:1000]))
        await up.until(lambda wire: len(wire.receipts) >= min(1000, len(numbers)))
        for request_id, receipt in up.receipts.items():
            assert receipt.accepted.offset == known.proposals[request_id]
        orders = [decision.order.order_id for decision in down.replica.values() if decision.HasField("order")]
        assert len(orders) == len(set(orders))
        assert all(order.endswith("/1") for order in orders)
