"""The unary calls that scripts and CI make: one at a time, and as many a second as 64 at once give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import settings
from benchmarks.benchmark import Benchmark
from benchmarks.calling import PAGE
from benchmarks.figures import over_rounds, timings_over_rounds
from benchmarks.servers import stage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.figures import Figure
    from benchmarks.progress import Progress
    from benchmarks.servers import Stage

AT_ONCE: Final = 64
RPCS: Final = {"SubmitVerdict": "", "GetDecision": "", "ListDecisions": f", a page of {PAGE}"}
"""By name: what of it is measured."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "calls")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with stage(arguments.folder, 1) as ground:
        return unary(ground, arguments, progress)


def unary(ground: Stage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure each rpc."""
    ground.watch.ask("have", count=0)
    figures: list[Figure] = []
    for rpc, what in RPCS.items():
        name = f"unary {rpc}{what}"
        samples, rates = [], []
        for number in range(arguments.rounds):
            progress.say(f"{name}: round {number + 1} of {arguments.rounds}.")
            samples.append(ground.pair.ask("call", rpc=rpc, count=arguments.calls, at_once=1)["samples_s"])
            took_s = ground.pair.ask("call", rpc=rpc, count=arguments.calls, at_once=AT_ONCE)["took_s"]
            rates.append(arguments.calls / took_s)
        figures += timings_over_rounds(f"{name}, one at a time", samples)
        figures.append(over_rounds(f"{name}, {AT_ONCE} at once", rates, "/s"))
    return figures


BENCHMARK: Final = Benchmark("unary", "SubmitVerdict, GetDecision, a page of ListDecisions", options, measure)
