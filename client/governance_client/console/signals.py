"""Signals that end the program: what runs is unwound first, so that the terminal is given back in order."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TERMINATED: Final = 128
"""Added to a signal's number in the exit status, as a shell does."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Cancel the block when a signal asks the program to end, and then leave with that signal's exit status.

    Raises:
        SystemExit: A signal came, and the block has unwound.
    """
    loop, current = asyncio.get_running_loop(), asyncio.current_task()
    assert current is not None, "a conversation is a task"
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        current.cancel()

    numbers = (signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    except asyncio.CancelledError:
        if not received:
            raise
        raise SystemExit(_TERMINATED + received[0]) from None
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
