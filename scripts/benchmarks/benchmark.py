"""A benchmark: what `scripts/bench` has to know of one to offer it as a subcommand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from benchmarks.figures import Figure
    from benchmarks.progress import Progress


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: The subcommand.
        summary: What it measures, in a line.
        options: Adds its options to its subcommand; every option has a default, with which the bounds are meant.
        measure: Measures and returns the figures; leaves nothing running and nothing behind.
    """

    name: str
    summary: str
    options: Callable[[argparse.ArgumentParser], None]
    measure: Callable[[argparse.Namespace, Progress], Sequence[Figure]]
