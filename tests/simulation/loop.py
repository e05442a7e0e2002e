"""An event loop on virtual time: nothing is waited for, the clock goes on to the next timer as soon as all is quiet.

Theory of operation. `BaseEventLoop` asks its selector to wait for sockets or for the next timer. This one has no
sockets: it moves the loop's clock by as long as it was asked to wait, and returns. What runs is decided by the order in
which it was scheduled alone, so that the same program lives the same life in every process. Between two moments, when
all that was due has run, a watcher is called: there the world is at rest and can be looked at.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


class DeadlockError(AssertionError):
    """Everybody waits for somebody else, and no timer is set; the message says where each task waits."""


class _NoSelector:
    """What a selector would do, without anything to select."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout > 0:
            self._loop.go_on(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose time is a number.

    Attributes:
        at_rest: Called before time goes on, with everything due having run; may raise, which ends the run, and may
            schedule what is then run first.
        signals: What to call for a signal, by its number.
    """

    _ready: Collection[asyncio.Handle]
    _scheduled: Sequence[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._selector = _NoSelector(self)
        self.at_rest: Callable[[], None] = lambda: None
        self.signals: dict[int, Callable[[], object]] = {}

    def time(self) -> float:
        """Return how many seconds have passed since the loop was made."""
        return self._now

    @property
    def now_us(self) -> int:
        """How many microseconds have passed since the loop was made."""
        return round(self._now * 1_000_000)

    def go_on(self, span_s: float | None) -> None:
        """Let the present moment end, and go on to the next.

        Args:
            span_s: How long nothing happens; None where nothing ever will.

        Raises:
            DeadlockError: Nothing ever will.
        """
        self.at_rest()
        if self._ready:
            return
        if span_s is None:
            raise DeadlockError("; ".join(_waiting_place(task) for task in _in_order(asyncio.all_tasks(self))))
        self._now = max(self._now, self._scheduled[0].when()) if self._scheduled else self._now + span_s

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: object) -> None:
        """Keep what a signal would call; who sends one, calls it."""
        self.signals[sig] = lambda: callback(*args)

    def run_in_executor(self, *_: object) -> NoReturn:
        """Refuse: a thread would run when it likes.

        Raises:
            AssertionError: Always.
        """
        raise AssertionError("no threads in a simulation")

    def _process_events(self, event_list: list[Any]) -> None:
        assert not event_list

    def _write_to_self(self) -> None:
        """Wake nobody: there is no other thread."""


def _in_order(tasks: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    return sorted(tasks, key=lambda task: task.get_name())


def _waiting_place(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=1)
    place = f"{frames[-1].f_code.co_qualname}, line {frames[-1].f_lineno}" if frames else "its beginning"
    return f"{task.get_name()} at {place}"
