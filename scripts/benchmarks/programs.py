"""The programs that benchmarks run: how long one took, and how much memory it took at most."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_KILOBYTE: Final = 1000 if sys.platform == "darwin" else 1024
_LINUX_UNIT: Final = 1 if sys.platform == "darwin" else _KILOBYTE
"""What getrusage counts memory in: bytes on macOS, kilobytes elsewhere."""


_USER_TIME: Final = 11
"""Its place in /proc/PID/stat behind the name; the system time follows (proc(5))."""


class Ran(NamedTuple):
    """A program that has run.

    Attributes:
        output: What it printed.
        took_s: How long it took.
        peak_bytes: The most memory that it had resident.
    """

    output: str
    took_s: float
    peak_bytes: int


def run(command: list[str], environment: Mapping[str, str]) -> Ran:
    """Run a program to its end. Raises RuntimeError where that is not a good one."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    assert process.stdout is not None
    with process.stdout as stdout:
        output = stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}; what it said is above.")
    return Ran(output, took_s, usage.ru_maxrss * _LINUX_UNIT)


def peak_bytes(pid: int) -> int:
    """Return the most memory that a running process had resident so far; 0 where the system does not tell."""
    listing = Path(f"/proc/{pid}/status")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def resident_bytes(pid: int) -> int:
    """Return the memory that a running process has resident now; 0 where the system does not tell."""
    listing = Path(f"/proc/{pid}/status")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


def cpu_s(pid: int) -> float:
    """Return the processor time that a running process has taken, in seconds; 0 where the system does not tell."""
    listing = Path(f"/proc/{pid}/stat")
    if not listing.exists():
        return 0.0
    fields = listing.read_text(encoding="utf-8").rpartition(")")[2].split()
    user, system = fields[_USER_TIME : _USER_TIME + 2]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
