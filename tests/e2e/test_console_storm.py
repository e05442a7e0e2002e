"""A storm, as the person at the console has it: thousands of arrivals while a line is being typed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.alerts import SCAN, alert, scans
from tests.support.house import House
from tests.support.screen import LARGE, SMALL

if TYPE_CHECKING:
    from pathlib import Path

ARRIVALS = 5_000
LINE = "approve first seen in the proxy log, and the owner of the relay was asked twice about it"
GATHERED_S = 1.0
"""The console announces at most this often."""
LINES_AT_ONCE = 3
MEMORY_BYTES = 200_000_000
"""What the console may take with four times as much open."""


@pytest.mark.parametrize("size", [pytest.param(SMALL, id="80x24"), pytest.param(LARGE, id="200x50")])
def test_storm(tmp_path: Path, size: tuple[int, int]) -> None:
    """Five thousand arrivals become a few lines; the line that is typed meanwhile stays whole, and memory bounded."""
    with House(tmp_path) as house:
        house.propose([alert("first-0001", SCAN, "192.0.2.254")])
        with house.console("duty", size=size) as console:
            console.until("1 waits for a decision")
            console.until("connected")
            before = len([row for row in console.told if row])
            began = time.monotonic()
            storm = threading.Thread(target=house.propose, args=(scans(ARRIVALS, "storm"),))
            storm.start()
            try:
                console.type(LINE)
            finally:
                storm.join()
            console.until(f"L{ARRIVALS + 1}")
            console.steady()
            announced = [row for row in console.told if " new: " in row or row.startswith("new ")]
            passed_s = time.monotonic() - began
            assert console.before_cursor.endswith(LINE)
            assert 1 <= len(announced) <= LINES_AT_ONCE * (passed_s / GATHERED_S + 2)
            # nothing but announcements came, and the line itself may take two rows
            assert len([row for row in console.told if row]) <= before + len(announced) + 2
            assert console.resident_bytes < MEMORY_BYTES
            console.press("enter")
            console.answer("type yes to approve", "yes")
            console.until("Approved, entry")
