"""`./scripts/demo` runs without a terminal, from beginning to end, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEMO_TIMEOUT_S = 100
"""Below the time limit of a test, so that a demo that hangs shows how far it came."""
ENDED = ("executed", "rejected")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo, on the environment that the tests run in."""
    with subprocess.Popen(
        [str(ROOT / "scripts" / "demo")],
        env=os.environ | {"GOVERNANCE_ENVIRONMENT": sys.prefix, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)


def test_scripted(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    """Scripted operators decide by the rule it prints; it tells what became of each decision and checks the ledger."""
    said, _ = demo.communicate(timeout=DEMO_TIMEOUT_S)
    assert demo.returncode == 0, said
    assert "first line that fits decides" in said
    rows = re.findall(r"^  \S{10}  [a-z_]+ +\S+.*? (low|medium|high|critical) +(\w+) ", said, re.MULTILINE)
    assert len(rows) > 20
    assert {state for _, state in rows} == set(ENDED)
    assert "The ledger is in order" in said
    assert list(tmp_path.iterdir()) == []


def test_console(tmp_path: Path) -> None:
    """On a terminal it opens the console, and concludes when the person leaves it."""
    environ = os.environ | {"GOVERNANCE_ENVIRONMENT": sys.prefix, "TMPDIR": str(tmp_path), "TERM": "xterm"}
    terminal = pexpect.spawn(
        str(ROOT / "scripts" / "demo"), env=environ, encoding="utf-8", dimensions=(40, 120), timeout=DEMO_TIMEOUT_S
    )
    try:
        terminal.expect("Connected as supervisor")
        terminal.sendline("quit")
        terminal.expect("What became of every decision")
        terminal.expect("The ledger is in order")
        terminal.expect(pexpect.EOF)
    finally:
        terminal.close()
    assert terminal.exitstatus == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped(demo: subprocess.Popen[str], tmp_path: Path, number: signal.Signals) -> None:
    """Stopped in the middle, it stops what it had started and removes its folder."""
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if "listens on" in line:
            break
    address = re.search(r"127\.0\.0\.1:\d+", said)
    demo.send_signal(number)
    demo.communicate(timeout=DEMO_TIMEOUT_S)
    assert demo.returncode != 0
    assert list(tmp_path.iterdir()) == []
    assert address is not None
    assert not _somebody_listens(int(address[0].rpartition(":")[2]))


def _somebody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
