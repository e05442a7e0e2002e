"""Programs: a peer's program as a process of its own, asked by a line of JSON, answering with another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.peers.environments import PeerError, sentence
from benchmarks.peers.roster import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from benchmarks.peers.environments import Place
    from benchmarks.peers.roster import Peer

_START_S: Final = 120.0
_LEAD_S: Final = 900.0
_END_S: Final = 20.0
_AGAIN_S: Final = 0.01
_GROUP: Final = 2
"""Its place in /proc/PID/stat behind the name (proc(5))."""
_USER_TIME: Final = 11
"""Its place there; the system time follows."""
_SPOKEN: Final = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2")
"""What a peer would tell others of its work by; here it tells nobody."""


class PeerProgram:
    """A peer, up as long as the block lasts. With its servers it is a process group of its own, ended as one.

    Attributes:
        group: The process group.
    """

    def __init__(self, peer: Peer, place: Place, folder: Path, request: str) -> None:
        """Start it.

        Args:
            peer: Which.
            place: Where it is installed.
            folder: For what it keeps, its log among it.
            request: The text that is asked about.
        """
        self._name = peer.name
        self._log = folder / "log"
        settings = {"folder": str(folder), "request": request, "server": place.server}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(place.python), "-m", peer.program, json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(HERE), **dict.fromkeys(_SPOKEN, "false")},
                start_new_session=True,
            )
        self.group = self._process.pid

    def lead(self, count: int, at_once: int) -> Any:
        """Have it lead so many cycles, some at once.

        Returns:
            How long all took (`took_s`), how long each (`samples_s`), and the processor time of all its processes
            meanwhile (`cpu_s`).

        Raises:
            PeerError: It could not.
        """
        assert self._process.stdin is not None
        before = group_cpu_s(self.group)
        with suppress(BrokenPipeError):  # it has ended, which the answer tells
            self._process.stdin.write(json.dumps({"count": count, "at_once": at_once}) + "\n")
            self._process.stdin.flush()
        return {**self._answer(_LEAD_S), "cpu_s": group_cpu_s(self.group) - before}

    def _answer(self, longest_s: float) -> Any:
        assert self._process.stdout is not None
        with self._ended_after(longest_s) as late:
            line = self._process.stdout.readline()
        if late.is_set():
            raise PeerError(f"it was not done after {longest_s:.0f} s")
        if not line:
            raise PeerError(f"it ended: {sentence(self._log.read_text(errors='replace'))}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(" ".join(answer["error"].split()))
        return answer

    @contextmanager
    def _ended_after(self, longest_s: float) -> Iterator[threading.Event]:
        """End the group where the block takes longer; tell by the event."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._kill()

        timer = threading.Timer(longest_s, end)
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nothing of it is left; macOS says so of what has ended
            os.killpg(self.group, signal.SIGKILL)

    def __enter__(self) -> Self:
        """Wait until it is up. Raises PeerError where it does not come up."""
        try:
            self._answer(_START_S)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and whatever is left of its servers."""
        self._end()

    def _end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with self._ended_after(_END_S):
            # not taken note of yet, so that its number is nobody else's when the rest of the group is ended
            os.waitid(os.P_PID, self.group, os.WEXITED | os.WNOWAIT)
        self._kill()
        self._process.wait()
        self._process.stdout.close()
        self._await_the_rest()

    def _await_the_rest(self) -> None:
        """Return once none of the group is left: what was killed may still be on its way out, and write."""
        deadline = time.monotonic() + _END_S
        with suppress(ProcessLookupError, PermissionError):
            while time.monotonic() < deadline:
                os.killpg(self.group, 0)
                time.sleep(_AGAIN_S)


def group_cpu_s(group: int) -> float:
    """Return the processor time that a group's processes have taken, in seconds; 0 where the system does not tell."""
    ticks = 0
    for listing in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = listing.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[_GROUP]) == group:
                ticks += sum(map(int, fields[_USER_TIME : _USER_TIME + 2]))
    return ticks / os.sysconf("SC_CLK_TCK")
