"""The screens: from a proposal's sending until the last of so many operators has it.

A hundred proposals a second come; twenty where more than a hundred operators look. Each operator has a connection of
its own, and all only note when a frame came; the clock starts before core's program hands the proposal on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import limits, settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, timings_over_rounds
from benchmarks.servers import bare_stage, last_arrivals_s, stage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.progress import Progress
    from benchmarks.servers import Stage

BARRED_FROM: Final = 100
"""With so many operators, or more, it is held against the yardstick."""
MOST_OF_FANOUT: Final = 3.0
AIM_OF_FANOUT: Final = 1.5


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "operators", "seconds")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with bare_stage(arguments.folder, max(arguments.operators)) as bare:
        yardsticks = limits.fanout(bare, arguments, progress)
    with stage(arguments.folder, max(arguments.operators)) as ground:
        figures = latency(ground, arguments, progress)
    return [*yardsticks, *figures, *ratios(figures, yardsticks, arguments.operators)]


def latency(ground: Stage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure how long a proposal takes to the last of so many operators; two figures for each number."""
    figures: list[Figure] = []
    for operators in limits.numbers(arguments.operators):
        rate = settings.per_second(operators)
        ground.watch.ask("have", count=operators - 1)
        rounds = []
        for number in range(arguments.rounds):
            progress.say(f"{title(operators)}: round {number + 1} of {arguments.rounds}.")
            ground.watch.ask("forget")
            sent = ground.pair.ask("send", count=max(int(arguments.seconds * rate), 1), per_second=rate)
            rounds.append(last_arrivals_s(ground.watch, sent))
            ground.watch.ask("reach", offset=ground.pair.ask("withdraw")["offset"])
        figures += timings_over_rounds(title(operators), rounds)
    return figures


def ratios(figures: Sequence[Figure], yardsticks: Sequence[Figure], operators: Sequence[int]) -> list[Figure]:
    """Return what the bar is about: how the p99 stands to the yardstick's, for each number of operators."""
    values = {figure.name: figure.value for figure in (*figures, *yardsticks)}
    found = []
    for number in limits.numbers(operators):
        value = values[f"{title(number)}, p99"] / values[f"{limits.title(number)}, p99"]
        most, aim = (MOST_OF_FANOUT, AIM_OF_FANOUT) if number >= BARRED_FROM else (None, None)
        found.append(Figure(f"{title(number)}, p99, of limit.fanout", value, "", most=most, aim=aim))
    return found


def title(operators: int) -> str:
    """Return what the latency to the last of so many operators is called."""
    return f"screen.latency, last of {operators}"


BENCHMARK: Final = Benchmark("screen", "from a proposal to the last operator's screen", options, measure)
