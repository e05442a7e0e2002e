"""The backlog: everything once more beside very much that is open, and with a long history behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks import settings
from benchmarks.benchmark import Benchmark
from benchmarks.burst import burst
from benchmarks.cycle import latency, throughput
from benchmarks.figures import Figure
from benchmarks.grounds import Fill, kept_ground
from benchmarks.recovery import MILLION, fills, keeping
from benchmarks.screen import latency as screen_latency
from benchmarks.servers import stage
from benchmarks.unary import unary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.progress import Progress
    from benchmarks.servers import Stage

LEAST_OF_EMPTY: Final = 0.8
AIM_OF_EMPTY: Final = 0.95
MOST_BYTES: Final = 4_000
AIM_BYTES: Final = 2_000
MOST_GROWTH: Final = 1.2
AIM_GROWTH: Final = 1.0
TEN_MILLION: Final = 10_000_000


class Ground(NamedTuple):
    """What was found on one ground.

    Attributes:
        fill: What it held.
        figures: The figures; the first is the throughput with the fewest operators.
        resident_bytes: The memory that the server had resident once it served.
    """

    fill: Fill
    figures: list[Figure]
    resident_bytes: int


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    names = ("rounds", "cycles", "at-once", "watching", "singles", "operators", "seconds", "burst", "calls")
    settings.take(parser, *names, "backlogs", "history", watching=(1, 100), operators=(100,))
    settings.take_whole(parser)
    settings.take_keep(parser)


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with keeping(arguments) as keep:
        grounds = [on_ground(keep, fill, arguments, progress) for fill in fills(arguments)]
    return [*(figure for ground in grounds for figure in ground.figures), *ratios(grounds)]


def on_ground(keep: Path, fill: Fill, arguments: argparse.Namespace, progress: Progress) -> Ground:
    """Measure everything on one ground, on a copy of it that goes away."""
    kept = kept_ground(keep, fill, progress) if any(fill) else None
    most = max(*arguments.watching, *arguments.operators)
    progress.say(f"{fill.title}: starting a server.")
    with stage(arguments.folder, most, kept=kept) as ground:
        figures = [
            *throughput(ground, arguments, progress),
            *_others(ground, arguments, progress),
        ]
        named = [_beside(fill, figure) for figure in figures]
        return Ground(fill, named, ground.resident_bytes)


def _others(ground: Stage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    return [
        *latency(ground, arguments, progress),
        *burst(ground, arguments, progress),
        *screen_latency(ground, arguments, progress),
        *unary(ground, arguments, progress),
    ]


def _beside(fill: Fill, figure: Figure) -> Figure:
    """Return a figure under the name of where it was measured; what is aimed at, is aimed at on empty ground."""
    return Figure(f"{fill.title}: {figure.name}", figure.value, figure.unit, rounds=figure.rounds, most=figure.most)


def ratios(grounds: Sequence[Ground]) -> list[Figure]:
    """Return what the bars are about: how the others stand to the empty one."""
    empty = next((ground for ground in grounds if not any(ground.fill)), None)
    if empty is None:
        return []
    found: list[Figure] = []
    for ground in grounds:
        fill = ground.fill
        of_empty = ground.figures[0].value / empty.figures[0].value
        if fill.open_decisions:
            barred = fill == Fill(MILLION)
            found += [
                _throughput_of_empty(fill, of_empty, barred=barred),
                _memory(fill, (ground.resident_bytes - empty.resident_bytes) / fill.open_decisions, barred=barred),
            ]
        elif fill.entries:
            barred = fill == Fill(entries=TEN_MILLION)
            most, aim = (MOST_GROWTH, AIM_GROWTH) if barred else (None, None)
            found.append(Figure(f"{fill.title}: cost of a cycle, of empty", 1 / of_empty, "", most=most, aim=aim))
    return found


def _throughput_of_empty(fill: Fill, value: float, *, barred: bool) -> Figure:
    least, aim = (LEAST_OF_EMPTY, AIM_OF_EMPTY) if barred else (None, None)
    return Figure(f"{fill.title}: throughput, of empty", value, "", least=least, aim=aim)


def _memory(fill: Fill, value: float, *, barred: bool) -> Figure:
    most, aim = (MOST_BYTES, AIM_BYTES) if barred else (None, None)
    return Figure(f"{fill.title}: memory, each", value, "B", most=most, aim=aim)


BENCHMARK: Final = Benchmark(
    "backlog", "everything beside up to 1,000,000 open decisions, and with history", options, measure
)
