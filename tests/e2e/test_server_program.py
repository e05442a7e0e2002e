"""The program `governance-server`: what it makes, what it refuses, and with which exit status."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import grpc
import pytest

from governance import v1
from governance_server.domain.digest import action_digest
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.engine.enrolment import issue_credential
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.system import SystemClock, SystemEntropy
from tests.support.clock import ManualClock
from tests.support.messages import proposal
from tests.support.server import ServerProcess, run_server_command
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from pathlib import Path

REVOKED_S = 15
"""The credential is looked at anew within twice the progress interval, 10 s; and room for a busy machine."""


@pytest.fixture
def made(tmp_path: Path) -> ServerProcess:
    """A server directory that nothing serves yet."""
    return ServerProcess(tmp_path / "server")


def test_nothing_in_the_directory_is_readable_by_others(server: ServerProcess) -> None:
    """Keys, ledger, its journal, the lock, credentials: all of it is the owner's alone, but the key to verify with."""
    server.add("operator-1", "soc_operator")
    public = server.directory / "checkpoint.vkey"
    for path in {server.directory, *server.directory.rglob("*")} - {public}:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(public.stat().st_mode) == 0o644


def test_a_credentials_file_has_all_a_client_needs(server: ServerProcess) -> None:
    """Address, name to check, authority and token; and the ledger has no part of the secret."""
    content = tomllib.loads(server.add("operator-1", "soc_operator").read_text())
    assert content.keys() == {"name", "role", "server", "server_name", "token", "certificate_authority"}
    assert content["server"] == server.address
    secret = content["token"].rpartition(".")[2]
    assert all(secret.encode() not in path.read_bytes() for path in server.directory.glob("ledger.db*"))


async def test_an_operator_added_while_the_server_runs_gets_in_at_once(server: ServerProcess) -> None:
    """And the server goes on from the entry that the other process appended."""
    core = server.add("maximus", "core")
    async with propose_stream(core) as up:
        first = (await up.answer(v1.CoreCommand(proposal=proposal(1)))).accepted.offset
        operator = server.add("operator-1", "soc_operator")
        assert (await up.answer(v1.CoreCommand(proposal=proposal(2)))).accepted.offset == first + 2
        async with operate_stream(operator) as down:
            await down.until(lambda wire: len(wire.replica) == 2)
    run_server_command("check", str(server.directory))


async def test_whoever_is_revoked_is_out_within_seconds(server: ServerProcess) -> None:
    """The open stream ends with a goodbye that says why, a new call is not let in, and the name is free again."""
    operator = server.add("operator-1", "soc_operator")
    kept = operator.read_text()
    async with operate_stream(operator) as down:
        run_server_command("revoke", str(server.directory), "operator-1")
        async with asyncio.timeout(REVOKED_S):
            await down.until(lambda wire: wire.frames and wire.frames[-1].HasField("goodbye"))
        assert down.frames[-1].goodbye.reason == v1.GOODBYE_REASON_CREDENTIAL_ENDED
    assert not operator.exists()
    assert (
        "Nobody named operator-1" in run_server_command("revoke", str(server.directory), "operator-1", status=1).stderr
    )
    server.add("operator-1", "soc_operator")
    operator.write_text(kept)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        async with operate_stream(operator) as down:
            await down.read()
    assert ended.value.code() == grpc.StatusCode.UNAUTHENTICATED
    run_server_command("check", str(server.directory))


def test_a_second_server_on_one_directory_is_refused(server: ServerProcess) -> None:
    """It says so, and the first goes on."""
    done = run_server_command("serve", str(server.directory), "--listen", "127.0.0.1:0", status=1)
    assert "Another server is running" in done.stderr
    assert server.stop() == 0


def test_a_taken_port_is_told(server: ServerProcess, tmp_path: Path) -> None:
    """Two servers never share a port by accident."""
    other = ServerProcess(tmp_path / "other")
    done = run_server_command("serve", str(other.directory), "--listen", server.address, status=1)
    assert f"Cannot listen on {server.address}" in done.stderr


def test_names_are_given_once(made: ServerProcess) -> None:
    """A second credential of a name is refused, and the first one's file is untouched."""
    path = made.add("operator-1", "soc_operator")
    before = path.read_text()
    done = run_server_command("operator", "add", str(made.directory), "operator-1", "--role", "ciso", status=1)
    assert "There is a credential named operator-1 already" in done.stderr
    assert path.read_text() == before
    assert [one.name for one in path.parent.iterdir()] == ["operator-1.toml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["operator", "add", "DIR", "../evil", "--role", "ciso"],
        ["operator", "add", "DIR", "operator-1", "--role", "core"],
        ["operator", "add", "DIR", "operator-1"],
        ["operator", "add", "DIR", "operator-1", "--role", "ciso", "--days", "0"],
        ["serve", "DIR", "--listen", "nowhere"],
        ["serve", "DIR", "--listen", "127.0.0.1:99999"],
        ["init"],
        [],
    ],
)
def test_usage_errors_end_with_2(made: ServerProcess, arguments: list[str]) -> None:
    """Nothing is done, and the message says what was expected."""
    named = [str(made.directory) if argument == "DIR" else argument for argument in arguments]
    assert "usage: governance-server" in run_server_command(*named, status=2).stderr


def test_init_does_not_touch_what_is_there(made: ServerProcess) -> None:
    """A directory with something in it is refused, and stays as it is."""
    before = {path: path.stat().st_mtime_ns for path in made.directory.rglob("*")}
    done = run_server_command("init", str(made.directory), status=1)
    assert "is not empty" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in made.directory.rglob("*")} == before


@pytest.mark.parametrize("verb", [["serve"], ["check"], ["core", "add"]])
def test_what_is_no_server_directory_is_told(tmp_path: Path, verb: list[str]) -> None:
    """With the command that makes one."""
    names = ["maximus"] if verb[0] == "core" else []
    assert "governance-server init" in run_server_command(*verb, str(tmp_path), *names, status=1).stderr


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('listen = "nowhere"', "listen has to be"),
        ("hosts = []", "hosts has to be"),
        ("colour = 1", "not known: colour"),
        ("listen = ", "cannot be read"),
        ('listen_mutual = "x"', "listen_mutual has to be"),
    ],
)
def test_a_wrong_configuration_is_named(made: ServerProcess, line: str, complaint: str) -> None:
    """The file and the setting, in a sentence."""
    config = made.directory / "server.toml"
    key = line.split(" ", maxsplit=1)[0]
    kept = [old for old in config.read_text().splitlines() if not old.startswith(key)]
    config.write_text("\n".join([line, *kept]))
    done = run_server_command("serve", str(made.directory), status=1)
    assert str(config) in done.stderr
    assert complaint in done.stderr


def test_a_changed_entry_keeps_the_server_from_starting(made: ServerProcess) -> None:
    """It says at which offset the chain is broken; so does check."""
    made.add("operator-1", "soc_operator")
    with sqlite3.connect(made.directory / "ledger.db") as database:
        (entry,) = database.execute("SELECT entry FROM entries WHERE offset = 3").fetchone()
        changed = entry.replace(b"operator-1", b"operator-2")
        assert changed != entry
        database.execute("UPDATE entries SET entry = ? WHERE offset = 3", (changed,))
    database.close()
    for verb in (["serve", str(made.directory), "--listen", "127.0.0.1:0"], ["check", str(made.directory)]):
        done = run_server_command(*verb, status=1)
        assert "damaged at entry 3" in done.stderr


def test_an_entry_changed_under_a_running_server_is_found_at_the_next_start(server: ServerProcess) -> None:
    """What was not verified at a start is verified at the next, however well the server was stopped."""
    server.add("operator-1", "soc_operator")
    with sqlite3.connect(server.directory / "ledger.db") as database:
        database.execute("UPDATE entries SET entry = x'00' WHERE offset = 3")
    database.close()
    assert server.stop() == 0
    done = run_server_command("serve", str(server.directory), "--listen", "127.0.0.1:0", status=1)
    assert "damaged at entry 3" in done.stderr


async def test_another_action_in_an_open_decision_keeps_the_server_from_starting(server: ServerProcess) -> None:
    """The sentence names the decision and the entry; so does check's."""
    async with propose_stream(server.add("maximus", "core")) as up:
        offset = (await up.answer(v1.CoreCommand(proposal=proposal(1)))).accepted.offset
    assert server.stop() == 0
    with sqlite3.connect(server.directory / "ledger.db") as database:
        (stored,) = database.execute("SELECT decision FROM decisions").fetchone()
        forged = v1.Decision.FromString(stored)
        forged.proposal.action.targets[0].value = "198.51.100.7"
        forged.action_digest = action_digest(forged.proposal.action)
        database.execute("UPDATE decisions SET decision = ?", (forged.SerializeToString(deterministic=True),))
    database.close()
    for verb in (["serve", str(server.directory), "--listen", "127.0.0.1:0"], ["check", str(server.directory)]):
        done = run_server_command(*verb, status=1)
        assert f"damaged at entry {offset}: the decision decision-000001 " in done.stderr


async def test_a_clock_that_was_set_back_does_not_set_deadlines_back(made: ServerProcess) -> None:
    """The server goes on from the ledger's last moment, with a warning, so that entries and timekeeper agree."""
    ahead_us = SystemClock().now_us() + 3600 * SECOND_US
    store = await SqliteStore.open(made.directory / "ledger.db", create=False)
    credential = v1.Credential(credential_id="0" * 16, name="late", role=v1.ROLE_AUDITOR)
    clock = ManualClock(ahead_us)
    await issue_credential(store, clock, SystemEntropy(), credential=credential, proof=bytes(32))
    await store.close()
    made.start()
    try:
        async with operate_stream(made.add("operator-1", "soc_operator")) as down:
            assert microseconds((await down.read()).envelope.server_time) >= ahead_us
    finally:
        made.close()
    assert "behind the ledger" in made.log_path.read_text()


INTERRUPTED = """
import sys
from governance_server import __main__, bootstrap

async def interrupted(*_, **__):
    raise KeyboardInterrupt

bootstrap.check = bootstrap.serve = interrupted
sys.exit(__main__.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("verb", ["check", "serve"])
def test_ctrl_c_ends_with_130(made: ServerProcess, verb: str) -> None:
    """In a word, and not in a traceback."""
    command = [sys.executable, "-c", INTERRUPTED, verb, str(made.directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "governance-server: interrupted.\n")
