"""Progress of what takes long, for who watches a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """Give what tells how many entries were verified, of how many; it is silent where nobody watches."""
    watched = sys.stderr.isatty()

    def told(verified: int, total: int) -> None:
        if watched:
            print(f"\r{verified:,} of {total:,} entries", end="", file=sys.stderr, flush=True)

    try:
        yield told
    finally:
        if watched:
            print(file=sys.stderr)
