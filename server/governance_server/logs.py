"""Logs: a line a fact, for people on a terminal, JSON otherwise. Ids and reasons, never contents or credentials."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import EventDict


def inert(_logger: object, _method: str, facts: EventDict) -> EventDict:
    """Escape what could move a terminal or forge a line: all but printable ASCII, in every text a fact holds.

    A traceback keeps its lines, each set in, so that none of them looks like a fact of its own: the message of an
    exception can hold what somebody sent.
    """
    for name, value in facts.items():
        if not isinstance(value, str):
            continue
        if name == "exception":
            facts[name] = "\n".join(f"    {_escaped(line)}" for line in value.split("\n"))
        else:
            facts[name] = _escaped(value)
    return facts


def _escaped(text: str) -> str:
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode("ascii")


class Patient:
    """A stream for logs that goes on where a line cannot be written: that is no reason to stop guarding a gate.

    What is lost is counted, and told once lines can be written again.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0

    def write(self, text: str) -> int:
        """Write what is logged, or lose it."""
        try:
            if self._lost:
                self._stream.write(f"{self._lost} lines of the log before this one could not be written.\n")
                self._stream.flush()
                self._lost = 0
            self._stream.write(text)
        except (OSError, ValueError):  # ValueError: it was closed
            self._lost += text.count("\n")
        return len(text)

    def flush(self) -> None:
        """Have it be written, or lose it."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._lost += 1


def configure(stream: TextIO) -> None:
    """Send what is logged from now on to a stream, one line a fact."""
    last = _for_people() if stream.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            inert,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Patient(stream))),
        cache_logger_on_first_use=True,
    )


def _for_people() -> structlog.dev.ConsoleRenderer:
    """Return what writes for a terminal. Its own tracebacks, where `rich` is installed, would tell local values."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
