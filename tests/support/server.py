"""The real server as a process: made, started, stopped, killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING

from tests.support import canaries

if TYPE_CHECKING:
    from pathlib import Path

START_S = 30.0
STOP_S = 15.0
UNLIMITED = """[limits]
operator_requests_per_minute = 0
proposals_per_hour = 0
"""
"""The policy of tests that ask more often in a second than people do in an hour; all else is the built-in one's."""


class ServerProcess:
    """A server directory, and the process that serves it while it runs.

    Attributes:
        directory: The server's directory.
        address: HOST:PORT for bearer tokens; empty before the first start. A restart keeps the port.
        mutual_address: HOST:PORT for client certificates; empty where there is no such listener.
    """

    def __init__(self, directory: Path, *, mutual: bool = False, policy: str = UNLIMITED) -> None:
        """Make the directory.

        Args:
            directory: Where; its parent takes the log and the policy's document.
            mutual: With a listener for client certificates.
            policy: The document of the policy to begin with; empty for the built-in one.
        """
        self.directory = directory
        self.address = ""
        self.mutual_address = ""
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        options = []
        if policy:
            document = directory.parent / f"{directory.name}.policy.toml"
            document.write_text(policy)
            options = ["--policy", str(document)]
        run_server_command("init", str(directory), "--listen", "127.0.0.1:0", *options)
        if mutual:
            config = directory / "server.toml"
            config.write_text(config.read_text() + 'listen_mutual = "127.0.0.1:0"\n')

    @property
    def log_path(self) -> Path:
        """Where the process writes its log."""
        return self.directory.parent / f"{self.directory.name}.log"

    def add(self, name: str, role: str, *options: str) -> Path:
        """Let a caller in; return the path of its credentials, which name the address of the running server."""
        verb = ["core", "add"] if role == "core" else ["operator", "add"]
        roles = [] if role == "core" else ["--role", role]
        run_server_command(*verb, str(self.directory), name, *roles, *options)
        path = self.directory / "credentials" / f"{name}.toml"
        canaries.note_file(path)
        return path

    def start(self, *, environment: dict[str, str] | None = None) -> None:
        """Start serving; return when callers can connect. Raises AssertionError with the log if it does not come up."""
        assert self._process is None
        self._log = self.log_path.open("a")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "governance_server",
                "serve",
                str(self.directory),
                "--listen",
                self.address or "127.0.0.1:0",
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        match = re.match(r"Serving on (\S+?)(?: and, with client certificates, on (\S+))?\.\n", line)
        assert match is not None, f"the server did not come up: {line!r}\n{self.log_path.read_text()}"
        self.address, self.mutual_address = match[1], match[2] or ""

    def stop(self) -> int:
        """Stop in good order; return the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def kill(self) -> None:
        """End the process at once, as `kill -9` does."""
        assert self._process is not None
        self._process.kill()
        self._reap()

    def wait(self) -> int:
        """Wait for the process to end by itself; return the exit status."""
        return self._reap()

    def close(self) -> None:
        """Kill the process if it runs. Idempotent."""
        if self._process is not None:
            self.kill()

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def _reap(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        status = process.wait(STOP_S)
        assert process.stdout is not None
        process.stdout.close()
        if self._log is not None:
            self._log.close()
        return status


def run_server_command(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `governance-server` to its end, which has to be with the exit status that is expected."""
    done = subprocess.run(
        [sys.executable, "-m", "governance_server", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done
