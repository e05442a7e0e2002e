"""An operator's session asks a real server: like decisions, figures, entries, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_client.errors import InvalidRequestError, NotFoundError
from governance_client.operator import JudgementRequiredError, OperatorSession, commands
from governance_server.domain.moment import timestamp
from tests.support.messages import proposal
from tests.support.server import UNLIMITED, ServerProcess
from tests.support.wire import propose_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AFTER_JUDGEMENT = UNLIMITED + '\n[console]\nsimilar = "after_judgement"\n\n[console.reading_s]\ncritical = 5\n'
D1, D2, D3 = (f"decision-{number:06d}" for number in (1, 2, 3))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose policy holds back how like decisions ended."""
    process = ServerProcess(tmp_path / "server", policy=AFTER_JUDGEMENT)
    process.start()
    yield process
    process.close()


async def propose(server: ServerProcess, *numbers: int) -> None:
    """Make proposals that are all alike, and wait until they are recorded."""
    async with propose_stream(server.add("maximus", "core")) as core:
        await core.send(*(v1.CoreCommand(proposal=proposal(number)) for number in numbers))
        await core.until(lambda wire: len(wire.receipts) == len(numbers))


async def test_an_operator_asks(server: ServerProcess) -> None:
    """What an operator did comes back as figures, entries and ends, and nobody learns of like ends before judging."""
    await propose(server, 1, 2, 3)
    alice = Credentials.load(server.add("operator-1", "soc_operator"))
    bob = Credentials.load(server.add("operator-2", "soc_operator"))
    async with OperatorSession(alice) as session, OperatorSession(bob) as other:
        while len(session.replica.urgent()) < 3:
            await session.news()
        assert session.rules.similar_after_judgement
        assert [(one.risk, one.least.seconds) for one in session.rules.reading] == [(v1.RISK_LEVEL_CRITICAL, 5)]
        second = session.replica.get(D2)
        assert second is not None
        await session.reject(D2, second.action_digest, "A scanner of our own.")
        with pytest.raises(JudgementRequiredError):
            await session.similar(D1)
        await session.command(commands.defer(D1, second.action_digest, 60))  # refused: another action's digest
        with pytest.raises(JudgementRequiredError):
            await session.similar(D1)
        first = session.replica.get(D1)
        assert first is not None
        await session.command(commands.defer(D1, first.action_digest, 60))
        found = await session.similar(D1)
        assert [each.decision_id for each in found.decisions] == [D2]
        assert found.open == 1
        assert [each.decision_id for each in (await other.similar(D2)).decisions] == []

        mine = await other.operator_statistics("operator-1")
        assert (mine.operator, mine.rejected, mine.approved, mine.connected) == ("operator-1", 1, 0, True)
        assert [(one.event, one.count) for one in mine.events] == [("decision_deferred", 1), ("decision_rejected", 1)]
        assert (await session.operator_statistics()).rejected == 1
        assert (await other.operator_statistics()).rejected == 0
        with pytest.raises(NotFoundError, match="no operator nobody"):
            await session.operator_statistics("nobody")
        with pytest.raises(InvalidRequestError, match="31 days"):
            await session.operator_statistics(since=timestamp(1_000_000))

        entries = [v1.Entry.FromString(record.entry) for record in await session.entries(D2)]
        assert [event.WhichOneof("kind") for entry in entries for event in entry.events] == [
            "decision_proposed",
            "decision_rejected",
        ]
        assert (await session.statistics()).offset == entries[-1].offset + 1
        assert [(one.name, one.connected) for one in await session.operators()] == [
            ("operator-1", True),
            ("operator-2", True),
        ]
        health = await session.health()
        assert health.serving
        assert health.took_s > 0


async def test_an_auditor_is_never_held_back(server: ServerProcess) -> None:
    """An auditor, who has no stream, is told by the rpc alone, and may read anybody's figures."""
    await propose(server, 1)
    server.add("operator-1", "soc_operator")
    auditor = Credentials.load(server.add("auditor-1", "auditor"))
    async with connect(auditor) as channel:
        stub = ConsoleServiceStub(channel)
        assert await stub.ListSimilarDecisions(v1.ListSimilarDecisionsRequest(decision_id=D1)) is not None
        figures = await stub.GetOperatorStatistics(v1.GetOperatorStatisticsRequest(operator="operator-1"))
        assert figures.role == v1.ROLE_SOC_OPERATOR
    core = Credentials.load(server.directory / "credentials" / "maximus.toml")
    async with connect(core) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ConsoleServiceStub(channel).ListSimilarDecisions(v1.ListSimilarDecisionsRequest(decision_id=D1))
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
