"""The parts: where the server's processor time for a cycle goes, by a profiler that looks at it from outside.

The system tells how much processor time each thread took. py-spy notes which frames a thread is in: each look counts
for the innermost frame of a module that is somebody's part, and what is in none, the libraries that are written in C
and Python's own loop, is the transport's. A thread's time is divided as its looks are. A thread that waits for its turn
on a busy machine is looked at as if it worked: the machine has to be quiet. Cycles go on to core's acceptance and
report, since the profiler does not stop for these: two commands more than in `cycle.throughput`.

The profiler is no part of the environment: it has to be on PATH, or named, and allowed to look (as root, or with
`kernel.yama.ptrace_scope` at 0). Linux only.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks import settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure
from benchmarks.servers import stage
from benchmarks.shown import PARTS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.progress import Progress

PER_SECOND: Final = 200
"""How often it looks: more would hold the server up for longer than it works between two looks."""
_ENDING_S: Final = 30.0
_THREAD: Final = re.compile(r"thread \((\d+)\)")
TRANSPORT: Final = "gRPC, TLS and the event loop"
_OURS: Final = "governance_server/"
_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    TRANSPORT: ("grpc/", "uvloop/"),
    "authenticate and validate": tuple(f"{_OURS}rpc/{name}.py" for name in ("authentication", "rules", "validation")),
    "streams: read and write frames": (f"{_OURS}rpc/",),
    "rules: decide and evolve": (f"{_OURS}domain/",),
    "sessions: gather what is told": tuple(
        f"{_OURS}engine/{name}.py" for name in ("attention", "bulletin", "frames", "glance", "session", "tail")
    ),
    "govern and record": (f"{_OURS}engine/",),
    "commit": (f"{_OURS}ledger/", "sqlalchemy/", "aiosqlite/", "sqlite3/"),
}
"""Whose part is a module that begins so; of two that fit, the first. They are told in this order."""


class ProfilerError(Exception):
    """The server could not be looked at; the message says why and what to do."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "cycles", "at-once")
    parser.add_argument("--profiler", default="py-spy", metavar="FILE", help="the profiler (py-spy on PATH)")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures.

    Raises:
        ProfilerError: There is no profiler, or it could not look.
    """
    profiler = shutil.which(arguments.profiler)
    if profiler is None:
        raise ProfilerError(f"There is no {arguments.profiler} on PATH. Install it (pip install py-spy) or name it.")
    with stage(arguments.folder, 1) as ground, _folder(arguments.folder) as folder:
        stacks = Path(folder) / "stacks.txt"
        with _looking(profiler, ground.server.pid, stacks):
            before = _taken_us(ground.server.pid)
            for number in range(arguments.rounds):
                progress.say(f"cycle.parts: round {number + 1} of {arguments.rounds}.")
                ground.pair.ask("cycle", count=arguments.cycles, at_once=arguments.at_once, whole=True)
            taken = _taken_us(ground.server.pid)
        cycles = arguments.cycles * arguments.rounds
        each = {thread: (taken_us - before.get(thread, 0.0)) / cycles for thread, taken_us in taken.items()}
        return parts(stacks.read_text(encoding="utf-8").splitlines(), each)


def _folder(beside: str | None) -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="governance-bench-", dir=beside)


@contextmanager
def _looking(profiler: str, pid: int, stacks: Path) -> Iterator[None]:
    """Have the profiler look at a process while the block lasts; what it saw is in the file afterwards.

    Raises:
        ProfilerError: It could not look.
    """
    command = [profiler, "record", "--pid", str(pid), "--threads", "--rate", str(PER_SECOND)]
    command += ["--format", "raw", "--output", str(stacks)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            yield
            process.send_signal(signal.SIGINT)
            said += process.communicate(timeout=_ENDING_S)[0]
        finally:
            process.kill()
    if not stacks.exists():
        raise ProfilerError(f"{profiler} saw nothing. It said: {' '.join(said.split())}")


def _taken_us(pid: int) -> dict[str, float]:
    """Return the processor time that each thread of a process has taken so far, in microseconds."""
    listings = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return {each.parent.name: int(each.read_text(encoding="ascii").split()[0]) / 1_000 for each in listings}


def parts(stacks: Iterable[str], taken_us: Mapping[str, float]) -> list[Figure]:
    """Return the parts of a cycle's processor time, and how often it was looked.

    Args:
        stacks: What the profiler saw, a stack a line: the thread and its frames from the outermost, parted by
            semicolons; then how often.
        taken_us: What a cycle takes of each thread, in microseconds.
    """
    looks: dict[str, Counter[str]] = {thread: Counter() for thread in taken_us}
    for line in stacks:
        frames, _, count = line.rpartition(" ")
        thread = _THREAD.match(frames)
        if thread is not None and thread[1] in looks:
            looks[thread[1]][_part(frames.split(";")[1:])] += int(count)
    each = dict.fromkeys(_MODULES, 0.0)
    for thread_id, seen in looks.items():
        shares = seen or {TRANSPORT: 1}
        for name, count_of in shares.items():
            each[name] += taken_us[thread_id] * count_of / sum(shares.values())
    total = sum(seen.total() for seen in looks.values())
    found = [Figure(f"{PARTS}{name}", each[name], "µs") for name in _MODULES]
    return [*found, Figure("looks of the profiler", total, "")]


def _part(frames: Sequence[str]) -> str:
    """Return whose part a stack is: that of its innermost frame that is somebody's."""
    for frame in reversed(frames):
        module = frame.rpartition("(")[2]
        for name, beginnings in _MODULES.items():
            if module.startswith(beginnings):
                return name
    return TRANSPORT


BENCHMARK: Final = Benchmark("parts", "where the server's processor time goes, by py-spy", options, measure)
