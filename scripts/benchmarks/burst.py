"""The burst: very many proposals at once; nothing is lost, and how long until the operator has seen all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, over_rounds
from benchmarks.servers import stage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.progress import Progress
    from benchmarks.servers import Stage


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "burst")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with stage(arguments.folder, 1) as ground:
        return burst(ground, arguments, progress)


def burst(ground: Stage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure bursts. That all were accepted is looked at where they are sent; whether all were seen, here."""
    ground.watch.ask("have", count=0)
    seen_s, acknowledged_s, lost = [], [], 0
    for number in range(arguments.rounds):
        progress.say(f"burst of {arguments.burst}: round {number + 1} of {arguments.rounds}.")
        done = ground.pair.ask("burst", count=arguments.burst)
        lost += arguments.burst - done["seen"]
        seen_s.append(done["seen_s"])
        acknowledged_s.append(done["acknowledged_s"])
    name = f"burst of {arguments.burst}"
    return [
        over_rounds(f"{name}, all seen", seen_s, "s"),
        over_rounds(f"{name}, all acknowledged", acknowledged_s, "s"),
        Figure(f"{name}, lost", lost, "", most=0),
    ]


BENCHMARK: Final = Benchmark("burst", "10,000 proposals at once", options, measure)
