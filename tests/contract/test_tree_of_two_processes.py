"""Two processes that append to one ledger at the same time grow one tree."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from governance_server.domain.tree import root
from governance_server.engine.ports import Appendage
from governance_server.ledger.sqlite_store import SqliteStore
from tests.support.entries import LedgerBuilder
from tests.unit.test_tree import naive_root

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 60
PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.contract.test_tree_of_two_processes import append_in_rounds

asyncio.run(append_in_rounds(Path(sys.argv[1]), int(sys.argv[2])))
"""


async def append_in_rounds(path: Path, step: int) -> None:
    """Append to the ledger again and again, each time after what the other one may have appended."""
    store = await SqliteStore.open(path, create=False)
    try:
        for turn in range(ROUNDS):
            async with store.transaction() as transaction:
                builder = LedgerBuilder.after(transaction.head)
                count = 1 + (turn * step) % 40
                await transaction.append(Appendage([builder.entry() for _ in range(count)]))
    finally:
        await store.close()


async def test_two_processes_grow_one_tree(tmp_path: Path) -> None:
    """Tiles that were filled by entries of both are those of all entries, and the check passes."""
    path = tmp_path / "ledger.db"
    store = await SqliteStore.open(path, create=True)
    command = (sys.executable, "-c", PROGRAM, str(path))
    both = [await asyncio.create_subprocess_exec(*command, step) for step in ("7", "11")]
    assert [await process.wait() for process in both] == [0, 0]
    size = (await store.head()).offset
    assert size > 5 * 256
    leaves = [record.hash for record in await store.records(after=0, limit=size)]
    assert await root(store, size) == naive_root(leaves)
    assert await store.wrong_hash() is None
    await store.close()
