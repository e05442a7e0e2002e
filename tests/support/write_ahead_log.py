"""SQLite's write-ahead log, as its file format describes it: where its frames end, and which of them commit."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER: Final = 32
FRAME_HEADER: Final = 24


def commits(log: bytes) -> Iterator[int]:
    """Yield the lengths of a log that end with a commit: https://sqlite.org/fileformat2.html#walformat."""
    (page,) = struct.unpack_from(">I", log, 8)
    salts = log[16:24]
    for start in range(HEADER, len(log) - FRAME_HEADER - page + 1, FRAME_HEADER + page):
        _, size_after_commit = struct.unpack_from(">II", log, start)
        if log[start + 8 : start + 16] != salts:
            return  # left over from before the log was begun anew
        if size_after_commit:
            yield start + FRAME_HEADER + page
