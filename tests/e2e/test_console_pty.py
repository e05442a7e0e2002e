"""The console as a person has it: the real program on a pseudo-terminal, against the real server."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pexpect
import pyte
import pytest

from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS, COLUMNS = 30, 110
PATIENCE_S = 20
WHERE_IS_THE_CURSOR = "\x1b[6n"
"""What a terminal is asked, and answers."""


class _Terminal:
    """A program on a pseudo-terminal, and the screen that a person would see."""

    def __init__(self, *command: str) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)
        self._child = pexpect.spawn(
            command[0], list(command[1:]), dimensions=(ROWS, COLUMNS), encoding="utf-8", timeout=PATIENCE_S
        )

    def press(self, keys: str) -> None:
        """Press keys."""
        self._child.send(keys)

    def until(self, text: str) -> None:
        """Read until a text stands on the screen; fail with the screen if it does not come."""
        while text not in self.screen:
            try:
                written = self._child.read_nonblocking(4096, PATIENCE_S)
                self._stream.feed(written)
                if WHERE_IS_THE_CURSOR in written:
                    cursor = self._screen.cursor
                    self._child.send(f"\x1b[{cursor.y + 1};{cursor.x + 1}R")
            except (pexpect.TIMEOUT, pexpect.EOF):
                pytest.fail(f"{text!r} did not appear on:\n{self.screen}")

    @property
    def screen(self) -> str:
        """The screen as lines."""
        return "\n".join(self._screen.display)

    def end(self) -> int:
        """Wait for the program to end, and return its exit status."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        return int(self._child.exitstatus or 0)

    def close(self) -> None:
        """End the program if it runs. Idempotent."""
        self._child.close(force=True)


class _House:
    """A running server, and the two programs."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        roles = {"maximus": "core", "alice": "soc_operator", "bob": "soc_operator"}
        self.credentials = {name: str(server.add(name, role)) for name, role in roles.items()}

    def run(self, who: str, *arguments: str, stdin: str = "") -> None:
        """Run one verb to its good end."""
        command = [sys.executable, "-m", "governance_client.cli", *arguments, "--credentials", self.credentials[who]]
        subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=True)

    def propose(self, decision_id: str, target: str) -> None:
        """Have core propose to block an address."""
        action = {"type": "ACTION_TYPE_BLOCK_IP", "targets": [{"kind": "TARGET_KIND_IP_ADDRESS", "value": target}]}
        self.run("maximus", "submit", "-", stdin=json.dumps({"decisionId": decision_id, "action": action}))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[_House]:
    server = ServerProcess(tmp_path / "server")
    server.start()
    try:
        yield _House(server)
    finally:
        server.close()


@pytest.fixture
def console(house: _House) -> Iterator[_Terminal]:
    house.propose("first-0001", "203.0.113.7")
    terminal = _Terminal(
        sys.executable, "-m", "governance_client.cli", "--credentials", house.credentials["alice"], "start"
    )
    try:
        terminal.until("1 waits for a decision")
        terminal.until("connected  alice soc_operator")
        yield terminal
    finally:
        terminal.close()


def test_approval(house: _House, console: _Terminal) -> None:
    """A decision that arrives is announced, approved by its row, and gone from what waits."""
    house.propose("second-0002", "198.51.100.9")
    console.until("new low block_ip 198.51.100.9")
    console.press("approve second\r")
    console.until("type yes to approve")
    console.press("yes\r")
    console.until("Approved, entry")
    console.press("quit\r")
    assert console.end() == 0


def test_lost_race(house: _House, console: _Terminal) -> None:
    """Who says yes after someone else has decided is told who was first."""
    console.press("approve first\r")
    console.until("type yes to approve")
    house.run("bob", "reject", "first-0001", "--reason", "known scanner")
    console.press("yes\r")
    console.until("Refused: ")
    console.until("first-0001 is rejected, by bob (soc_operator)")


def test_server_restart(house: _House, console: _Terminal) -> None:
    """When the server goes the console says so and keeps what was typed; when it is back it goes on by itself."""
    assert house.server.stop() == 0
    console.until("The connection is lost")
    console.press("reject first because\r")
    console.until("Your line is kept")
    house.server.start()
    console.until("Connected again")
    console.press("\r")
    console.until("type yes to reject")
    console.press("yes\r")
    console.until("Rejected, entry")
    console.press("\x04")
    assert console.end() == 0


def test_ctrl_c_decides_nothing(house: _House, console: _Terminal) -> None:
    """Ctrl-C at the question, and at the prompt, leaves the decision as it was and the console open."""
    console.press("approve first\r")
    console.until("type yes to approve")
    console.press("\x03")
    console.until("Nothing was decided")
    console.press("approve first\x03")
    console.press("ls\r")
    console.until("pending")
    house.run("bob", "approve", "first-0001")
    console.until("approved by bob (soc_operator)")
