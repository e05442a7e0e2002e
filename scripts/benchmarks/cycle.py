"""The cycle: propose, operator's stream, verdict, order at core; everything durable, with everything on.

The clock runs from the first proposal's sending until core has the last order. `at-once` are under way at a time, in
frames of 64. Acceptance and report come after the clock has stopped, so that what is open does not grow from round to
round; with `--whole` they are part of the cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import limits, settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, over_rounds, timings_over_rounds
from benchmarks.servers import bare_stage, stage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.progress import Progress
    from benchmarks.servers import Stage

LEAST_OF_ECHO: Final = 0.10
AIM_OF_ECHO: Final = 0.20
MANY: Final = 100
LEAST_WITH_MANY: Final = 0.15
AIM_WITH_MANY: Final = 0.35
AIMS_MS: Final = (1.5, 4.0)
"""One at a time: p50 and p99."""
_MICROSECONDS: Final = 1e6


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "messages", "cycles", "at-once", "watching", "singles")
    settings.take_whole(parser)


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with bare_stage(arguments.folder, 0) as bare:
        yardstick = limits.echo(bare, arguments, progress)
    with stage(arguments.folder, max(arguments.watching)) as ground:
        figures = [*throughput(ground, arguments, progress), *latency(ground, arguments, progress)]
    return [*yardstick, *figures, *ratios(figures, yardstick[0])]


def throughput(ground: Stage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure cycles a second, with each number of operators; the first figure is that with the fewest."""
    figures: list[Figure] = []
    for operators in sorted(arguments.watching):
        ground.watch.ask("have", count=operators - 1)
        figures += _throughput(ground, operators, arguments, progress)
    return figures


def _throughput(ground: Stage, operators: int, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    name = title(operators)
    rates, server_us, load_us = [], [], []
    for number in range(arguments.rounds):
        progress.say(f"{name}: round {number + 1} of {arguments.rounds}.")
        asked = {"count": arguments.cycles, "at_once": arguments.at_once, "whole": arguments.whole}
        done = ground.pair.ask("cycle", **asked)
        ground.watch.ask("reach", offset=done["offset"])
        ground.watch.ask("forget")
        rates.append(arguments.cycles / done["took_s"])
        server_us.append(done["server_cpu_s"] / arguments.cycles * _MICROSECONDS)
        load_us.append(done["load_cpu_s"] / arguments.cycles * _MICROSECONDS)
    figures = [over_rounds(name, rates, "/s"), over_rounds(f"{name}: server's processor time, each", server_us, "µs")]
    if operators == 1:
        figures.append(over_rounds(f"{name}: load's processor time, each", load_us, "µs"))
    return figures


def title(operators: int) -> str:
    """Return what the throughput with so many operators is called."""
    return f"cycle.throughput, {operators} operator{'s' * (operators > 1)}"


def latency(ground: Stage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure one cycle at a time, with nobody else watching."""
    ground.watch.ask("have", count=0)
    rounds = []
    for number in range(arguments.rounds):
        progress.say(f"cycle.latency: round {number + 1} of {arguments.rounds}.")
        done = ground.pair.ask("cycle", count=arguments.singles, at_once=1, whole=arguments.whole)
        rounds.append(done["samples_s"])
    return timings_over_rounds("cycle.latency, one at a time", rounds, AIMS_MS)


def ratios(figures: Sequence[Figure], echo: Figure) -> list[Figure]:
    """Return what the bars are about: how the throughputs stand to the echo's and to each other."""
    values = {figure.name: figure.value for figure in figures}
    one, many = values.get(title(1)), values.get(title(MANY))
    found = []
    if one is not None:
        found.append(Figure(f"{title(1)}, of limit.echo", one / echo.value, "", least=LEAST_OF_ECHO, aim=AIM_OF_ECHO))
    if one is not None and many is not None:
        name = f"{title(MANY)}, of that with 1"
        found.append(Figure(name, many / one, "", least=LEAST_WITH_MANY, aim=AIM_WITH_MANY))
    return found


BENCHMARK: Final = Benchmark("cycle", "propose, see, approve, have the order: throughput and latency", options, measure)
