"""The recovery: how long a server that was killed takes until it serves again, with very much open or very much behind.

A first start has to verify what came in the life before it; those after it do not.
The ledgers are in the system's cache by then: what is measured is the server, not the disk.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks import settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, over_rounds
from benchmarks.grounds import Fill, StandingServer, first_start_s, kept_ground, ledger_bytes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from benchmarks.progress import Progress

MILLION: Final = 1_000_000
MOST_S: Final = 20.0
AIM_S: Final = 5.0


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "backlogs", "history")
    settings.take_keep(parser)


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with keeping(arguments) as keep:
        return [figure for fill in fills(arguments) for figure in restarts(keep, fill, arguments, progress)]


def fills(arguments: argparse.Namespace) -> list[Fill]:
    """Return the grounds that are asked for, the emptiest first."""
    backlogs = [Fill(open_decisions) for open_decisions in sorted(arguments.backlogs)]
    return [*backlogs, Fill(entries=arguments.history)] if arguments.history else backlogs


@contextmanager
def keeping(arguments: argparse.Namespace) -> Iterator[Path]:
    """Have a folder for full ledgers while the block lasts: the one that was named, or else one that goes away."""
    if arguments.keep is not None:
        yield arguments.keep
        return
    with TemporaryDirectory(prefix="governance-bench-", dir=arguments.folder) as name:
        yield Path(name)


def restarts(keep: Path, fill: Fill, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure restarts on one ground."""
    kept = kept_ground(keep, fill, progress)
    server = StandingServer(kept / "server")
    took_s = []
    try:
        for number in range(arguments.rounds):
            progress.say(f"recovery, {fill.title}: round {number + 1} of {arguments.rounds}.")
            began = time.perf_counter()
            server.start()
            took_s.append(time.perf_counter() - began)
            server.kill()
    finally:
        server.close()
    most, aim = (MOST_S, AIM_S) if fill == Fill(MILLION) else (None, None)
    name = f"recovery, {fill.title}: time to serve"
    figures = [over_rounds(name, took_s, "s", most=most, aim=aim)]
    first_s = first_start_s(kept)
    if first_s is not None:
        figures.append(Figure(f"{name} at the first start", first_s, "s", most=most, aim=aim))
    size = ledger_bytes(kept / "server") / 1e6
    return [*figures, Figure(f"recovery, {fill.title}: the ledger's size", size, "MB")]


BENCHMARK: Final = Benchmark(
    "recovery", "restart with up to 1,000,000 open decisions and ten million entries", options, measure
)
