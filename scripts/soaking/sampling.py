"""Sampling: what the server's process and its files take up, read from outside it (Linux)."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

SAMPLES: Final = "samples.jsonl"
_KIB: Final = 1024
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Sampler:
    """Writes a line for every look."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._home = home
        self._file: IO[str] = (folder / SAMPLES).open("a", encoding="ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def look(self, pid: int, life: int) -> dict[str, float]:
        """Sample the process and the files, write it down and return it; nothing where the process is going."""
        found: dict[str, float] = {}
        with suppress(OSError):
            found = {"at": time.monotonic(), "life": life, **_process(pid), **self._files()}
            self._file.write(json.dumps(found) + "\n")
            self._file.flush()
        return found

    def _files(self) -> dict[str, float]:
        sizes = {path.name: path.stat().st_size for path in self._home.glob("ledger.db*")}
        return {"ledger_bytes": sizes.get("ledger.db", 0), "wal_bytes": sizes.get("ledger.db-wal", 0)}


def _process(pid: int) -> dict[str, float]:
    home = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (home / "status").read_text(encoding="utf-8").splitlines())
    fields = (home / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return {
        "rss_bytes": int(status["VmRSS"].split()[0]) * _KIB,
        "anonymous_bytes": int(status["RssAnon"].split()[0]) * _KIB,
        "threads": int(status["Threads"]),
        "files": len(list((home / "fd").iterdir())),
        "cpu_s": (int(fields[11]) + int(fields[12])) / _TICKS,
    }
