"""Pages of the ledger that are not what was written: a check names it, and a start never gives leave on it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance_server import bootstrap
from governance_server.directory import Directory, DirectoryError
from governance_server.engine.ports import StoreError
from governance_server.ledger.verification import LedgerDamagedError
from tests.support.flood import flood
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = 4096
SEED = 20260107
PAGES = 8
"""So many pages are damaged each way, by chance."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose ledger is one file, with some hundred open decisions."""
    server = ServerProcess(tmp_path_factory.mktemp("template") / "server")
    server.start()
    assert asyncio.run(flood(server.add("maximus", "core"), frames=20)).code is None
    assert server.stop() == 0
    with closing(sqlite3.connect(server.directory / "ledger.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return server.directory


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Directory:
    """A copy of it of one's own."""
    return Directory(shutil.copytree(template, tmp_path / "server"))


def zeroed(page: bytes, _: random.Random) -> bytes:
    return bytes(len(page))


def noise(page: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(len(page))


def one_bit(page: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(page))
    return page[:place] + bytes([page[place] ^ 1 << chance.randrange(8)]) + page[place + 1 :]


def checked(directory: Directory) -> str:
    """Return what a check complains of; empty where it passes. Whatever else it raises fails the test."""
    try:
        asyncio.run(bootstrap.check(directory, lambda _reached, _all: None))
    except (LedgerDamagedError, StoreError) as error:
        return str(error)
    return ""


def started(directory: Directory) -> str:
    """Serve and stop; return what a start complains of. Whatever else it raises fails the test."""
    try:
        asyncio.run(
            bootstrap.serve(directory, listen="127.0.0.1:0", announce=lambda _: os.kill(os.getpid(), signal.SIGTERM))
        )
    except (LedgerDamagedError, StoreError, DirectoryError) as error:
        return str(error)
    return ""


def put(directory: Directory, content: bytes) -> None:
    """Have the ledger be this, with nothing beside it."""
    for path in directory.root.glob("ledger.db*"):
        path.unlink()
    directory.ledger.write_bytes(content)
    directory.ledger.chmod(0o600)


@pytest.mark.parametrize("damage", [zeroed, noise])
def test_a_page_that_is_gone(directory: Directory, damage: Callable[[bytes, random.Random], bytes]) -> None:
    """A check finds it, whichever page it is; a start refuses in a sentence, or serves what the entries say."""
    content, chance = directory.ledger.read_bytes(), random.Random(SEED)
    for page in chance.sample(range(len(content) // PAGE), PAGES):
        place = page * PAGE
        broken = content[:place] + damage(content[place : place + PAGE], chance) + content[place + PAGE :]
        if broken == content:
            continue
        put(directory, broken)
        assert checked(directory), f"page {page}"
        put(directory, broken)
        started(directory)


def test_a_bit_that_is_flipped(directory: Directory) -> None:
    """Where it is part of anything, a check finds it; neither a check nor a start ever ends by a bug."""
    content, chance = directory.ledger.read_bytes(), random.Random(SEED)
    found = 0
    for page in chance.sample(range(len(content) // PAGE), PAGES * 2):
        place = page * PAGE
        put(directory, content[:place] + one_bit(content[place : place + PAGE], chance) + content[place + PAGE :])
        found += bool(checked(directory))
        started(directory)
    assert found > PAGES


@pytest.mark.parametrize("index", ["decisions_by_offset", "open_decisions_by_offset", "entries_of_decision"])
def test_an_index_that_lacks_a_row(directory: Directory, index: str) -> None:
    """What is read along it would be a gap in somebody's stream: a check finds it."""
    without_one_row(directory, index)
    assert "SQLite finds the file itself broken" in checked(directory)


def test_an_open_decision_that_is_not_found(directory: Directory) -> None:
    """A start that would forget it, and its deadline with it, is refused: the tallies say that there is one more."""
    without_one_row(directory, "open_decisions_by_offset")
    assert "320 decisions are open by the tallies, and 319 are found open" in started(directory)


def without_one_row(directory: Directory, index: str) -> None:
    """Have an index lack the row of one decision, the table left as it is."""
    with closing(sqlite3.connect(directory.ledger, isolation_level=None)) as database:
        database.execute("PRAGMA writable_schema = ON")
        (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()
        # the index is made anew without one row, and then said to be what it was
        table = "entries" if "ON entries" in sql else "decisions"
        (row,) = database.execute(f"SELECT decision_id FROM {table} WHERE decision_id <> '' LIMIT 1").fetchone()
        narrower = f"{sql} {'AND' if ' WHERE ' in sql else 'WHERE'} decision_id <> '{row}'"
        database.execute(f"DROP INDEX {index}")
        database.execute(narrower)
        database.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, index))
