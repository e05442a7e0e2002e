"""`scripts/bench peers`: the peers lead our cycle in programs of their own; one that cannot is told of."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.catalogue import BENCHMARKS
from benchmarks.peers.environments import PeerError, Place, place
from benchmarks.peers.programs import PeerProgram, group_cpu_s
from benchmarks.peers.roster import Peer
from benchmarks.peers.running.requesting import Requests
from benchmarks.progress import Progress

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

SMALL = {
    "rounds": 1,
    "messages": 640,
    "cycles": 96,
    "at-once": 8,
    "singles": 5,
    "peer-cycles": 16,
    "peer-singles": 2,
}
NOWHERE = ("No matching distribution", "onnection", "imed out", "is not installed")
"""What an installer says where it has no registry."""
FAKE = Peer("Fake", "fake")
PREAMBLE = """\
import contextlib, os, subprocess, sys
from running.speaking import answer_questions
@contextlib.asynccontextmanager
async def stand(settings):
"""


@pytest.fixture
def fake(tmp_path: Path) -> Place:
    """A place whose Python runs `program.py`, whatever module it is asked for, with the settings."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/program.py" "$3"\n')
    python.chmod(0o755)
    return Place(python, "")


def write(fake: Place, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    (fake.python.parent / "program.py").write_text(f"{PREAMBLE}{lines}\nanswer_questions(stand)\n")


def started(fake: Place) -> PeerProgram:
    return PeerProgram(FAKE, fake, fake.python.parent, "what is asked")


def test_a_peer_leads_cycles(fake: Place) -> None:
    """Each cycle has a name of its own and is timed by itself; what a peer prints meanwhile is no answer."""
    write(
        fake,
        "names = set()\nasync def cycle(name):\n    print('hello')\n    assert name not in names\n    names.add(name)\n"
        "    assert settings['request'] == 'what is asked'\n    return 'approved'\nyield cycle",
    )
    with started(fake) as program:
        done = program.lead(count=20, at_once=8)
        assert len(done["samples_s"]) == 20
        assert 0 <= max(done["samples_s"]) <= done["took_s"]
        assert done["cpu_s"] >= 0
        assert len(program.lead(count=1, at_once=1)["samples_s"]) == 1


def test_a_waiter_that_sees_something_else(fake: Place) -> None:
    """A cycle counts only if the waiter saw the verdict that was given."""
    write(fake, "async def cycle(name):\n    return 'rejected'\nyield cycle")
    with started(fake) as program, pytest.raises(PeerError, match="The waiter saw 'rejected'"):
        program.lead(count=3, at_once=2)


def test_a_peer_that_does_not_come_up(fake: Place) -> None:
    """One that cannot start says why, in one line; one that just ends is told by the last thing that it said."""
    write(fake, "raise RuntimeError('no port\\nis free')\nyield")
    with pytest.raises(PeerError, match="RuntimeError: no port is free"):
        started(fake).__enter__()
    (fake.python.parent / "program.py").write_text("import sys\nsys.exit('gone already')\n")
    with pytest.raises(PeerError, match="it ended: gone already"):
        started(fake).__enter__()


def test_nothing_of_a_peer_is_left(fake: Place) -> None:
    """What a peer has started ends with it, whether it ends that itself or not, and its processor time counts."""
    write(
        fake,
        "subprocess.Popen([sys.executable, '-c', 'print(flush=True)\\nsum(range(5_000_000))\\ninput()'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE).stdout.readline()\n"
        "async def cycle(name):\n    return 'approved'\nyield cycle",
    )
    with started(fake) as program:
        program.lead(count=1, at_once=1)
        group = program.group
        assert group_cpu_s(group) > 0
    left = [path for path in Path("/proc").glob("[0-9]*/stat") if in_group(path, group)]
    assert not left


def in_group(path: Path, group: int) -> bool:
    try:
        state, _, its_group = path.read_text(errors="replace").rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state not in "ZX"


async def test_requests() -> None:
    """A request is sent and its answer read, whichever way its length is told, on a connection that is kept."""
    answers = iter(
        [
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone",
            b"HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n3\r\nall\r\n5\r\n of i\r\n1\r\nt\r\n0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno such",
        ]
    )
    asked: list[bytes] = []
    connections: list[StreamWriter] = []

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        connections.append(writer)
        for each in answers:
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head + await reader.readexactly(int(head.rpartition(b"length: ")[2])))
            writer.write(each)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    requests = Requests(server.sockets[0].getsockname()[1])
    assert await requests.ask("POST", "/ask", {"for": "leave"}) == b"done"
    assert await requests.ask("GET", "/ask") == b"all of it"
    with pytest.raises(ValueError, match="GET /nothing was answered with 404: no such"):
        await requests.ask("GET", "/nothing")
    requests.close()
    server.close()
    await connections[0].wait_closed()
    assert asked[0].endswith(b'{"for": "leave"}')
    assert len(connections) == 1


@dataclass(frozen=True)
class Elsewhere(Peer):
    """A peer whose locks are among a test's files."""

    locks: Path = Path()

    @property
    def lock(self) -> Path:
        return self.locks / "lock.txt"

    @property
    def node_locks(self) -> list[Path]:
        return sorted(self.locks.glob("*.json"))


@pytest.fixture
def nobody(tmp_path: Path) -> Elsewhere:
    """A peer that is nowhere to be had."""
    folder = tmp_path / "locks"
    folder.mkdir()
    (folder / "lock.txt").write_text(f"not-to-be-had==1.0 --hash=sha256:{'0' * 64}\n")
    return Elsewhere("Nobody", "nobody", locks=folder)


def test_a_failed_installation(
    nobody: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that pip cannot install leaves nothing behind; all that pip said is shown."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(PeerError, match=r"pip could not install it: ERROR: .*not-to-be-had"):
        place(nobody, tmp_path / "peers", Progress(io.StringIO()))
    assert "No matching distribution" in capfd.readouterr().err
    assert not list((tmp_path / "peers").iterdir())


@pytest.mark.timeout(900)  # two environments are made, unless they are there from before
def test_all_of_it(nobody: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The peers lead the cycle beside ours in one run; one that is not to be had is in the table, with the reason."""
    (nobody.locks / "package.json").write_text("{}")
    monkeypatch.setenv("PATH", str(tmp_path))  # where no npm is
    parser = argparse.ArgumentParser()
    BENCHMARKS["peers"].options(parser)
    words = [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]
    arguments = parser.parse_args([*words, "--only", "dbos,langgraph", "--folder", str(tmp_path)])
    arguments.only.append(nobody)
    found = {each.name: each for each in BENCHMARKS["peers"].measure(arguments, Progress(io.StringIO()))}
    assert [path.name for path in tmp_path.iterdir()] == ["locks"]
    missing = found.pop("peers.missing, Nobody: npm is not installed")
    assert (missing.value, missing.holds) == (1, False)
    assert found["cycle.throughput, 1 operator"].value > 0
    assert found["cycle.throughput, 1 operator, of limit.echo"].least == 0.10
    for name in (name for name in found if name.startswith("peers.missing")):
        assert any(word in name for word in NOWHERE), name
        pytest.skip(name)
    for name in ("DBOS", "LangGraph"):
        assert found[f"peers.throughput, {name}, 8 at once"].value > 0
        assert found[f"peers.cpu, {name}, 8 at once"].value > 0
        assert found[f"peers.latency, {name}, one at a time, p50"].value > 0
    assert found["cycle.latency, one at a time, p50, of LangGraph"].most == 0.4


def test_one_that_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks for a peer that there is not is told which there are."""
    parser = argparse.ArgumentParser()
    BENCHMARKS["peers"].options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--only", "dbos,paper"])
    assert "paper: there are restate, langgraph, dbos, temporal" in capsys.readouterr().err
