"""The stage: a throwaway folder and the programs that run on it, all of which end with it."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

STOP_TIMEOUT_S: Final = 15
"""A server stops within 10 s; then it is killed, which is told."""
COMMAND_TIMEOUT_S: Final = 120
"""No single command of the demo takes long; one that does hangs."""
POLL_S: Final = 0.05
"""How often the demo looks whether the server listens."""
LAST_LINES: Final = 15
"""How much of a program's log is shown when it fails."""

_ADDRESS: Final = re.compile(r"\b(127\.0\.0\.1:\d+)\b")


class StageError(Exception):
    """Something of the demo did not go as it has to; the message says what, and what the program said."""


class Stage:
    """Programs of the project, run on a folder that is gone afterwards.

    Attributes:
        folder: The throwaway folder; the server's directory is `house` in it.
        address: Where the server listens; empty before it was started.
    """

    def __init__(self, binaries: Path) -> None:
        """Take the project's programs from a folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="governance-demo-"))
        self.address = ""
        self._binaries = binaries
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything that still runs, the latest first, and remove the folder."""
        for process in reversed(list(self._running)):
            self.stop(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def house(self) -> Path:
        """The server's directory."""
        return self.folder / "house"

    def run(self, program: str, *arguments: str) -> str:
        """Run a program to its end; return what it printed.

        Raises:
            StageError: It failed, or took too long.
        """
        command = [str(self._binaries / program), *arguments]
        try:
            done = subprocess.run(
                command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=COMMAND_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            raise StageError(f"{_shown(program, arguments)} did not end within {COMMAND_TIMEOUT_S} s.") from None
        if done.returncode != 0:
            raise StageError(
                f"{_shown(program, arguments)} ended with status {done.returncode}:\n{_last(done.stdout + done.stderr)}"
            )
        return done.stdout

    def start(self, program: str, *arguments: str, log: str) -> subprocess.Popen[str]:
        """Start a program in the background with its output in a log in the folder; it is stopped with the stage."""
        with self._file(log).open("w", encoding="utf-8") as output:
            # In a session of its own, so that Ctrl-C reaches the demo alone, which stops everything in order.
            process = subprocess.Popen(
                [str(self._binaries / program), *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def serve(self) -> subprocess.Popen[str]:
        """Start the server on a free port and wait until it says which.

        Raises:
            StageError: It ended instead.
        """
        process = self.start("governance-server", "serve", str(self.house), "--listen", "127.0.0.1:0", log="server.log")
        while process.poll() is None:
            found = _ADDRESS.search(self._file("server.log").read_text(encoding="utf-8"))
            if found is not None:
                self.address = found[1]
                return process
            time.sleep(POLL_S)
        raise StageError(f"The server ended before it said where it listens:\n{self.log_end('server.log')}")

    def caller(self, name: str, *arguments: str) -> list[str]:
        """Return the arguments of `governance` for someone with credentials here."""
        return ["--credentials", str(self.house / "credentials" / f"{name}.toml"), "--server", self.address, *arguments]

    def decisions(self, name: str, *arguments: str) -> list[dict[str, Any]]:
        """Return the decisions that `governance ls` lists for someone."""
        listed = self.run("governance", *self.caller(name, "--json", "ls", *arguments))
        return [json.loads(line) for line in listed.splitlines()]

    def journal(self, name: str) -> int:
        """Return how many lines a file in the folder has; 0 where there is none."""
        path = self._file(name)
        return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0

    def foreground(self, program: str, *arguments: str) -> int:
        """Run a program on this terminal until the person leaves it; return its exit status."""
        with subprocess.Popen([str(self._binaries / program), *arguments]) as process:
            while True:
                # Ctrl-C is the program's to deal with, as long as it runs.
                with contextlib.suppress(KeyboardInterrupt):
                    return process.wait()

    def stop(self, process: subprocess.Popen[str]) -> int:
        """Stop a program and return its exit status. Idempotent."""
        if process in self._running:
            self._running.remove(process)
        if process.poll() is None:
            process.terminate()
        try:
            status = process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            print(f"A program did not stop within {STOP_TIMEOUT_S} s and was killed: process {process.pid}.")
            process.kill()
            status = process.wait()
        return status

    def log_end(self, log: str) -> str:
        """Return the last lines of a log."""
        return _last(self._file(log).read_text(encoding="utf-8", errors="replace"))

    def _file(self, name: str) -> Path:
        return self.folder / name


def _last(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-LAST_LINES:])


def _shown(program: str, arguments: tuple[str, ...]) -> str:
    return " ".join([program, *arguments[:6], *(["…"] if len(arguments) > 6 else [])])  # noqa: PLR2004 — enough to know it
