"""Logs: what was sent cannot move the terminal or forge a line, and no secret that a bug comes across is told."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
import structlog

from governance_server import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
HOSTILE = "x\x1b[2J\x1b]0;t\x07\r\n2026-01-01T00:00:00Z [info     ] approved \u202egnp"


class Terminal(io.StringIO):
    """Where a person reads."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[Terminal, io.StringIO], ids=["terminal", "file"])
def told(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged from here on."""
    stream: io.StringIO = request.param()
    logs.configure(stream)
    yield stream
    structlog.reset_defaults()


def bug(token: str) -> None:
    """Fail while a secret is at hand, with what somebody sent in the message."""
    presented = {"authorization": f"Bearer gw1.{'0' * 16}.{token}"}
    assert presented
    raise ValueError(HOSTILE)


def log_a_bug() -> None:
    try:
        bug(SECRET)
    except ValueError:
        structlog.get_logger("test").exception("bug", method=HOSTILE)


def test_a_traceback_tells_no_local_value(told: io.StringIO) -> None:
    """Where it happened and what went wrong; never what was at hand there."""
    log_a_bug()
    assert "ValueError" in told.getvalue()
    assert "in bug" in told.getvalue()
    assert SECRET not in told.getvalue()


def test_what_was_sent_is_inert_in_facts_and_in_tracebacks(told: io.StringIO) -> None:
    """No control character but our own colours and newlines; a forged line is set in, and looks like none of ours."""
    log_a_bug()
    text = told.getvalue()
    if isinstance(told, Terminal):
        plain = "".join(text.split("\x1b[")) if "\x1b[2J" not in text else text
        assert all(character.isprintable() or character == "\n" for character in plain)
        assert not any(line.startswith("2026-01-01") for line in text.splitlines())
    else:
        (line,) = text.splitlines()
        facts = json.loads(line)
        assert facts["method"].isprintable()
        assert all(part.isprintable() and part.startswith("    ") for part in facts["exception"].split("\n"))
