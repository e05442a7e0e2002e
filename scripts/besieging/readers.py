"""Slow and stuck readers among many operators: what they cost the others, and the server."""

from __future__ import annotations

import statistics
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.support.wire import propose_stream

from benchmarks.figures import Figure, quantile
from benchmarks.programs import peak_bytes
from besieging import house
from besieging.crowd import STREAMS_A_CALLER, Crowd
from governance import v1

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.server import ServerProcess

    from benchmarks.progress import Progress

WARMING: Final = 20
"""Proposals that are watched before it counts."""
WORSE: Final = 2.0
"""So many times as long may the others wait."""
BYTES_A_STREAM: Final = 2 << 20
"""What the server's memory may grow by for each of the slow and the stuck: a frame of 512 KiB at most, what of it gRPC
and the kernel hold, and the same again."""


class Sizes(NamedTuple):
    """How much is measured.

    Attributes:
        operators: Streams in all.
        slow: How many of them take a frame seldom.
        stuck: How many never take one.
        rounds: Measured so often, in turns without the slow and the stuck and with them.
        proposals: Watched in each turn.
    """

    operators: int = 200
    slow: int = 20
    stuck: int = 10
    rounds: int = 15
    proposals: int = 20


class Cost(NamedTuple):
    """What was measured.

    Attributes:
        without_s: The 99th percentile of each round without them, in seconds from proposal to screen.
        with_s: The same with them.
        grown_bytes: What the server's peak grew by while they were there.
    """

    without_s: list[float]
    with_s: list[float]
    grown_bytes: int

    @property
    def ratio(self) -> float:
        """How many times as long the others waited, by the median of the rounds."""
        return statistics.median(self.with_s) / statistics.median(self.without_s)


async def cost(calm: ServerProcess, beset: ServerProcess, sizes: Sizes, progress: Progress) -> Cost:
    """Measure on two servers in turns, so that what else the machine does meanwhile falls on both alike.

    Args:
        calm: A server that has the others alone.
        beset: One that has the slow and the stuck beside them.
        sizes: How much is measured.
        progress: Told what is being done.
    """
    others = sizes.operators - sizes.slow - sizes.stuck
    without_s: list[float] = []
    with_s: list[float] = []
    progress.say(f"twice {others} readers, once {sizes.slow} slow and {sizes.stuck} stuck connect")
    async with _crowd(calm, others) as quiet, _crowd(beset, others, sizes.slow, sizes.stuck) as mixed:
        before = peak_bytes(beset.pid)
        for number in range(sizes.rounds):
            progress.say(f"round {number + 1} of {sizes.rounds}")
            without_s.append(quantile(await quiet.watch(sizes.proposals), 0.99))
            with_s.append(quantile(await mixed.watch(sizes.proposals), 0.99))
        return Cost(without_s, with_s, peak_bytes(beset.pid) - before)


@asynccontextmanager
async def _crowd(server: ServerProcess, readers: int, slow: int = 0, stuck: int = 0) -> AsyncIterator[Crowd]:
    """Connect a crowd and have it watch for a while."""
    callers = -(-(readers + slow + stuck) // STREAMS_A_CALLER)
    operators = await house.let_in(server, "operator", callers, v1.ROLE_SOC_OPERATOR)
    core = await house.let_in(server, "core", 1, v1.ROLE_CORE)
    async with propose_stream(core[0]) as up, Crowd(operators, up) as crowd:
        await crowd.join(readers, slow, stuck)
        await crowd.watch(WARMING)
        yield crowd


def figures(sizes: Sizes, found: Cost) -> list[Figure]:
    """Return what was measured, with its bounds."""
    bad = f"{sizes.slow} slow and {sizes.stuck} stuck of {sizes.operators}"
    return [
        Figure("screen p99 without them, median of rounds", statistics.median(found.without_s) * 1000, "ms"),
        Figure(f"screen p99 beside {bad}", statistics.median(found.with_s) * 1000, "ms"),
        Figure("as many times as long", found.ratio, "x", WORSE),
        Figure(
            "server's peak memory grew meanwhile by",
            found.grown_bytes / 2**20,
            "MiB",
            (sizes.slow + sizes.stuck) * BYTES_A_STREAM / 2**20,
        ),
    ]
