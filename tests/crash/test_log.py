"""The write-ahead log, torn and cut: half a commit is none, and what a cut took away is found from outside.

With synchronous=FULL a log is only ever torn behind the last commit that was acknowledged. A log that is shorter than
that is a disk that has lost what it said it had written. What is left is a ledger in order, as an older copy would be:
nothing in the file can tell. Whoever has seen more can: a client that resumes, and a verifier that remembers.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

import grpc
import pytest

from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import check
from tests.support.flood import flood
from tests.support.house import House
from tests.support.messages import proposal
from tests.support.server import ServerProcess
from tests.support.wire import propose_stream
from tests.support.write_ahead_log import commits

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20260106
CUTS = 16


class Killed(NamedTuple):
    """A ledger whose server was killed, its log not yet written back.

    Attributes:
        directory: The server's.
        commits: The lengths of the log that end with a commit.
        offset: The last entry that was acknowledged.
    """

    directory: Path
    commits: list[int]
    offset: int


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A ledger of some commits in a log, all of them acknowledged."""
    server = ServerProcess(tmp_path_factory.mktemp("killed") / "server")
    server.start()
    core = server.add("maximus", "core")
    acknowledged: dict[str, int] = {}
    for turn in range(8):
        acknowledged |= asyncio.run(flood(core, first=turn * 100, frames=1)).acknowledged
    server.kill()
    found = list(commits((server.directory / "ledger.db-wal").read_bytes()))
    assert len(found) > 8
    return Killed(server.directory, found, max(acknowledged.values()))


async def head_of(ledger: Path) -> int:
    """Check a ledger as a whole; return where it ends."""
    store = await SqliteStore.open(ledger, create=False)
    try:
        return (await check(store)).offset
    finally:
        await store.close()


def test_a_torn_log_ends_with_the_last_commit_that_is_whole(killed: Killed, tmp_path: Path) -> None:
    """Cut or changed anywhere, the ledger is in order, has every commit before that place, and nothing after."""
    log = (killed.directory / "ledger.db-wal").read_bytes()
    chance = random.Random(SEED)
    known: dict[int, int] = {}  # where the ledger ends, by how many commits the log has
    boundaries = [length + more for length in killed.commits[2:] for more in (0, -1, 1)]
    anywhere = [chance.randrange(killed.commits[2], len(log)) for _ in range(CUTS // 2)]
    for place in sorted(chance.sample(boundaries, CUTS) + anywhere):
        changed = flipped(log, place) if place < len(log) else log
        for name, torn in (("cut", log[:place]), ("changed", changed)):
            ledger = tmp_path / f"{name}-{place}.db"
            shutil.copy(killed.directory / "ledger.db", ledger)
            ledger.with_name(f"{ledger.name}-wal").write_bytes(torn)
            whole = sum(length <= place for length in killed.commits)
            head = asyncio.run(head_of(ledger))
            assert known.setdefault(whole, head) == head
    assert list(known.values()) == sorted(known.values()), "a longer log never has less"
    assert known[len(killed.commits)] == killed.offset


def flipped(log: bytes, place: int) -> bytes:
    return log[:place] + bytes([log[place] ^ 1]) + log[place + 1 :]


async def test_a_client_notices_that_acknowledged_entries_are_gone(killed: Killed, tmp_path: Path) -> None:
    """Its resume point lies beyond the ledger: the server does not let it go on as if nothing had happened."""
    directory = shutil.copytree(killed.directory, tmp_path / "server")
    log = directory / "ledger.db-wal"
    log.write_bytes(log.read_bytes()[: killed.commits[-4]])
    server = ServerProcess.__new__(ServerProcess)
    server.directory, server.address, server._process, server._log = directory, "", None, None
    server.start()
    try:
        core = server.add("minimus", "core")
        async with propose_stream(core) as wire:
            ledger_id = wire.hello.ledger_id
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async with propose_stream(core, offset=killed.offset, ledger_id=ledger_id):
                pass
        assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "OFFSET_UNKNOWN" in str(caught.value.trailing_metadata())
    finally:
        server.close()


def test_a_verifier_notices_that_acknowledged_entries_are_gone(tmp_path: Path) -> None:
    """The checkpoint that it remembers is of more entries than there are."""
    with House(tmp_path, policy="") as house:
        house.credentials("chief")
        house.propose([proposal(number) for number in range(1, 30)])
        house.server.kill()
        ledger = house.server.directory / "ledger.db"
        log = ledger.with_name("ledger.db-wal")
        before, logged = ledger.read_bytes(), log.read_bytes()
        house.server.start()
        house.run("chief", "audit", "verify", "--key", str(house.server.directory / "checkpoint.vkey"))
        house.server.kill()
        ledger.with_name("ledger.db-shm").unlink()
        ledger.write_bytes(before)
        log.write_bytes(logged[: list(commits(logged))[-2]])
        house.server.start()
        assert house.run("chief", "audit", "verify", status=1) == ""
