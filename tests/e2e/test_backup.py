"""A copy of a running server's ledger is whole and verified, and only such a copy is put in a ledger's place."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.messages import proposal
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import propose_stream

if TYPE_CHECKING:
    from pathlib import Path

COPIES = 3


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where a copy is made."""
    return tmp_path / "copies" / "ledger.backup"


@pytest.fixture
def lived(server: ServerProcess, copy: Path) -> ServerProcess:
    """A running server with some entries, and a copy of its ledger."""
    server.add("maximus", "core")
    server.add("auditor-1", "auditor")
    copy.parent.mkdir()
    run_server_command("backup", str(server.directory), str(copy))
    return server


async def propose(server: ServerProcess, *numbers: int) -> None:
    async with propose_stream(server.directory / "credentials" / "maximus.toml") as up:
        for number in numbers:
            assert (await up.answer(v1.CoreCommand(proposal=proposal(number)))).HasField("accepted")


async def checkpoint(server: ServerProcess, at_least: int) -> Path:
    """Return a file with a signed checkpoint over so many entries."""
    from governance.v1.audit_service_pb2_grpc import AuditServiceStub

    async with connect(Credentials.load(server.directory / "credentials" / "auditor-1.toml")) as channel:
        stub = AuditServiceStub(channel)
        while True:  # it is signed within a second
            got = await stub.GetCheckpoint(v1.GetCheckpointRequest())
            if int(got.note.split("\n")[1]) >= at_least:
                break
    path = server.directory.parent / "checkpoint.txt"
    path.write_text(got.note)
    return path


def entries_of(directory: Path) -> int:
    """Return how many entries a ledger has, as `check` says."""
    said = run_server_command("check", str(directory)).stdout
    return int(said.split(": ")[1].split(" ")[0].replace(",", ""))


def left_behind(folder: Path) -> list[str]:
    """Return what is there of copies that are not done."""
    return [path.name for path in folder.glob(".*.new*")]


async def test_while_load_runs(server: ServerProcess, tmp_path: Path) -> None:
    """Copies taken one after the other while cores propose are each of one moment, verified, and the owner's alone."""
    core = server.add("maximus", "core")
    stop = asyncio.Event()

    async def load() -> int:
        async with propose_stream(core) as up:
            while not stop.is_set():
                first = len(up.receipts)
                await up.send(*(v1.CoreCommand(proposal=proposal(first + turn)) for turn in range(49)))
                await up.answer(v1.CoreCommand(proposal=proposal(first + 49)))
            return len(up.receipts)

    loading = asyncio.create_task(load())
    for turn in range(COPIES):
        copy = tmp_path / f"copy-{turn}.db"
        done = await asyncio.to_thread(run_server_command, "backup", str(server.directory), str(copy))
        assert "in order" in done.stdout
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    stop.set()
    proposed = await loading
    sizes = []
    for turn in range(COPIES):
        restored = tmp_path / f"restored-{turn}"
        run_server_command("restore", str(tmp_path / f"copy-{turn}.db"), str(restored))
        with closing(sqlite3.connect(restored / "ledger.db")) as connection:
            sizes.append(connection.execute("SELECT offset FROM head").fetchone()[0])
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] <= proposed + 10
    assert left_behind(tmp_path) == []


async def test_a_lost_ledger(lived: ServerProcess, copy: Path, tmp_path: Path) -> None:
    """With the ledger gone, the copy takes its place in the directory, and the server goes on with the same callers."""
    assert lived.stop() == 0
    for path in lived.directory.glob("ledger.db*"):
        path.rename(tmp_path / path.name)
    said = run_server_command("restore", str(copy), str(lived.directory)).stdout
    assert "entries, in order" in said
    assert "only a later checkpoint can tell" in said
    assert "Before it can serve" not in said
    lived.start()
    await propose(lived, 1)
    assert "in order" in run_server_command("check", str(lived.directory)).stdout


async def test_how_far_behind(lived: ServerProcess, copy: Path, tmp_path: Path) -> None:
    """A later checkpoint tells how many entries the copy lacks; an earlier one, that it holds all of them."""
    before = await checkpoint(lived, 1)
    earlier = before.rename(tmp_path / "earlier.txt")
    await propose(lived, 1, 2, 3)
    later = await checkpoint(lived, entries_of(lived.directory))
    key = lived.directory / "checkpoint.vkey"
    said = run_server_command(
        "restore", str(copy), str(tmp_path / "one"), "--checkpoint", str(later), "--key", str(key)
    ).stdout
    assert "3 entries behind the checkpoint" in said
    assert "Before it can serve, put server.toml" in said
    said = run_server_command(
        "restore", str(copy), str(tmp_path / "two"), "--checkpoint", str(earlier), "--key", key.read_text().strip()
    ).stdout
    assert "It holds all of the checkpoint" in said


async def test_a_fork(lived: ServerProcess, copy: Path, tmp_path: Path) -> None:
    """Two servers that went on from the same copy: what one has written is not taken for what the other has signed."""
    other = tmp_path / "other"
    shutil.copytree(lived.directory, other, ignore=shutil.ignore_patterns("ledger.db*", "serving.toml", "server.lock"))
    run_server_command("restore", str(copy), str(other))
    forked = ServerProcess.__new__(ServerProcess)
    forked.__dict__.update(lived.__dict__, directory=other, address="", _process=None, _log=None)
    await propose(lived, 1, 2)
    signed = await checkpoint(lived, entries_of(lived.directory))
    forged = tmp_path / "forged.db"
    forked.start()
    try:
        forked.add("mallory", "core")
        forked.add("eve", "core")
        forked.add("trudy", "core")
        run_server_command("backup", str(other), str(forged))
    finally:
        forked.close()
    refused = run_server_command(
        *("restore", str(forged), str(tmp_path / "third"), "--checkpoint", str(signed)),
        *("--key", str(lived.directory / "checkpoint.vkey")),
        status=1,
    )
    assert "The copy has forked" in refused.stderr
    assert not (tmp_path / "third").exists()


async def test_a_forged_checkpoint(lived: ServerProcess, copy: Path, tmp_path: Path) -> None:
    """A checkpoint that the key has not signed, and a key that is none, say nothing."""
    signed = await checkpoint(lived, 1)
    text = signed.read_text().split("\n")
    text[1] = str(int(text[1]) + 1)
    forged = tmp_path / "forged.txt"
    forged.write_text("\n".join(text))
    key = str(lived.directory / "checkpoint.vkey")
    arguments = ("restore", str(copy), str(tmp_path / "new"))
    refused = run_server_command(*arguments, "--checkpoint", str(forged), "--key", key, status=1)
    assert "not signed with the key" in refused.stderr
    refused = run_server_command(*arguments, "--checkpoint", str(signed), "--key", "a+b+c", status=1)
    assert "The key is none" in refused.stderr
    run_server_command(*arguments, "--checkpoint", str(signed), status=2)
    assert not (tmp_path / "new").exists()


def test_a_damaged_copy(lived: ServerProcess, copy: Path, tmp_path: Path) -> None:
    """A copy with one byte of one entry changed, or cut short, or that is no ledger, is not restored."""
    assert lived.address
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        ((entry,),) = connection.execute("SELECT entry FROM entries WHERE offset = 2").fetchall()
        changed = entry[:-1] + bytes([entry[-1] ^ 1])
        connection.execute("UPDATE entries SET entry = ? WHERE offset = 2", (changed,))
    refused = run_server_command("restore", str(copy), str(tmp_path / "new"), status=1)
    assert "was not restored. The ledger is damaged at entry 2" in refused.stderr
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    run_server_command("restore", str(copy), str(tmp_path / "new"), status=1)
    copy.write_text("This is no ledger. " * 500)
    run_server_command("restore", str(copy), str(tmp_path / "new"), status=1)
    assert not (tmp_path / "new").exists()


def test_where_something_is(lived: ServerProcess, copy: Path, tmp_path: Path) -> None:
    """Nothing is put over a ledger, nor into a folder that is something else, nor over an older copy."""
    before = (lived.directory / "ledger.db").stat().st_ino
    refused = run_server_command("restore", str(copy), str(lived.directory), status=1)
    assert "There is a ledger in" in refused.stderr
    assert (lived.directory / "ledger.db").stat().st_ino == before
    other = tmp_path / "photographs"
    other.mkdir()
    (other / "1.jpg").touch()
    refused = run_server_command("restore", str(copy), str(other), status=1)
    assert "neither empty nor a server directory" in refused.stderr
    assert [path.name for path in other.iterdir()] == ["1.jpg"]
    kept = copy.read_bytes()
    refused = run_server_command("backup", str(lived.directory), str(copy), status=1)
    assert "There is a file" in refused.stderr
    assert copy.read_bytes() == kept
