"""`scripts/bench`: what its figures mean, and how they are told."""

from __future__ import annotations

import json

import pytest

from benchmarks.figures import Figure, quantile, timings
from benchmarks.report import table, to_json


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.99, 10), (0.9, 9), (1.0, 10), (0.01, 1)])
def test_quantile(share: float, value: int) -> None:
    """A quantile is the sample of the nearest rank, and never a value that nobody measured."""
    assert quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == value


def test_bounds() -> None:
    """A figure holds up to its bound, and one without a bound always does."""
    assert Figure("key", 50.0, "ms", 50.0).holds
    assert not Figure("key", 50.1, "ms", 50.0).holds
    assert Figure("key", 1e9, "ms").holds


def test_the_bound_is_the_slow_ones() -> None:
    """Of times the 99th percentile is what has to keep the bound; the median is told beside it."""
    median, p99 = timings("key to drawn", [0.001] * 98 + [0.2] * 2, 50.0)
    assert (median.value, median.most) == (1.0, None)
    assert (p99.value, p99.holds) == (200.0, False)


def test_table() -> None:
    """People read what was measured, how much it was, at most how much, and whether that holds."""
    told = table([Figure("key", 12.34, "ms", 50.0), Figure("resident memory", 238.2, "MB", 200.0), Figure("n", 3, "")])
    assert told.splitlines() == [
        "key                   12.3 ms    holds   at most 50",
        "resident memory        238 MB    MISSED  at most 200",
        "n                        3",
    ]


def test_json() -> None:
    """Programs read the same, with the options and the machine that the figures hang on."""
    document = json.loads(to_json("console", {"decisions": 5}, {"cores": "2"}, [Figure("key", 1.0, "ms", 50.0)]))
    assert document == {
        "benchmark": "console",
        "options": {"decisions": 5},
        "machine": {"cores": "2"},
        "figures": [{"name": "key", "value": 1.0, "unit": "ms", "most": 50.0, "holds": True}],
    }
