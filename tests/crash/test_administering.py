"""An administrator's command that is killed leaves nothing by halves, and the same command again finishes it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import SECOND_US
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.ledger.sqlite_store import SqliteStore
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import CORE, OPERATOR_1, proposal, rejection
from tests.support.server import ServerProcess, run_server_command

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO_US = 1_600_000_000 * SECOND_US
POLICY = "[privacy]\nretention_days = 30\n[limits]\noperator_requests_per_minute = 0\nproposals_per_hour = 0\n"
DECISIONS = 400
CANARY = "mary.canary@example.com"
WHY = ("--reason", "Article 17", "--requested-by", "ticket 4711")

KILLED = """
import importlib, os, signal, sys

module, name, turn, small = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
holder = importlib.import_module(module)
*classes, method = name.split(".")
for each in classes:
    holder = getattr(holder, each)
real, calls = getattr(holder, method), []

def killing(*arguments, **options):
    calls.append(0)
    if len(calls) == turn:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **options)

setattr(holder, method, killing)
if small:
    importlib.import_module("governance_server.ledger.pruning").SPAN = 256
from governance_server.__main__ import main
main(sys.argv[5:])
"""
"""Runs the program, and kills it as it comes to one of its own functions for the so-manieth time."""


def killed(module: str, name: str, *arguments: str, turn: int = 1, small: str = "") -> None:
    """Run `governance-server` until it is killed where it comes to a function."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, f"governance_server.{module}", name, str(turn), small, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


async def live(ledger: Path) -> None:
    """Have a ledger lived, long ago: decisions proposed and rejected, one of them about the canary."""
    store, clock, entropy = await SqliteStore.open(ledger, create=True), ManualClock(LONG_AGO_US), CountedEntropy()
    await create_ledger(store, clock, entropy, policy=POLICY)
    governor = Governor(store, clock, entropy)
    await governor.recover()
    proposals = [proposal(number) for number in range(DECISIONS)]
    proposals[7].evidence.reasoning = CANARY
    receipts: list[v1.Receipt] = []
    commands = [Command(CORE, v1.CoreCommand(proposal=one)) for one in proposals]
    await governor.submit(commands, receipts.extend)  # type: ignore[arg-type]  # no fault
    await governor.drain()
    open_still = [governor.open_decisions[one.decision_id] for one in proposals]
    commands = [Command(OPERATOR_1, rejection(one, f"reject-{one.decision_id}")) for one in open_still]
    await governor.submit(commands, receipts.extend)  # type: ignore[arg-type]  # no fault
    await governor.drain()
    assert all(receipt.HasField("accepted") for receipt in receipts)
    await store.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a ledger of long ago, signed for."""
    server = ServerProcess(tmp_path_factory.mktemp("template") / "server")
    for path in (*server.directory.glob("ledger.db*"), *server.directory.glob("checkpoint.*")):
        path.unlink()
    asyncio.run(live(server.directory / "ledger.db"))
    server.start()
    assert server.stop() == 0
    return server.directory


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Path:
    """A copy of it of one's own."""
    return shutil.copytree(template, tmp_path / "server")


def traces(directory: Path) -> list[str]:
    return [path.name for path in directory.glob("ledger.db*") if CANARY.encode() in path.read_bytes()]


def check(directory: Path) -> str:
    """Return what `check` says of a ledger, which has to be in order."""
    return run_server_command("check", str(directory)).stdout


@pytest.mark.parametrize(
    ("module", "name", "erased"),
    [
        ("ledger.sqlite_transaction", "SqliteTransaction.append", False),
        ("ledger.sqlite_store", "SqliteStore._commit", False),
        ("ledger.erasure", "remove_traces", True),
    ],
)
def test_erase(directory: Path, module: str, name: str, erased: bool) -> None:
    """Killed before it is committed, nothing is erased; killed after, the data is, and its traces go the next time."""
    arguments = ("erase", str(directory), "decision-000007", *WHY)
    before = check(directory)
    killed(module, name, *arguments)
    assert (check(directory) == before) is not erased
    again = run_server_command(*arguments).stdout
    assert ("was erased before" in again) is erased
    assert traces(directory) == []
    check(directory)


@pytest.mark.parametrize(
    ("module", "name", "turn", "pruned"),
    [
        ("ledger.sqlite_transaction", "SqliteTransaction.append", 1, False),
        ("ledger.sqlite_transaction", "SqliteTransaction.append", 2, True),
        ("ledger.erasure", "remove_traces", 1, True),
    ],
)
def test_prune(directory: Path, module: str, name: str, turn: int, pruned: bool) -> None:
    """Killed in between, some spans are pruned and recorded, and the others are not; the ledger is in order."""
    before = check(directory)
    killed(module, name, "prune", str(directory), turn=turn, small="small")
    assert (check(directory) == before) is not pruned
    run_server_command("prune", str(directory))
    check(directory)


@pytest.mark.parametrize(
    ("module", "name"), [("ledger.backup", "verify_copy"), ("ledger.backup", "_copy"), ("ledger.backup", "_settle")]
)
def test_backup(directory: Path, tmp_path: Path, module: str, name: str) -> None:
    """Killed before it is verified, there is no copy under the name that was asked for."""
    copy = tmp_path / "copy.db"
    killed(module, name, "backup", str(directory), str(copy))
    assert not copy.exists()
    run_server_command("backup", str(directory), str(copy))
    check(directory)


@pytest.mark.parametrize(
    ("module", "name"),
    [("backing_up", "_copy"), ("ledger.backup", "verify_copy"), ("backing_up", "_standing")],
)
def test_restore(directory: Path, tmp_path: Path, module: str, name: str) -> None:
    """Killed before it is verified, there is no ledger; the same command again restores it."""
    copy, place = tmp_path / "copy.db", tmp_path / "place"
    run_server_command("backup", str(directory), str(copy))
    killed(module, name, "restore", str(copy), str(place))
    assert not (place / "ledger.db").exists()
    assert "entries, in order" in run_server_command("restore", str(copy), str(place)).stdout
    assert sorted(path.name for path in place.iterdir()) == ["ledger.db", "server.lock"]
