"""The console's benchmark: a person's terminal with very much open, at rest and in a storm.

The real server, seeded over the wire; the real console on a pseudo-terminal, typed at key by key. A key is drawn when
the emulated terminal shows it behind the cursor: its own work (it is written in Python) is in the figure.
"""

from __future__ import annotations

import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.alerts import scans
from tests.support.house import House
from tests.support.screen import LARGE

from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, timings
from benchmarks.storm import storming

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.screen import Screen

    from benchmarks.progress import Progress

KEY_MOST_MS: Final = 50.0
"""A key is drawn within this."""
QUEUE_MOST_MS: Final = 200.0
"""`queue` is there within this, from Enter to the next prompt."""
MEMORY_MOST_MB: Final = 200.0
PROMPT: Final = "governance>"
SELECTED: Final = "> "
"""What stands before the board's selected row."""
NOWHERE: Final = (-1, "")
LINES: Final = (
    "approve scan-000123 seen before",
    "reject scan-004096 known scanner",
    "queue risk=high target=203",
    "show scan-0",
)
"""What is typed: verbs, ids with so many like them, filters, words."""
OPEN_S: Final = 120.0
"""A console that takes longer than this to take a snapshot in has got stuck."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--decisions", type=int, default=20_000, help="open decisions (20000)")
    parser.add_argument("--keys", type=int, default=300, help="key presses, at rest and in the storm (300)")
    parser.add_argument("--queues", type=int, default=30, help="runs of `queue`, and key presses on the board (30)")
    parser.add_argument("--changes", type=int, default=500, help="changes a second in the storm (500)")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with tempfile.TemporaryDirectory(prefix="governance-bench-") as folder, House(Path(folder)) as house:
        progress.say(f"Proposing {arguments.decisions} decisions to a server of its own.")
        house.propose(scans(arguments.decisions))
        progress.say("Opening a console.")
        started = time.monotonic()
        with house.console("duty", size=LARGE, pace_s=0) as screen:
            screen.until(lambda screen: any("wait for a decision" in row for row in screen.lines()), OPEN_S)
            opened = Figure(f"console opened, with {arguments.decisions} open", time.monotonic() - started, "s")
            screen.steady()
            return [opened, *_measure_open(arguments, progress, house, screen)]


def _measure_open(arguments: argparse.Namespace, progress: Progress, house: House, screen: Screen) -> Iterator[Figure]:
    progress.say(f"Pressing {arguments.keys} keys.")
    yield from timings("key to drawn", type_keys(screen, arguments.keys), KEY_MOST_MS)
    progress.say(f"Asking {arguments.queues} times for the queue.")
    yield from timings("queue, from Enter to the next prompt", run_queue(screen, arguments.queues), QUEUE_MOST_MS)
    progress.say(f"Pressing j {arguments.queues} times on the board.")
    yield from timings("board: j to drawn", move_on_board(screen, arguments.queues), KEY_MOST_MS)
    yield Figure("resident memory", screen.resident_bytes / 1e6, "MB", MEMORY_MOST_MB)
    progress.say(f"Pressing {arguments.keys} keys in a storm of {arguments.changes} changes a second.")
    with storming(house.credentials("maximus"), arguments.changes):
        yield from timings("key to drawn in a storm", type_keys(screen, arguments.keys), KEY_MOST_MS)
        yield from timings("queue in a storm", run_queue(screen, arguments.queues), QUEUE_MOST_MS)
    yield Figure("resident memory after the storm", screen.resident_bytes / 1e6, "MB", MEMORY_MOST_MB)


def type_keys(screen: Screen, count: int) -> list[float]:
    """Type so many characters at the prompt, and return how long each took to be drawn. Nothing is entered."""
    samples: list[float] = []
    for line in cycle(LINES):
        for character in line:
            if len(samples) == count:
                _clear(screen)
                return samples
            samples.append(_timed(screen, character))
        _clear(screen)
    raise AssertionError


def run_queue(screen: Screen, times: int) -> list[float]:
    """Ask for the queue so often, and return how long each took from Enter until the next prompt."""
    samples = []
    for _ in range(times):
        screen.type("queue")
        began = time.perf_counter()
        screen.press("enter")
        screen.until(_at_prompt)
        samples.append(time.perf_counter() - began)
    return samples


def move_on_board(screen: Screen, times: int) -> list[float]:
    """Go down the board so often, and return how long each took to be drawn."""
    screen.enter("board")
    screen.until(lambda screen: screen.emulator.alternate and _selected(screen)[1])
    samples = []
    for _ in range(times):
        before = _selected(screen)
        began = time.perf_counter()
        screen.press("j")
        screen.until(_selected_other_than(before))
        samples.append(time.perf_counter() - began)
    screen.press("q")
    screen.until(_at_prompt)
    return samples


def _timed(screen: Screen, character: str) -> float:
    began = time.perf_counter()
    screen.type(character)
    return time.perf_counter() - began


def _selected(screen: Screen) -> tuple[int, str]:
    """Return where the board's selected row is and which decision it names; `NOWHERE` while there is none."""
    for number, row in enumerate(screen.lines()):
        if row.startswith(SELECTED):
            return number, row.partition("│")[0].split()[-1]
    return NOWHERE


def _selected_other_than(before: tuple[int, str]) -> Callable[[Screen], bool]:
    return lambda screen: _selected(screen) not in {before, NOWHERE}


def _clear(screen: Screen) -> None:
    screen.press("c-u")
    screen.until(_at_prompt)


def _at_prompt(screen: Screen) -> bool:
    """Say whether the cursor stands behind an empty prompt."""
    return not screen.emulator.alternate and screen.before_cursor.rstrip().endswith(PROMPT)


BENCHMARK: Final = Benchmark("console", "the operator's console with 20,000 open decisions", options, measure)
