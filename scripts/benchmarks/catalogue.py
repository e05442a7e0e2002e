"""The catalogue: which benchmarks there are, in the order in which people are told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import backlog, burst, console, cost, cycle, everything, limits, parts, proof, recovery, screen, unary
from benchmarks.peers import comparing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.benchmark import Benchmark

_MODULES: Final = (
    everything,
    limits,
    cycle,
    screen,
    burst,
    backlog,
    recovery,
    unary,
    parts,
    comparing,
    console,
    proof,
    cost,
)
BENCHMARKS: Final[Mapping[str, Benchmark]] = {module.BENCHMARK.name: module.BENCHMARK for module in _MODULES}
"""By the name of the subcommand."""
