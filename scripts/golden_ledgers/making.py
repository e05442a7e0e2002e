"""Makes a golden ledger: a story lived long ago, and then the real programs, which leave what later versions must read.

Whatever a person or an administrator does from outside is done by the programs themselves: keys, erasure, pruning, the
witness, the export, the backup. Only the story is lived by the engine under a clock of its own, since a day of waiting
is in it.
"""

from __future__ import annotations

import asyncio
import json
import lzma
import os
import subprocess
import sys
import tempfile
from collections import Counter
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.clock import ManualClock
from tests.support.golden import CHECKPOINT, DATABASE, FACTS, FIRST_KEY, RECORDS, WITNESS, kinds_of
from tests.support.messages import CORE
from tests.support.server import ServerProcess, run_server_command

from golden_ledgers.life import PEOPLE, Life, living
from golden_ledgers.story import POLICY, everything, long_over
from governance import v1
from governance_server import keeping_keys
from governance_server.directory import Directory
from governance_server.domain.moment import SECOND_US
from governance_server.engine.enrolment import create_ledger, issue_credential
from governance_server.engine.notary import Notary
from governance_server.ledger.schema import REVISION
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.system import SystemEntropy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_BEGAN_US: Final = {"everything": 1_767_323_045 * SECOND_US, "pruned": 1_600_000_000 * SECOND_US}
_WITNESS_NAME: Final = "witness.example.org/w1"
STORIES: Final = tuple(_BEGAN_US)
"""What can be lived; "pruned" is what is left of a ledger once most of it is beyond its retention."""


def make(story: str, folder: Path) -> int:
    """Make a golden ledger in a folder that is not there yet; return how many bytes it has."""
    with tempfile.TemporaryDirectory(prefix="governance-golden-") as name:
        work = Path(name)
        server = ServerProcess(work / "server", policy=POLICY)
        try:
            forgotten = asyncio.run(_live(story, Directory(server.directory)))
            _administer(story, server, forgotten)
            made = _take(server, work, story)
        finally:
            server.close()
    folder.mkdir(parents=True)
    for file, content in made.items():
        (folder / file).write_bytes(content)
    return sum(map(len, made.values()))


async def _live(story: str, directory: Directory) -> str:
    """Put a ledger that was lived long ago in the place of a new one; return a decision to be forgotten, or nothing."""
    for path in (*directory.root.glob("ledger.db*"), directory.checkpoint_key, directory.checkpoint_vkey):
        path.unlink()
    clock, entropy = ManualClock(_BEGAN_US[story]), SystemEntropy()
    store = await SqliteStore.open(directory.ledger, create=True)
    try:
        make_key = partial(keeping_keys.make_first, directory)
        await create_ledger(store, clock, entropy, policy=POLICY, make_key=make_key)
        for actor in (CORE, *PEOPLE):
            credential = v1.Credential(credential_id=entropy.token(8).hex(), name=actor.name, role=actor.role)
            await issue_credential(store, clock, entropy, credential=credential, proof=entropy.token(32))
        notary = Notary(store, clock, keeping_keys.signers_of(directory))
        async with living(store, clock, notary.sign) as life:
            lived: dict[str, Callable[[Life], Awaitable[str | None]]] = {"everything": everything, "pruned": long_over}
            return await lived[story](life) or ""
    finally:
        await store.close()


def _administer(story: str, server: ServerProcess, forgotten: str) -> None:
    """Do what administrators do, beside the running server."""
    directory = str(server.directory)
    first_key = (server.directory / "checkpoint.vkey").read_text()
    server.start()
    server.add("ann", "ciso")
    if story == "pruned":
        run_server_command("prune", directory)
    else:
        run_server_command("revoke", directory, "operator-2")
        run_server_command("rotate-key", directory)
        run_server_command("erase", directory, forgotten, "--reason", "Article 17", "--requested-by", "ticket 4711")
    server.stop()
    (server.directory / FIRST_KEY).write_text(first_key)


def _take(server: ServerProcess, work: Path, story: str) -> dict[str, bytes]:
    """Have the server's last checkpoint cosigned, everything exported, and return all of it as files."""
    server.start()  # which signs before it serves: the checkpoint is about the last entry
    at = partial(_governance, server, work)
    key, witness = str(server.directory / FIRST_KEY), str(work / "witness.key")
    at("audit", "witness", "--new-key", witness, "--name", _WITNESS_NAME)
    at("audit", "witness", "--key-file", witness, "--key", key, "--publish")
    checked = ("--key", key, "--witness", f"{witness}.vkey", "--output", str(work / CHECKPOINT))
    verified: dict[str, Any] = json.loads(at("--json", "audit", "verify", *checked))
    at("audit", "ls", "--format", "records", "--output", str(work / RECORDS))
    run_server_command("check", str(server.directory))
    server.stop()
    run_server_command("backup", str(server.directory), str(work / "ledger.db"))
    records = (work / RECORDS).read_text()
    facts = {
        "made_by": f"governance-workspace {version('governance-workspace')}",
        "story": story,
        "revision": REVISION,
        "verified": verified,
        "events": dict(sorted(Counter(kinds_of(records)).items())),
    }
    return {
        DATABASE: lzma.compress((work / "ledger.db").read_bytes(), preset=9 | lzma.PRESET_EXTREME),
        RECORDS: records.encode(),
        CHECKPOINT: (work / CHECKPOINT).read_bytes(),
        FIRST_KEY: Path(key).read_bytes(),
        WITNESS: Path(f"{witness}.vkey").read_bytes(),
        FACTS: (json.dumps(facts, indent=2) + "\n").encode(),
    }


def _governance(server: ServerProcess, work: Path, *arguments: str) -> str:
    """Run a command of `governance` as a reader who may see everything; return what it printed."""
    credentials = str(server.directory / "credentials" / "ann.toml")
    done = subprocess.run(
        [sys.executable, "-m", "governance_client.cli", "--credentials", credentials, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_STATE_HOME": str(work / "state"), "LC_ALL": "C.UTF-8", "LANGUAGE": ""},
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
