"""The tally: what the clients count and time, told line by line while they run."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from benchmarks.figures import quantile

if TYPE_CHECKING:
    from pathlib import Path

PROPOSED: Final = "propose to receipt"
SHOWN: Final = "propose to screen"
JUDGED: Final = "verdict to receipt"
CALLED: Final = "unary call"
TIMED: Final = (PROPOSED, SHOWN, JUDGED, CALLED)
MINUTE: Final = "minute"
STATUS: Final = "status"


class Tally:
    """Counts and times.

    Attributes:
        counts: How often what happened, by what it is called.
        refusals: Refusals by their reasons.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii")
        self._times: dict[str, list[float]] = {name: [] for name in TIMED}
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    def time(self, name: str, seconds: float) -> None:
        """Note how long something took."""
        self._times[name].append(seconds)

    def tell(self, kind: str, **facts: Any) -> None:
        """Write a line."""
        self._file.write(json.dumps({"at": time.monotonic(), "kind": kind, **facts}) + "\n")
        self._file.flush()

    def tell_minute(self) -> None:
        """Write what was timed since it was told last, and forget it."""
        for name, samples in self._times.items():
            if samples:
                quantiles = {"p50": quantile(samples, 0.5) * 1000, "p99": quantile(samples, 0.99) * 1000}
                told = {key: round(value, 2) for key, value in {**quantiles, "most": max(samples) * 1000}.items()}
                self.tell(MINUTE, name=name, count=len(samples), **told)
            samples.clear()

    def close(self) -> None:
        """Tell everything that is left."""
        self.tell_minute()
        self.tell("counts", counts=self.counts, refusals=self.refusals)
        self._file.close()


def told(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of a tally, a sampler or the server itself; the last may be cut off by a kill."""
    found = []
    for line in path.read_text(encoding="ascii").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
