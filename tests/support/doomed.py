"""A server directory whose server kills itself at a named point, and starts again as if nothing had happened."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys

from tests.support.server import ServerProcess

_SERVING = re.compile(r"Serving on (\S+?)(?: and, with client certificates, on \S+)?\.\n")


class DoomedServer(ServerProcess):
    """A server directory; each start says where the process is to die."""

    def launch(self, point: str, *, turn: int = 1, chance: int = 0) -> bool:
        """Start a server that dies at a point.

        Args:
            point: Which, by its name in `tests.support.doomed_server`.
            turn: At which passing.
            chance: Decides when exactly, where the point has an extent.

        Returns:
            Whether it serves. Where it does not, it died on the way there, as it was to.
        """
        assert self._process is None
        self._log = self.log_path.open("a")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.doomed_server", point, str(turn), str(chance)),
                *("serve", str(self.directory), "--listen", self.address or "127.0.0.1:0"),
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        match = _SERVING.fullmatch(self._process.stdout.readline())
        if match is None:
            status = self._reap()
            assert status == -signal.SIGKILL, f"it ended with {status} at {point}:\n{self.log_path.read_text()}"
            return False
        self.address = match[1]
        return True

    async def died(self, patience_s: float) -> bool:
        """Wait for the process to end; return whether it killed itself, and kill it if it does not in time.

        Raises:
            AssertionError: It ended in another way.
        """
        process = self._process
        assert process is not None
        try:
            await asyncio.to_thread(process.wait, patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        status = self._reap()
        assert status == -signal.SIGKILL, f"it ended with {status}:\n{self.log_path.read_text()}"
        return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and do not wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
