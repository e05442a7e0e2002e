"""The program behind `scripts/simulate`: one run told in words, or many over all processors."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.simulation.coverage import exercised, holes
from tests.simulation.run import run
from tests.simulation.words import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from tests.simulation.run import Ran

LAST_HAPPENINGS: Final = 30
SEEDS_A_TASK: Final = 8
"""So many runs between two words of a worker: some seconds."""


class Found(NamedTuple):
    """A run that failed.

    Attributes:
        seed: Whose.
        step: After which step it was seen.
        promise: Which promise was broken; 0 for a bug.
        sentence: What happened.
    """

    seed: int
    step: int
    promise: int
    sentence: str


class Tally(NamedTuple):
    """What some runs came to.

    Attributes:
        runs: How many.
        steps: Their steps together.
        counts: What they exercised.
        found: Those that failed.
    """

    runs: int
    steps: int
    counts: Counter[str]
    found: list[Found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 0 every promise held, 1 one was broken, 2 usage."""
    asked = _parser().parse_args(arguments)
    if asked.seeds is None:
        return _one(asked.seed, asked.steps)
    return _many(*asked.seeds, jobs=asked.jobs, minutes=asked.minutes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Live through simulated runs of the whole server, and check every promise after every step."
        " Exit status: 0 every promise held, 1 one was broken, 2 usage."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int, help="one run, told at its end")
    what.add_argument("--seeds", type=_span, metavar="A..B", help="the runs of all these seeds")
    parser.add_argument("--steps", type=int, help="with --seed: end after so many steps")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="with --seeds: processes at once (default: all)"
    )
    parser.add_argument("--minutes", type=float, help="with --seeds: begin no run after that long")
    return parser


def _span(text: str) -> tuple[int, int]:
    first, dots, last = text.partition("..")
    if not dots or int(first) > int(last):
        raise argparse.ArgumentTypeError("must be A..B, such as 1..1000")
    return int(first), int(last)


def _one(seed: int, steps: int | None) -> int:
    ran = run(seed, steps=steps)
    _print(f"seed {seed}: {ran.steps} steps, {len(ran.history.happenings)} happenings")
    if ran.failure is None:
        _print("Every promise held.")
        return 0
    _print("\n".join(account(ran)))
    return 1


def account(ran: Ran) -> list[str]:
    """Return what there is to say about a run that failed, in lines."""
    failure, seed = ran.failure, ran.scenario.seed
    assert failure is not None
    promise = f"promise {failure.promise} was broken" if failure.promise else "a bug"
    return [
        *(told(happening) for happening in ran.history.happenings[-LAST_HAPPENINGS:]),
        f"faults: {', '.join(sorted(ran.scenario.faults)) or 'none'}",
        f"tempers: {', '.join(sorted(ran.scenario.tempers)) or 'none'}",
        f"seed {seed}, step {failure.step}: {promise}: {failure.sentence}",
        f"again: scripts/simulate --seed {seed} --steps {failure.step}",
    ]


def lived(first: int, last: int) -> Tally:
    """Live through the runs of some seeds."""
    counts: Counter[str] = Counter()
    found, steps = [], 0
    for seed in range(first, last + 1):
        ran = run(seed)
        counts.update(exercised(ran))
        steps += ran.steps
        if ran.failure is not None:
            found.append(Found(seed, ran.failure.step, ran.failure.promise, ran.failure.sentence))
    return Tally(last - first + 1, steps, counts, found)


def _many(first: int, last: int, *, jobs: int, minutes: float | None) -> int:
    began = time.monotonic()
    until = None if minutes is None else began + 60 * minutes
    total = Tally(0, 0, Counter(), [])
    for tally in _tallies(first, last, jobs, until):
        total = Tally(
            total.runs + tally.runs, total.steps + tally.steps, total.counts + tally.counts, total.found + tally.found
        )
        for one in tally.found:
            _say(f"seed {one.seed}, step {one.step}: promise {one.promise}: {one.sentence}\n")
        rate = total.runs / (time.monotonic() - began)
        _say(
            f"\r{total.runs} of {last - first + 1} runs, {total.counts['entries']} entries, "
            f"{total.counts['killed']} kills, {len(total.found)} failures, {rate:.1f} runs/s "
        )
    _say("\n")
    return _summary(total, time.monotonic() - began)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _tallies(first: int, last: int, jobs: int, until: float | None) -> Iterator[Tally]:
    """Live through all seeds over several processes; yield what some of them came to, as it comes."""
    starts = iter(range(first, last + 1, SEEDS_A_TASK))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        under_way: dict[Future[Tally], None] = {}

        def begin() -> None:
            start = next(starts, None)
            if start is not None and (until is None or time.monotonic() < until):
                under_way[pool.submit(lived, start, min(start + SEEDS_A_TASK - 1, last))] = None

        for _ in range(2 * jobs):
            begin()
        while under_way:
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for one in done:
                del under_way[one]
                begin()
                yield one.result()


def _summary(total: Tally, took_s: float) -> int:
    counts = total.counts
    _print(f"{total.runs} runs, {total.steps} steps and {counts['entries']} entries in {took_s:.0f} s.")
    for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        _print(f"{count:10} {name}")
    missing = holes(counts)
    if missing:
        _print(f"Never exercised: {', '.join(missing)}")
    for one in sorted(total.found):
        _print(f"seed {one.seed}: promise {one.promise}: {one.sentence}")
        _print(f"  again: scripts/simulate --seed {one.seed} --steps {one.step}")
    _print(f"{len(total.found)} runs failed." if total.found else "Every promise held in every run.")
    return 1 if total.found else 0
