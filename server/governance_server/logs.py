"""Logs: a line a fact, for people on a terminal, JSON otherwise. Ids and reasons, never contents or credentials."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import EventDict


def inert(_logger: object, _method: str, facts: EventDict) -> EventDict:
    """Escape what could move a terminal or forge a line: all but printable ASCII, in every text a fact holds."""
    for name, value in facts.items():
        if isinstance(value, str) and not (value.isascii() and value.isprintable()) and name != "exception":
            facts[name] = value.encode("unicode_escape").decode("ascii")
    return facts


def configure(stream: TextIO) -> None:
    """Send what is logged from now on to a stream, one line a fact."""
    last = structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            inert,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
