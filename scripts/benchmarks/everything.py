"""Everything in one run, the yardsticks first, so that all figures are of one machine in one mood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import backlog, cycle, limits, recovery, screen, settings
from benchmarks.benchmark import Benchmark
from benchmarks.burst import burst
from benchmarks.grounds import Fill
from benchmarks.servers import stage
from benchmarks.unary import unary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.figures import Figure
    from benchmarks.progress import Progress

_SETTINGS: Final = (
    *("rounds", "messages", "commits", "cycles", "at-once", "watching", "singles", "operators", "seconds"),
    *("burst", "calls", "backlogs", "history"),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, *_SETTINGS)
    settings.take_whole(parser)
    settings.take_keep(parser)


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    yardsticks = limits.measure(arguments, progress)
    with stage(arguments.folder, max(*arguments.watching, *arguments.operators)) as ground:
        figures = [
            *cycle.throughput(ground, arguments, progress),
            *cycle.latency(ground, arguments, progress),
            *screen.latency(ground, arguments, progress),
            *burst(ground, arguments, progress),
            *unary(ground, arguments, progress),
        ]
        empty = backlog.Ground(Fill(), figures, ground.resident_bytes)
    bars = [*cycle.ratios(figures, yardsticks[0]), *screen.ratios(figures, yardsticks, arguments.operators)]
    with recovery.keeping(arguments) as keep:
        fills = recovery.fills(arguments)
        restarts = [each for fill in fills for each in recovery.restarts(keep, fill, arguments, progress)]
        grounds = [backlog.on_ground(keep, fill, arguments, progress) for fill in fills if any(fill)]
    beside = [figure for ground in grounds for figure in ground.figures]
    return [*yardsticks, *figures, *bars, *restarts, *beside, *backlog.ratios([empty, *grounds])]


BENCHMARK: Final = Benchmark("all", "all benchmarks of speed in one run, the yardsticks first", options, measure)
