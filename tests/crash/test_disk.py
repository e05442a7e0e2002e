"""The disk fails under a running server: nobody is told what is not there, it ends with a sentence and starts again."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import pytest

from tests.support.faulty import ends, refuses_to_serve
from tests.support.flood import Flooded, flood, lost
from tests.support.server import ServerProcess, run_server_command

if TYPE_CHECKING:
    from collections.abc import Iterator

SHUT_DOWN: Final = 0x8004587D
"""The ioctl that has ext4 refuse everything from then on, as it does by itself when its disk is gone."""
WITHOUT_LOG: Final = (2).to_bytes(4, "little")
MORE_THAN_FITS: Final = 400

as_root = pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting needs root, and Linux")


def mounted(*arguments: str, at: Path) -> None:
    """Mount a file system, or skip where that is not allowed."""
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(at)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    disk = tmp_path / "disk"
    mounted("-t", "tmpfs", "-o", "size=3m", "tmpfs", at=disk)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def own_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 file system of its own."""
    image, disk = tmp_path / "image", tmp_path / "disk"
    image.touch()
    os.truncate(image, 16 << 20)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("there is no mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    mounted("-o", "loop", str(image), at=disk)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
    image.unlink()  # it has credentials in it, which nothing that is left behind may have


def sentence(server: ServerProcess) -> str:
    """Return what a server that has ended said last; it may not be a traceback."""
    log = server.log_path.read_text()
    assert "Traceback" not in log, log
    return log.splitlines()[-1]


def flooded(server: ServerProcess, core: Path, *, first: int = 0, frames: int = MORE_THAN_FITS) -> Flooded:
    """Flood a server that fails meanwhile, until it has ended with 1."""
    came_of_it = asyncio.run(flood(core, first=first, frames=frames))
    assert server.wait() == 1, server.log_path.read_text()
    assert came_of_it.code == grpc.StatusCode.UNAVAILABLE
    return came_of_it


@as_root
def test_a_full_disk(small_disk: Path) -> None:
    """The server ends, what it acknowledged is there, other commands say what is wrong, and with room all goes on."""
    server = ServerProcess(small_disk / "server")
    server.start()
    core = server.add("maximus", "core")
    came_of_it = flooded(server, core)
    assert "nothing was acknowledged" in came_of_it.said
    assert "database or disk is full" in sentence(server)
    # whichever write comes first says it
    assert re.search("No space left on device|disk is full", refuses_to_serve(server.directory))
    ended = ends("operator", "add", str(server.directory), "mary", "--role", "ciso")
    assert (ended.status, "No space left on device" in ended.sentence) == (1, True)
    assert [path.name for path in (server.directory / "credentials").iterdir()] == ["maximus.toml"]
    subprocess.run(["mount", "-o", "remount,size=30m", str(small_disk)], check=True)
    run_server_command("check", str(server.directory))
    server.start()
    assert lost(server.directory / "ledger.db", came_of_it.acknowledged) == set()
    assert asyncio.run(flood(core, first=10_000, frames=2)).code is None
    assert server.stop() == 0


@contextmanager
def files_of(most: int) -> Iterator[None]:
    """Have what is started meanwhile write files of so many bytes, and no larger ones."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """The same without root: a log that can take no more ends the server, and what it acknowledged is there."""
    server = ServerProcess(tmp_path / "server")
    with files_of(1_500_000):
        server.start()
    core = server.add("maximus", "core")
    came_of_it = flooded(server, core)
    assert came_of_it.acknowledged
    assert "The ledger could not be written: " in sentence(server)
    server.start()
    assert lost(server.directory / "ledger.db", came_of_it.acknowledged) == set()
    assert asyncio.run(flood(core, first=10_000, frames=2)).code is None
    assert server.stop() == 0
    run_server_command("check", str(server.directory))


@as_root
@pytest.mark.timeout(180)
def test_a_disk_that_is_gone(own_disk: Path, tmp_path: Path) -> None:
    """Neither read nor written any more: nobody is told anything any more, and the server ends."""
    server = ServerProcess(tmp_path / "server")
    shutil.move(server.directory, own_disk / "server")
    server.directory.symlink_to(own_disk / "server")  # so that its log is on another disk
    server.start()
    core = Path(shutil.copy(server.add("maximus", "core"), tmp_path / "maximus.toml"))
    before = asyncio.run(flood(core, frames=2))
    assert before.code is None
    folder = os.open(own_disk, os.O_RDONLY)
    fcntl.ioctl(folder, SHUT_DOWN, WITHOUT_LOG)
    os.close(folder)
    came_of_it = asyncio.run(flood(core, first=1000, frames=2))
    assert (came_of_it.acknowledged, came_of_it.code) == ({}, grpc.StatusCode.UNAVAILABLE)
    assert server.wait() == 1, server.log_path.read_text()
    # what SQLite makes of it depends on how much of the file was still in memory
    assert re.search(r"disk I/O error\.|disk image is malformed\.", sentence(server))


def test_a_ledger_that_is_held_for_long(server: ServerProcess) -> None:
    """Another process holds it for longer than SQLite waits: nobody is told anything meanwhile, and all of it after."""
    core = server.add("maximus", "core")

    async def held() -> Flooded:
        with closing(sqlite3.connect(server.directory / "ledger.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            flooding = asyncio.create_task(flood(core, frames=2))
            await asyncio.to_thread(logged, server, "ledger busy")
            assert not flooding.done()
            other.execute("COMMIT")
        return await flooding

    came_of_it = asyncio.run(held())
    assert (len(came_of_it.acknowledged), came_of_it.code) == (32, None)
    assert lost(server.directory / "ledger.db", came_of_it.acknowledged) == set()


def logged(server: ServerProcess, event: str) -> None:
    """Wait until a server has logged something; `tail` waits for the file, and the test's own limit bounds it."""
    with subprocess.Popen(
        ["tail", "--lines=+1", "--follow", str(server.log_path)], stdout=subprocess.PIPE, text=True
    ) as tail:
        assert tail.stdout is not None
        for line in tail.stdout:
            if event in line:
                break
        tail.kill()


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    """Standard error on a disk that is full: the server guards its gate, and stops in good order."""
    server = ServerProcess(tmp_path / "server")
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "governance_server", "serve", str(server.directory), "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline().startswith("Serving on ")
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def test_a_second_server(server: ServerProcess) -> None:
    """It is refused by a sentence, and the first one goes on serving."""
    core = server.add("maximus", "core")
    assert refuses_to_serve(server.directory) == f"Another server is running on {server.directory}. Stop it first."
    assert asyncio.run(flood(core, frames=2)).code is None
