"""What a server can be started under that a machine does to it: too few files, too small a disk, no privileges."""

from __future__ import annotations

import ctypes
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PR_CAPBSET_DROP = 24
DAC_CAPABILITIES = (1, 2)  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root read what it may not


class Ended(NamedTuple):
    """How a program of the server's ended.

    Attributes:
        status: Its exit status.
        sentence: What it said to people, without the log: one line where it is as it has to be.
    """

    status: int
    sentence: str


def ends(*arguments: str, under: Callable[[], None] | None = None) -> Ended:
    """Run `governance-server` until it ends by itself, which it has to within some seconds, and never by a traceback.

    Args:
        arguments: Its arguments.
        under: Called in the process before the program begins.
    """
    done = subprocess.run(
        [sys.executable, "-m", "governance_server", *arguments],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
        preexec_fn=under,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    return Ended(done.returncode, "\n".join(said))


def refuses_to_serve(directory: Path, *, under: Callable[[], None] | None = None) -> str:
    """Start a server that has to refuse with status 1 and a sentence; return the sentence."""
    ended = ends("serve", str(directory), "--listen", "127.0.0.1:0", under=under)
    assert ended.status == 1, ended
    assert ended.sentence.startswith("governance-server: "), ended
    assert "\n" not in ended.sentence, ended
    return ended.sentence.removeprefix("governance-server: ")


def without_privileges() -> None:
    """Have root be refused what others would be; called in a process that is about to begin a program."""
    libc = ctypes.CDLL(None)
    for capability in DAC_CAPABILITIES:
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def with_open_files(most: int) -> Callable[[], None]:
    """Return what lets a process have so many files open."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def with_files_of(most: int) -> Callable[[], None]:
    """Return what lets a process write files of so many bytes: more is an error, as on a disk that is full."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return limit
