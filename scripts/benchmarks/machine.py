"""The machine: what figures were measured on, so that two of them can be told apart."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib import metadata
from pathlib import Path
from typing import Final

PACKAGES: Final = ("grpcio", "protobuf", "prompt-toolkit", "sqlalchemy", "aiosqlite", "uvloop", "cryptography")
"""What the figures hang on, beside our own code."""


def facts() -> dict[str, str]:
    """Return what a figure hangs on: processor, cores, system, Python, packages, and how busy it was already."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
        "sqlite": sqlite3.sqlite_version,
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
