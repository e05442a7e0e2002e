"""Checkpoints and their keys, with the real programs: first keys, rotation beside a running server, kills."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.property.test_tree import consistent, recomputed
from tests.support.messages import proposal
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import PATIENCE_S, propose_stream
from tests.unit.test_note import independently_verified

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.domain.note import Checkpoint


@pytest.fixture
def made(tmp_path: Path) -> ServerProcess:
    """A server directory that nothing serves yet."""
    return ServerProcess(tmp_path / "server")


def key_of(server: ServerProcess) -> str:
    return (server.directory / "checkpoint.vkey").read_text().strip()


def verified(response: v1.GetCheckpointResponse, key: str) -> Checkpoint:
    from governance_server.domain.note import read_checkpoint

    return read_checkpoint(independently_verified(response.note, key))


async def newest(credentials: Path, *, at_least: int) -> v1.GetCheckpointResponse:
    """Return the newest checkpoint once it covers so many entries."""
    async with connect(Credentials.load(credentials)) as channel, asyncio.timeout(PATIENCE_S):
        while True:
            got: v1.GetCheckpointResponse = await AuditServiceStub(channel).GetCheckpoint(v1.GetCheckpointRequest())
            if int(got.note.split("\n")[1]) >= at_least:
                return got


async def propose(core: Path, numbers: range) -> int:
    """Have some proposals accepted; return the last one's offset."""
    offset = 0
    async with propose_stream(core) as up:
        for number in numbers:
            offset = (await up.answer(v1.CoreCommand(proposal=proposal(number)))).accepted.offset
    return offset


def test_init_makes_a_key_and_tells_it(tmp_path: Path) -> None:
    """The private one is its owner's alone, the public one is everybody's, and on standard output."""
    directory = tmp_path / "server"
    said = run_server_command("init", str(directory)).stdout
    key = (directory / "checkpoint.vkey").read_text().strip()
    assert key.startswith("governance-workspace/")
    assert key in said
    assert stat.S_IMODE((directory / "checkpoint.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / "checkpoint.vkey").stat().st_mode) == 0o644
    assert (directory / "checkpoint.key").read_text().startswith("-----BEGIN PRIVATE KEY-----")


async def test_entries_are_under_a_checkpoint_soon_and_at_the_end(server: ServerProcess) -> None:
    """Signed with the key in the directory, also what another process appended, also what came before the stop."""
    core, auditor = server.add("maximus", "core"), server.add("auditor-1", "auditor")
    offset = await propose(core, range(5))
    first = verified(await newest(auditor, at_least=offset), key_of(server))
    server.add("operator-1", "soc_operator")
    second = verified(await newest(auditor, at_least=offset + 1), key_of(server))
    async with connect(Credentials.load(auditor)) as channel:
        stub = AuditServiceStub(channel)
        path = await stub.GetInclusionProof(v1.GetInclusionProofRequest(offset=offset, tree_size=second.size))
        assert recomputed(path.leaf_hash, offset - 1, second.size, path.hashes) == second.root
        asked = v1.GetConsistencyProofRequest(from_size=first.size, to_size=second.size)
        proof = await stub.GetConsistencyProof(asked)
        assert consistent(first.size, second.size, proof.hashes, first.root) == second.root
    last = await propose(core, range(5, 8))
    assert server.stop() == 0
    with closing(sqlite3.connect(server.directory / "ledger.db")) as database:
        assert database.execute("SELECT max(size) FROM checkpoints").fetchone() == (last,)
    run_server_command("check", str(server.directory))


async def test_a_key_is_rotated_beside_a_running_server(server: ServerProcess) -> None:
    """It signs with the new one from then on; the ledger has it, signed with the one before, which is gone."""
    auditor, before = server.add("auditor-1", "auditor"), key_of(server)
    secret = (server.directory / "checkpoint.key").read_bytes()
    said = run_server_command("rotate-key", str(server.directory)).stdout
    after = key_of(server)
    assert after in said
    assert after != before
    got = await newest(auditor, at_least=4)
    verified(got, after)
    first, second = (key.change for key in got.keys)
    assert (first.verifier_key, first.previous, second.verifier_key, second.previous) == (before, "", after, before)
    public = Ed25519PublicKey.from_public_bytes(_key_bytes(before))
    public.verify(second.signature, f"governance-workspace key change\n{before}\n{after}\n".encode("ascii"))
    files = [path for path in server.directory.iterdir() if path.is_file()]
    assert all(secret not in path.read_bytes() for path in files)
    assert not (server.directory / "checkpoint.key.new").exists()
    assert stat.S_IMODE((server.directory / "checkpoint.key").stat().st_mode) == 0o600
    assert server.stop() == 0
    run_server_command("rotate-key", str(server.directory))
    server.start()
    verified(await newest(auditor, at_least=5), key_of(server))
    run_server_command("check", str(server.directory))


def _key_bytes(key: str) -> bytes:
    import base64

    return base64.b64decode(key.split("+", 2)[2])[1:]


async def test_an_older_directory_gets_a_key(made: ServerProcess) -> None:
    """One that was made before there were checkpoints: at its next start, by an entry of its own."""
    for name in ("checkpoint.key", "checkpoint.vkey"):
        (made.directory / name).unlink()
    with sqlite3.connect(made.directory / "ledger.db") as database:
        database.execute("DELETE FROM house WHERE key LIKE 'checkpoint_key/%'")  # as if its first entry named none
    database.close()
    made.start()
    try:
        got = await newest(made.add("auditor-1", "auditor"), at_least=4)
        assert [key.offset for key in got.keys] == [3]
        verified(got, key_of(made))
        assert stat.S_IMODE((made.directory / "checkpoint.key").stat().st_mode) == 0o600
    finally:
        made.close()


def test_a_key_that_is_not_there_is_told(made: ServerProcess) -> None:
    """The server does not begin to record what it cannot prove, and says which file it needs."""
    (made.directory / "checkpoint.key").unlink()
    for verb in (["serve", str(made.directory), "--listen", "127.0.0.1:0"], ["rotate-key", str(made.directory)]):
        done = run_server_command(*verb, status=1)
        assert "checkpoint.key" in done.stderr
        assert "backup" in done.stderr


@pytest.mark.parametrize("state", ["named by no entry", "named by an entry", "half destroyed"])
async def test_a_rotation_that_was_killed(made: ServerProcess, state: str) -> None:
    """Wherever it was killed, the next start finds the key that the ledger says is in use, and tidies up."""
    key, following = made.directory / "checkpoint.key", made.directory / "checkpoint.key.new"
    before, old = key_of(made), key.read_bytes()
    run_server_command("rotate-key", str(made.directory))
    after, new = key_of(made), key.read_bytes()
    if state == "named by no entry":
        run_server_command("rotate-key", str(made.directory))
        after, new = key_of(made), key.read_bytes()
        following.write_bytes(old)
    else:
        following.write_bytes(new)
        key.write_bytes(old if state == "named by an entry" else bytes(len(old)))
        (made.directory / "checkpoint.vkey").write_text(f"{before}\n")
    following.chmod(0o600)
    made.start()
    try:
        verified(await newest(made.add("auditor-1", "auditor"), at_least=4), after)
    finally:
        made.close()
    assert key.read_bytes() == new
    assert not following.exists()
    assert key_of(made) == after


async def test_a_tree_that_was_changed_keeps_the_server_from_starting(server: ServerProcess) -> None:
    """What was signed is compared with the tree before anything more is signed."""
    auditor = server.add("auditor-1", "auditor")
    await newest(auditor, at_least=3)
    assert server.stop() == 0
    with sqlite3.connect(server.directory / "ledger.db") as database:
        database.execute("UPDATE entries SET hash = zeroblob(32) WHERE offset = 2")
        database.execute("UPDATE head SET verified_offset = offset")  # so that no start looks at it again
    database.close()
    server.add("auditor-2", "auditor")
    done = run_server_command("serve", str(server.directory), "--listen", "127.0.0.1:0", status=1)
    assert "is not the one whose checkpoint was signed" in done.stderr


async def test_a_key_that_was_taken_out_of_the_ledger_is_not_replaced(server: ServerProcess) -> None:
    """A first key after another one would leave a ledger that nobody can verify any more: nothing is written."""
    await newest(server.add("auditor-1", "auditor"), at_least=2)
    assert server.stop() == 0
    with closing(sqlite3.connect(server.directory / "ledger.db", isolation_level=None)) as database:
        database.execute("DELETE FROM house WHERE key LIKE 'checkpoint_key/%'")
        before = database.execute("SELECT count(*) FROM entries").fetchone()
        for verb in ("serve", "rotate-key"):
            assert "names no key" in run_server_command(verb, str(server.directory), status=1).stderr
        assert database.execute("SELECT count(*) FROM entries").fetchone() == before
    assert "checkpoint_key/" in run_server_command("check", str(server.directory), status=1).stderr
