"""How quick commits are at present: whether the loop may wait for one on its own thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

QUICK_NS: Final = 1_000_000
"""A quick commit takes no longer: what deciding some ten commands takes, for which the loop does nothing else either.
On a disk that syncs in 0.15 ms, one command's share takes 0.3 ms."""


class Pace:
    """Times what is committed, on whichever thread.

    The last commit speaks for the next one. A disk that stalls therefore holds the loop up once, for as long as one
    commit takes; those after it wait on SQLite's thread, and the loop goes on reading and telling, until one was quick.

    Attributes:
        is_quick: The last commit was.
    """

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        """Begin with the disk taken for a slow one.

        Args:
            monotonic_ns: Returns how much time has passed since some moment, in nanoseconds.
        """
        self._monotonic_ns = monotonic_ns
        self.is_quick = False

    def timed(self, work: Callable[[sqlite3.Connection], None], connection: sqlite3.Connection) -> None:
        """Do work that ends with a commit, and take note of how long it took; raise what it raises."""
        began_ns = self._monotonic_ns()
        self.is_quick = False
        work(connection)
        self.is_quick = self._monotonic_ns() - began_ns <= QUICK_NS
