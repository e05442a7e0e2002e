"""The real server, killed with `kill -9` under load: the tree goes on from what was committed."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.crash.test_kill import Load
from tests.e2e.test_checkpoints import key_of, newest, verified
from tests.support.server import run_server_command
from tests.unit.test_tree import naive_root

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import ServerProcess

ROUNDS = 4


def leaves(directory: Path) -> list[bytes]:
    """Return the hashes of all entries that are committed."""
    with closing(sqlite3.connect(directory / "ledger.db")) as database:
        return [row[0] for row in database.execute("SELECT hash FROM entries ORDER BY offset")]


async def test_the_tree_continues_after_kill_9(server: ServerProcess) -> None:
    """After every kill: the check passes, the next checkpoint has the true root, and no former one is taken back."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    auditor = server.add("auditor-1", "auditor")
    load, chance = Load(), random.Random(20260103)
    signed: dict[int, bytes] = {}
    for _ in range(ROUNDS):
        await load.run_until_killed(server, core, operator, chance.randrange(200, 700))
        run_server_command("check", str(server.directory))
        committed = leaves(server.directory)
        server.start()
        checkpoint = verified(await newest(auditor, at_least=len(committed)), key_of(server))
        there = leaves(server.directory)
        assert there[: len(committed)] == committed
        signed[checkpoint.size] = checkpoint.root
        assert all(naive_root(there[:size]) == root for size, root in signed.items())
    assert len(leaves(server.directory)) > 512
