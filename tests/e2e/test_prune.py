"""What is beyond its retention is pruned beside a running server, which goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_server.domain.command import Command
from governance_server.domain.moment import SECOND_US
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.ledger.sqlite_store import SqliteStore
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import CORE, OPERATOR_1, proposal, rejection
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import propose_stream

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO_US = 1_600_000_000 * SECOND_US
POLICY = "[privacy]\nretention_days = 30\n[limits]\noperator_requests_per_minute = 0\nproposals_per_hour = 0\n"
DECISIONS = 300
CANARY = "mary.canary@example.com"


async def live(ledger: Path) -> None:
    """Have a ledger lived, long ago: decisions proposed and rejected."""
    store, clock, entropy = await SqliteStore.open(ledger, create=True), ManualClock(LONG_AGO_US), CountedEntropy()
    await create_ledger(store, clock, entropy, policy=POLICY)
    governor = Governor(store, clock, entropy)
    await governor.recover()
    numbers = range(1000, 1000 + DECISIONS)
    proposals = [proposal(number) for number in numbers]
    proposals[0].evidence.reasoning = CANARY
    answers: list[v1.Receipt] = []
    proposing = [Command(CORE, v1.CoreCommand(proposal=one)) for one in proposals]
    await governor.submit(proposing, answers.extend)  # type: ignore[arg-type]  # no fault
    await governor.drain()
    clock.advance(SECOND_US)
    decisions = [governor.open_decisions[one.decision_id] for one in proposals]
    rejecting = [Command(OPERATOR_1, rejection(one, f"reject-{one.decision_id}")) for one in decisions]
    await governor.submit(rejecting, answers.extend)  # type: ignore[arg-type]  # no fault
    await governor.drain()
    assert all(answer.HasField("accepted") for answer in answers)
    await store.close()


@pytest.fixture
def old(tmp_path: Path) -> ServerProcess:
    """A server with a ledger of long ago, as an older version has left it: without a key for its checkpoints."""
    server = ServerProcess(tmp_path / "server")
    for path in (*server.directory.glob("ledger.db*"), *server.directory.glob("checkpoint.*")):
        path.unlink()
    asyncio.run(live(server.directory / "ledger.db"))
    return server


async def test_beside_a_server(old: ServerProcess) -> None:
    """Old decisions go, with every trace; the check passes, proofs hold, and the server serves on, restarted or not."""
    old.start()
    core, auditor = old.add("maximus", "core"), old.add("auditor-1", "auditor")
    (before,) = await entries(auditor, offset=99, limit=1)
    assert traces(old.directory)
    said = run_server_command("prune", str(old.directory)).stdout
    assert "entries of decisions that ended up to entry 512" in said
    assert traces(old.directory) == []
    assert "in order" in run_server_command("check", str(old.directory)).stdout
    assert await entries(auditor, offset=99, limit=1) != [before]
    async with connect(Credentials.load(auditor)) as channel:
        size = (await AuditServiceStub(channel).GetCheckpoint(v1.GetCheckpointRequest())).head_offset
        request = v1.GetInclusionProofRequest(offset=100, tree_size=size)
        assert (await AuditServiceStub(channel).GetInclusionProof(request)).leaf_hash == before.hash
    async with propose_stream(core) as up:
        assert (await up.answer(v1.CoreCommand(proposal=proposal(1)))).HasField("accepted")
    assert old.stop() == 0
    old.start()
    assert "There is nothing to prune" in run_server_command("prune", str(old.directory)).stdout
    assert "in order" in run_server_command("check", str(old.directory)).stdout
    assert old.stop() == 0


def traces(directory: Path) -> list[str]:
    """Return the files of a ledger that have the canary anywhere in them."""
    return [path.name for path in directory.glob("ledger.db*") if CANARY.encode() in path.read_bytes()]


async def entries(credentials: Path, *, offset: int, limit: int) -> list[v1.LedgerRecord]:
    async with connect(Credentials.load(credentials)) as channel:
        request = v1.ListEntriesRequest(offset=offset, limit=limit)
        return [record async for frame in AuditServiceStub(channel).ListEntries(request) for record in frame.records]


def test_what_the_policy_keeps(old: ServerProcess) -> None:
    """A date within the policy's retention is refused, and one that is none is no date."""
    refused = run_server_command("prune", str(old.directory), "--before", "2999-01-01", status=1)
    assert "The policy keeps entries for 30 days" in refused.stderr
    run_server_command("prune", str(old.directory), "--before", "yesterday", status=2)


def test_nothing_is_signed(old: ServerProcess) -> None:
    """What no checkpoint was signed for is not pruned."""
    assert "There is nothing to prune" in run_server_command("prune", str(old.directory)).stdout


def test_a_damaged_ledger(old: ServerProcess) -> None:
    """A ledger that is damaged is not pruned, since what shows the damage would be gone."""
    old.start()
    assert old.stop() == 0
    with closing(sqlite3.connect(old.directory / "ledger.db", isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET hash = zeroblob(32) WHERE offset = 5")
    assert "at entry 5" in run_server_command("prune", str(old.directory), status=1).stderr


def test_a_copy_of_a_pruned_ledger(old: ServerProcess, tmp_path: Path) -> None:
    """A pruned ledger is backed up and restored like any other."""
    old.start()
    assert old.stop() == 0
    run_server_command("prune", str(old.directory))
    copy = tmp_path / "copy.db"
    run_server_command("backup", str(old.directory), str(copy))
    shutil.move(old.directory / "ledger.db", tmp_path / "lost.db")
    run_server_command("restore", str(copy), str(old.directory))
    old.start()
    assert old.stop() == 0
