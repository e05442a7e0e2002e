"""The stage: the server of a soak, its callers, and the programs that are run on its directory."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Final, Self

from tests.support.server import run_server_command

from governance import v1
from governance_server.directory import Directory
from governance_server.enrolling import Enrolment, enrol
from soaking.plan import CAST, KILL

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from soaking.plan import Plan

SELF: Final = "server.jsonl"
"""What the server tells about itself."""
_STOP_S: Final = 60.0
"""A server stops within 10 s; on a machine that does much else it takes longer. Then it is killed, which its status
tells."""
_SERVING: Final = re.compile(r"Serving on (\S+?)\.\n")


class StageError(Exception):
    """A program did not do what it has to; the message says what it said."""


class Stage:
    """A server's directory, and the process that serves it.

    Attributes:
        folder: Where all of it is.
        home: The server's directory.
        address: Where it listens; a restart keeps it.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.home = folder / "server"
        self.address = "127.0.0.1:0"
        self._plan = plan
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the server if it runs."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def make(self) -> None:
        """Make the directory, start the server, and let everybody in."""
        policy = self.folder / "policy.toml"
        policy.write_text(self._plan.policies()[0], encoding="ascii")
        run_server_command("init", str(self.home), "--listen", "127.0.0.1:0", "--policy", str(policy))
        self.start()
        asyncio.run(self._let_in())

    async def _let_in(self) -> None:
        for caller in CAST:
            role = v1.Role.Value(f"ROLE_{caller.role.upper()}")
            await enrol(Directory(self.home), Enrolment(caller.name, role, certificate=False, days=None))

    def start(self) -> None:
        """Start serving; return when callers can connect.

        Raises:
            StageError: The server does not come up.
        """
        self._log = (self.folder / "server.log").open("a", encoding="utf-8")
        launcher = [sys.executable, "-m", "soaking.launcher", str(self.folder / SELF), str(self._plan.sample_s)]
        serve = [str(self._plan.write_timeout_s), "serve", str(self.home), "--listen", self.address]
        self._process = subprocess.Popen([*launcher, *serve], stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        match = _SERVING.match(line)
        if match is None:
            raise StageError(f"The server did not come up; {self._log.name} says why.")
        self.address = match[1]

    def restart(self, how: str) -> float:
        """Stop or kill the server and start it again; return how long nobody could connect.

        Raises:
            StageError: It did not stop well, or does not come up.
        """
        began = time.monotonic()
        self.stop(how)
        self.start()
        return time.monotonic() - began

    def stop(self, how: str) -> None:
        """Stop or kill the server. Raises StageError where it did not stop well."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL if how == KILL else signal.SIGTERM)
        status = self._reap()
        if status != (-signal.SIGKILL if how == KILL else 0):
            raise StageError(f"The server ended with status {status}; {self.folder / 'server.log'} says why.")

    def _reap(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdout is not None
        try:
            status = process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        process.stdout.close()
        if self._log is not None:
            self._log.close()
        return status

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def load(self, minutes: float) -> subprocess.Popen[str]:
        """Start the load."""
        arguments = [str(self.folder), str(self.home / "credentials"), str(minutes), str(self._plan.seed)]
        return subprocess.Popen([sys.executable, "-m", "soaking.load", *arguments], stdout=subprocess.PIPE, text=True)

    def server_command(self, *arguments: str) -> list[str]:
        """Return a command of `governance-server`."""
        return [sys.executable, "-m", "governance_server", *arguments]

    def auditor_command(self, *arguments: str) -> list[str]:
        """Return a command of `governance` that an auditor gives."""
        credentials = str(self.home / "credentials" / "auditor-1.toml")
        return [sys.executable, "-m", "governance_client.cli", "--credentials", credentials, *arguments]
