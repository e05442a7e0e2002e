"""What the real programs remove from a ledger of long ago, a verifier from outside finds removed on the record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from governance_client.audit.memory import Memory
from governance_client.audit.notes import VerifierKey
from governance_client.audit.source import RemoteSource
from governance_client.audit.verifying import Verified, verify_source
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_client.errors import NotFoundError
from tests.e2e.test_prune import live
from tests.support.server import ServerProcess, run_server_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRIES = 2000


@pytest.fixture
def old(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with a ledger from long ago, whose first key comes with its first start."""
    server = ServerProcess(tmp_path / "server")
    for path in (*server.directory.glob("ledger.db*"), *server.directory.glob("checkpoint.*")):
        path.unlink()
    asyncio.run(live(server.directory / "ledger.db"))
    try:
        server.start()
        yield server
    finally:
        server.close()


async def verified(server: ServerProcess, who: Path, memory: Memory, *, since_last: bool = False) -> Verified:
    """Verify until the newest checkpoint is about the last entry."""
    key = VerifierKey.parse((server.directory / "checkpoint.vkey").read_text().strip())
    async with connect(Credentials.load(who)) as channel:
        for _ in range(TRIES):
            try:
                found = await verify_source(RemoteSource(channel), memory, key=key, since_last=since_last)
            except NotFoundError:  # nothing is signed yet
                continue
            if found.checkpoint.size == found.walk.offset:
                return found
    raise AssertionError("No checkpoint is about the last entry.")


@pytest.mark.timeout(
    300
)  # it reads the ledger again until a checkpoint is about all of it, on a busy machine many times
async def test_erased_and_pruned(old: ServerProcess, tmp_path: Path) -> None:
    """Before and after, it verifies; what is gone is counted, and the rest continues what was verified before."""
    chief, auditor = old.add("chief", "ciso"), old.add("auditor-1", "auditor")
    memory = Memory(tmp_path / "memory")
    whole = await verified(old, chief, memory)
    assert (whole.walk.erased, whole.walk.removed, whole.walk.withheld) == (0, 0, 0)
    assert (await verified(old, auditor, memory)).walk.withheld > 0
    erased = "decision-001299"
    run_server_command("erase", str(old.directory), erased, "--reason", "Asked for.", "--requested-by", "Somebody.")
    found = await verified(old, chief, memory)
    assert (found.walk.erased, found.remembered) == (2, whole.checkpoint.size)
    run_server_command("prune", str(old.directory))
    pruned = await verified(old, chief, memory)
    assert pruned.walk.removed > 400
    assert pruned.walk.read_count + pruned.walk.removed == pruned.walk.offset
    assert (await verified(old, chief, memory, since_last=True)).since == pruned.checkpoint.size
    assert (await verified(old, auditor, Memory(tmp_path / "other"))).walk.removed == pruned.walk.removed
