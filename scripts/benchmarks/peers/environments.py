"""Environments: one for each peer, holding exactly what its lock names; made once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.peers.roster import Peer
    from benchmarks.progress import Progress

_STAMP: Final = "made-from"
"""What an environment holds: a digest of what it was made from, written last."""
_LONGEST_S: Final = 900.0
_SENTENCE: Final = 160
"""Characters of a reason, so that a table stays one."""


class PeerError(Exception):
    """A peer cannot be measured here; the message is one line that says why."""


class Place(NamedTuple):
    """Where a peer is installed.

    Attributes:
        python: Its Python.
        server: Its server, where that came from npm; empty else.
    """

    python: Path
    server: str


def default_home() -> Path:
    """Return where environments are kept: the user's folder of what can be made again."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "governance-workspace" / "peers"


def place(peer: Peer, home: Path, progress: Progress) -> Place:
    """Return where a peer is installed, installing it now unless it is.

    Args:
        peer: Which.
        home: Where environments are kept.
        progress: Told of what takes long.

    Raises:
        PeerError: It cannot be installed here. Nothing is left of it.
    """
    folder = home / peer.key
    if not _holds(folder, peer):
        progress.say(f"{peer.name}: it is installed into an environment of its own.")
        try:
            _make(folder, peer)
        except PeerError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return Place(folder / "bin" / "python", _server(folder, peer))


def stamp(peer: Peer) -> str:
    """Return what tells an environment that is current from one that is not: its locks, and the Python."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (peer.lock, *peer.node_locks):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _holds(folder: Path, peer: Peer) -> bool:
    made_from = folder / _STAMP
    return made_from.exists() and made_from.read_text(encoding="utf-8") == stamp(peer)


def _make(folder: Path, peer: Peer) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PeerError(f"{folder.parent} cannot be written: {error.strerror}") from error
    if peer.node_locks:
        _install_from_npm(folder, peer)
    _run("venv", [sys.executable, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    _run("pip", [*pip, "--require-hashes", "--requirement", str(peer.lock)])
    (folder / _STAMP).write_text(stamp(peer), encoding="utf-8")


def _install_from_npm(folder: Path, peer: Peer) -> None:
    folder.mkdir()
    for lock in peer.node_locks:
        shutil.copy(lock, folder)
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier"]
    # what packages would run when they are installed only counts who installs them
    _run("npm", ["npm", "ci", "--ignore-scripts", *quiet, "--prefix", str(folder)])


def _run(name: str, command: Sequence[str]) -> None:
    """Run an installer; its words are shown only if it fails. Raises PeerError then."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S, env=environment)
    except FileNotFoundError as error:
        raise PeerError(f"{name} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{name} was not done after {_LONGEST_S:.0f} s") from error
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise PeerError(f"{name} could not install it: {sentence(done.stderr)}")


def _server(folder: Path, peer: Peer) -> str:
    if not peer.node_server:
        return ""
    found = sorted(folder.glob(peer.node_server))
    if not found:
        raise PeerError("npm has no server of it for this kind of machine")
    return str(found[0])


def sentence(said: str) -> str:
    """Return what a program said of its failure in one short line: the line with an error in it, or the last."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[0 if errors else -1][:_SENTENCE]
