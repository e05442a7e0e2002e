"""The yardsticks: what grpc.aio and SQLite give on this machine when nothing else is done.

`limit.echo`: proposals echoed over one stream, 64 a frame, parsed and serialised at both ends as generated stubs do;
beside it the same as bytes that are left alone. `limit.commit`: rows as large as a proposal's entry and decision, 64 a
commit, on the disk before it returns. `limit.fanout`: one ready-made frame to every open stream, until the last has it.
All of them over the same TLS, in processes of their own, as what is measured against them.
"""

from __future__ import annotations

import sqlite3
import time
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks import settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import over_rounds, timings_over_rounds
from benchmarks.lines import FRAME
from benchmarks.proposals import Drawing
from benchmarks.servers import MOST_OPERATORS, bare_stage, last_arrivals_s
from benchmarks.specimen import specimen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.figures import Figure
    from benchmarks.progress import Progress
    from benchmarks.servers import BareStage

_SPECIMENS: Final = 512
_SETTINGS: Final = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -16384")
"""The ledger's own."""
_TABLES: Final = (
    "CREATE TABLE entries (offset INTEGER PRIMARY KEY, entry BLOB, hash BLOB, personal BLOB)",
    "CREATE TABLE decisions (decision_id TEXT PRIMARY KEY, offset INTEGER, decision BLOB)",
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "messages", "at-once", "commits", "operators", "seconds")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with bare_stage(arguments.folder, max(arguments.operators)) as bare:
        return [
            *echo(bare, arguments, progress),
            *commit(arguments, progress),
            *fanout(bare, arguments, progress),
        ]


def echo(bare: BareStage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure the echo; the first figure is the yardstick."""
    figures = []
    for parsed, name in ((True, "limit.echo"), (False, "limit.echo, bytes left alone")):
        rates = []
        for number in range(arguments.rounds):
            progress.say(f"{name}: round {number + 1} of {arguments.rounds}.")
            asked = {"messages": arguments.messages, "at_once": arguments.at_once, "parsed": parsed}
            rates.append(bare.echo.ask("echo", **asked)["per_second"])
        figures.append(over_rounds(f"{name}: proposals", rates, "/s"))
    return figures


def fanout(bare: BareStage, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure how long a frame takes to the last of so many streams; two figures for each number."""
    figures: list[Figure] = []
    for operators in numbers(arguments.operators):
        rate = settings.per_second(operators)
        bare.watch.ask("have", count=operators)
        rounds = []
        for number in range(arguments.rounds):
            progress.say(f"{title(operators)}: round {number + 1} of {arguments.rounds}.")
            bare.watch.ask("forget")
            sent = bare.server.ask("fan", count=max(int(arguments.seconds * rate), 1), per_second=rate)
            rounds.append(last_arrivals_s(bare.watch, sent))
        figures += timings_over_rounds(title(operators), rounds)
    return figures


def title(operators: int) -> str:
    """Return what the fan-out to so many streams is called."""
    return f"limit.fanout, last of {operators}"


def numbers(operators: Sequence[int]) -> list[int]:
    """Return the numbers of operators as far as a server takes so many streams beside core's, ascending."""
    return sorted({min(number, MOST_OPERATORS) for number in operators})


def commit(arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Measure what SQLite writes."""
    drawing = Drawing("commit")
    specimens = [specimen(number + 1, drawing) for number in range(_SPECIMENS)]
    rates = []
    for number in range(arguments.rounds):
        progress.say(f"limit.commit: round {number + 1} of {arguments.rounds}.")
        count = arguments.commits * FRAME
        taken = list(islice(cycle(specimens), count))
        entries = [(offset, one.entry, bytes(32), one.personal) for offset, one in enumerate(taken, 1)]
        decisions = [(drawing.name(), offset, one.decision) for offset, one in enumerate(taken, 1)]
        with TemporaryDirectory(prefix="governance-bench-", dir=arguments.folder) as folder:
            rates.append(count / _commit(Path(folder) / "limit.db", entries, decisions))
    sizes = [sum(map(len, (one.entry, one.personal, one.decision))) for one in specimens]
    name = f"limit.commit: entries with decision, {sum(sizes) // len(sizes)} bytes, {FRAME} a commit"
    return [over_rounds(name, rates, "/s")]


def _commit(path: Path, entries: Sequence[tuple[object, ...]], decisions: Sequence[tuple[object, ...]]) -> float:
    """Write rows; return how long that took, in seconds."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in (*_SETTINGS, *_TABLES):
            connection.execute(statement)
        began = time.perf_counter()
        for start in range(0, len(entries), FRAME):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", entries[start : start + FRAME])
            connection.executemany("INSERT INTO decisions VALUES (?, ?, ?)", decisions[start : start + FRAME])
            connection.execute("COMMIT")
        return time.perf_counter() - began
    finally:
        connection.close()


BENCHMARK: Final = Benchmark("limits", "what grpc.aio and SQLite allow: the yardsticks", options, measure)
