"""Signals: those that end the program unwind what runs, so that the terminal is given back; Ctrl-C ends nothing."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TERMINATED: Final = 128
"""Added to a signal's number in the exit status, as a shell does."""


@contextmanager
def interrupting(interrupt: Callable[[], object]) -> Iterator[None]:
    """Call this when Ctrl-C comes as a signal, which it does where the keys are not read one by one."""
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C as a signal do nothing: between two prompts nobody can know what it is meant for."""
    with interrupting(lambda: None):
        yield


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
