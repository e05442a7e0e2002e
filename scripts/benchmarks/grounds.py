"""Grounds: server directories to measure on, new ones and such as hold very much already.

A full one is lived through by the real governor, in this process, on the real store; then the real server starts on it
once, verifies what it does not know to be verified, signs it, and stops. So it is what a server that ran for long would
leave, and it is kept for the next run, if there is a folder to keep it in.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import uvloop
from tests.support.server import ServerProcess

from benchmarks.living import live
from governance_server.directory import Directory
from governance_server.ledger.schema import REVISION

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.progress import Progress

POLICY: Final = """\
# The built-in policy, but that nobody asks too often, any number may be open, and nothing falls due meanwhile.
[limits]
operator_requests_per_minute = 0
proposals_per_hour = 0
open_decisions = 100_000_000

[sla]
low_s = 31_000_000
medium_s = 31_000_000
high_s = 31_000_000
critical_s = 31_000_000

[execution]
accept_within_s = 31_000_000
report_within_s = 31_000_000
"""
ENTRIES_A_DECISION: Final = 4
"""Proposed; approved, with its order; accepted; reported."""
MOST_AGE_S: Final = 150 * 24 * 3600
"""A kept ground is made anew when it is older: after three quarters of its SLA, warnings fall due."""
_BYTES_A_DECISION: Final = 5_500
"""On the disk, while it is open: a fifth more than was measured."""
_BYTES_AN_ENTRY: Final = 2_000
"""On the disk, with its share of what the decision leaves: a fifth more than was measured."""
_MADE: Final = "made"
"""The file that says that a ground is whole, and how long the first start on it took."""
_VERSION: Final = 1
"""Of what is lived through: a kept ground of another one is left alone, and a new one made."""


class GroundError(Exception):
    """A ground could not be made; the message says why and what to do."""


class Fill(NamedTuple):
    """What a ground holds before it is measured on.

    Attributes:
        open_decisions: So many decisions wait for a person.
        entries: So many entries are about decisions that have ended.
    """

    open_decisions: int = 0
    entries: int = 0

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.entries} entries before" if self.entries else f"{self.open_decisions} open"

    @property
    def folder(self) -> str:
        """What it is kept as."""
        recipe = hashlib.sha256(f"{_VERSION} {REVISION} {POLICY}".encode()).hexdigest()[:8]
        return f"open-{self.open_decisions}-entries-{self.entries}-{recipe}"


class StandingServer(ServerProcess):
    """A server whose directory is there already."""

    def __init__(self, directory: Path) -> None:
        """Take the directory as it is."""
        self.directory = directory
        self.address = ""
        self.mutual_address = ""
        self._process = None
        self._log = None


def new_server(folder: Path) -> ServerProcess:
    """Make a server's directory within a folder."""
    return ServerProcess(folder / "server", policy=POLICY)


def copied(kept: Path, folder: Path) -> StandingServer:
    """Copy a kept ground into a folder, so that what is measured there leaves no trace in it."""
    directory = folder / "server"
    shutil.copytree(kept / "server", directory)
    return StandingServer(directory)


def kept_ground(keep: Path, fill: Fill, progress: Progress) -> Path:
    """Return the folder of a ground, made now unless it was kept from before."""
    folder = keep / fill.folder
    ledger = folder / "server" / "ledger.db"
    if ledger.exists() and time.time() - (folder / _MADE).stat().st_mtime < MOST_AGE_S:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    _assure_room(keep, fill)
    making = keep / f"{fill.folder}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    _make(making, fill, progress)
    making.replace(folder)
    return folder


def _assure_room(keep: Path, fill: Fill) -> None:
    """Return where there is room for a ground and for the copy that is measured on. Raises GroundError else."""
    keep.mkdir(parents=True, exist_ok=True)
    needed = 2 * (fill.open_decisions * _BYTES_A_DECISION + fill.entries * _BYTES_AN_ENTRY)
    free = shutil.disk_usage(keep).free
    if free < needed:
        raise GroundError(
            f"A ledger with {fill.title}, and a copy of it, takes {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are"
            f" free in {keep}. Name another place with --keep, or ask for less with --backlogs and --history."
        )


def _make(folder: Path, fill: Fill, progress: Progress) -> None:
    server = new_server(folder)
    ended = fill.entries // ENTRIES_A_DECISION
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live(Directory(server.directory), ended, fill.open_decisions, progress))
    progress.say(f"{fill.title}: the server verifies and signs what was made.")
    try:
        began = time.perf_counter()
        server.start()
        took_s = time.perf_counter() - began
        server.stop()
    finally:
        server.close()
    (folder / _MADE).write_text(json.dumps({"first_start_s": took_s}), encoding="utf-8")


def first_start_s(kept: Path) -> float | None:
    """Return how long the first start took on what a ground was filled with; None where that was not noted yet."""
    made = (kept / _MADE).read_text(encoding="utf-8")
    return float(json.loads(made)["first_start_s"]) if made else None


def ledger_bytes(directory: Path) -> int:
    """Return what a ledger takes on the disk, with its log."""
    return sum(path.stat().st_size for path in directory.glob("ledger.db*"))
