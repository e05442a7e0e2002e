"""Judging: which figures a soak comes to, and which of them have to keep a bound.

What is judged is the last life of the server, the longest, after its warm-up: in a run of an hour the first five
minutes, in which caches fill (SQLite's pages, five connections of 16 MiB; the tails of recent changes; gRPC's buffers).
Latency is told and not judged: it says as much about what else the machine does.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.figures import Figure
from soaking.plan import STOP
from soaking.running import BACKUP
from soaking.slopes import Trend, trend
from soaking.tally import MINUTE, STATUS, TIMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from soaking.plan import Plan
    from soaking.running import Soak

FEWEST_SAMPLES: Final = 60.0
"""Fewer of any kind in the window, of some hundreds, and what is flat may be what was not looked at."""
JUDGED_FROM_S: Final = 600.0
"""A window shorter than this says nothing about an hour; its slopes are told and not judged."""
GROWTH_MOST: Final = 5.0
"""Percent of its level that the memory, and the number of objects, may grow in an hour."""
COUNT_GROWTH_MOST: Final = 1.0
"""Open files and threads may grow by so many over the window."""
TASK_GROWTH_MOST: Final = 8.0
"""The same of tasks, of which there are about eighty: they come and go with calls, and a stream is two or three. One
left behind by each visit, four a minute, would be a hundred in the half hour that is judged."""
OPEN_GROWTH_MOST: Final = 25.0
"""Percent an hour: the load has to be level for the memory to say anything."""
WAL_MOST_MB: Final = 80.0
"""SQLite shrinks the log to 64 MiB (67 MB) when it starts anew, and checkpoints at 4 MB when nobody reads."""
MEGABYTE: Final = 1e6


def figures(soak: Soak, plan: Plan) -> list[Figure]:
    """Return all figures."""
    began, ended = soak.lives[-1]
    began += plan.warm_up_s
    return [
        *_whole(soak),
        *_window(soak, began, ended),
        *_lives(soak, plan),
        *_latencies(soak),
        *_restarts(soak),
    ]


def _whole(soak: Soak) -> Iterator[Figure]:
    lasted_s = soak.ended - soak.began
    yield Figure("capacity, decisions a second from proposal to end", soak.capacity, "/s")
    yield Figure("rate held, proposals a second", soak.rate, "/s")
    yield Figure("steady load lasted", lasted_s / 60, "min")
    yield Figure("entries", soak.account.entries, "")
    entries = [(line["at"], line["offset"]) for line in _statuses(soak, "offset") if line["at"] <= soak.ended]
    if len(entries) > 1:
        yield Figure("entries a second", (entries[-1][1] - entries[0][1]) / (entries[-1][0] - entries[0][0]), "/s")
    last = soak.samples[-1]
    per_entry = last["ledger_bytes"] / max(soak.account.entries, 1)
    yield Figure("ledger, for an entry with all that belongs to it", per_entry / 1e3, "kB")
    yield Figure("ledger at the end", last["ledger_bytes"] / MEGABYTE, "MB")


def _window(soak: Soak, began: float, ended: float) -> Iterator[Figure]:
    """Yield what has to be flat in the judged window."""
    judged = ended - began >= JUDGED_FROM_S
    yield Figure("judged window", (ended - began) / 60, "min")
    samples = [line for line in soak.samples if began <= line["at"] <= ended]
    selves = [line for line in soak.selves if began <= line["at"] <= ended]
    statuses = [line for line in _statuses(soak, "open") if began <= line["at"] <= ended]
    scarcest = min(len(samples), len(selves), len(statuses))
    yield Figure("samples in it, of the scarcest kind", scarcest, "", least=FEWEST_SAMPLES if judged else None)
    yield from _share("resident memory", _points(samples, "rss_bytes"), "MB", MEGABYTE, GROWTH_MOST if judged else None)
    yield from _share(
        "objects that Python tracks", _points(selves, "objects"), "k", 1e3, GROWTH_MOST if judged else None
    )
    yield from _count("open files", _points(samples, "files"), COUNT_GROWTH_MOST if judged else None)
    yield from _count("threads", _points(samples, "threads"), COUNT_GROWTH_MOST if judged else None)
    yield from _count("asyncio tasks", _points(selves, "tasks"), TASK_GROWTH_MOST if judged else None)
    yield from _share("open decisions", _points(statuses, "open"), "", 1, OPEN_GROWTH_MOST if judged else None)
    wal = [line["wal_bytes"] / MEGABYTE for line in soak.samples]
    yield Figure("WAL, median", median(wal), "MB")
    yield Figure("WAL, most", max(wal), "MB", WAL_MOST_MB)
    if len(samples) > 1:
        used_s = samples[-1]["cpu_s"] - samples[0]["cpu_s"]
        yield Figure("processor, of one core", 100 * used_s / (samples[-1]["at"] - samples[0]["at"]), "%")
    late = [line["late_ms"] for line in selves] or [0.0]
    yield Figure("event loop late, median of the worst of each sample", median(late), "ms")


def _share(
    name: str, points: Sequence[tuple[float, float]], unit: str, of: float, most: float | None
) -> Iterator[Figure]:
    """Yield the level of a figure and its growth in an hour, in percent of it."""
    found = _trend(points)
    yield Figure(f"{name}, median", found.level / of, unit)
    yield Figure(f"{name}, growth in an hour", 100 * found.an_hour / max(found.level, 1), "%", most)


def _count(name: str, points: Sequence[tuple[float, float]], most: float | None) -> Iterator[Figure]:
    found = _trend(points)
    yield Figure(f"{name}, median", found.level, "")
    yield Figure(f"{name}, growth over the window", found.growth, "", most)


def _lives(soak: Soak, plan: Plan) -> Iterator[Figure]:
    """Yield the memory of each life at the same age, the end of its warm-up: it does not grow with the history."""
    for number, (began, ended) in enumerate(soak.lives, 1):
        from_s, to_s = began + 0.8 * plan.warm_up_s, began + plan.warm_up_s
        levels = [line["rss_bytes"] for line in soak.samples if from_s <= line["at"] <= min(to_s, ended)]
        if levels and to_s <= ended:
            yield Figure(f"resident memory of life {number} at the end of its warm-up", median(levels) / MEGABYTE, "MB")


def _latencies(soak: Soak) -> Iterator[Figure]:
    """Yield the latencies: the median of the minutes' own medians and 99th percentiles."""
    for name in TIMED:
        minutes = [line for line in soak.tally if line["kind"] == MINUTE and line["name"] == name]
        minutes = [line for line in minutes if line["at"] > soak.began]
        if minutes:
            yield Figure(f"{name}, p50, the median minute's", median(line["p50"] for line in minutes), "ms")
            yield Figure(f"{name}, p99, the median minute's", median(line["p99"] for line in minutes), "ms")
            yield Figure(f"{name}, p99, the worst minute's", max(line["p99"] for line in minutes), "ms")


def _restarts(soak: Soak) -> Iterator[Figure]:
    for happening in soak.happenings:
        at_min = (happening.at - soak.began) / 60
        what = {STOP: "stopped and started", BACKUP: "backup"}.get(happening.what, "killed and started")
        yield Figure(f"{what} at minute {at_min:.1f}, took", happening.took_s, "s")


def _statuses(soak: Soak, key: str) -> list[dict[str, float]]:
    return [line for line in soak.tally if line["kind"] == STATUS and key in line]


def _points(lines: Iterable[dict[str, float]], key: str) -> list[tuple[float, float]]:
    return [(line["at"], line[key]) for line in lines]


def _trend(points: Sequence[tuple[float, float]]) -> Trend:
    return trend(points) if len(points) > 1 else Trend(points[0][1] if points else 0.0, 0.0, 0.0)
