"""The server that is measured and the load programs about it, as long as they are needed."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks import bare, programs
from benchmarks.callers import let_in
from benchmarks.dialogue import LoadProgram
from benchmarks.grounds import copied, new_server
from benchmarks.lines import FRAME, OPERATE
from governance_server.directory import Directory
from governance_server.rpc.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.server import ServerProcess

    from benchmarks.callers import Callers

MOST_OPERATORS: Final = Limits().max_streams - 1
"""Core's stream is the last that a server takes."""
_WARMTH: Final = 256
"""Cycles before the first that counts, so that no figure holds what a program does only once."""


class Stage:
    """A server that serves, and those who come to it.

    Attributes:
        server: The server.
        pair: A core and an operator.
        watch: Those who watch.
        resident_bytes: The memory that the server had resident once it served.
        served_after_s: How long its start took until then.
    """

    def __init__(self, server: ServerProcess, watching: int, stack: ExitStack) -> None:
        """Start all of it.

        Args:
            server: The server, not running.
            watching: How many may watch, at most.
            stack: Ends the load programs.
        """
        callers = let_in(Directory(server.directory), watching)
        self.server = server
        began = time.perf_counter()
        server.start()
        self.served_after_s = time.perf_counter() - began
        self.resident_bytes = programs.resident_bytes(server.pid)
        settings = {"callers": callers._asdict(), "address": server.address}
        seed = time.time_ns()  # others than in a ledger that was measured on before
        self.pair = stack.enter_context(LoadProgram("pair", **settings, server_pid=server.pid, seed=seed))
        self.pair.ask("cycle", count=_WARMTH, at_once=FRAME)
        self.watch = stack.enter_context(LoadProgram("watching", **settings, path=OPERATE))


@contextmanager
def stage(folder: str | None, operators: int, *, kept: Path | None = None) -> Iterator[Stage]:
    """Have a server and its load while the block lasts.

    Args:
        folder: Where its directory is made; None for where the system has temporary files.
        operators: How many come, at most: the one who decides, and those who watch.
        kept: A ground that it is to stand on; None for an empty one.
    """
    with TemporaryDirectory(prefix="governance-bench-", dir=folder) as name, ExitStack() as stack:
        server = new_server(Path(name)) if kept is None else copied(kept, Path(name))
        stack.callback(server.close)
        yield Stage(server, operators - 1, stack)


class BareStage:
    """A bare server, and those who come to it.

    Attributes:
        server: The server.
        echo: One who sends and has it echoed.
        watch: Those who watch.
    """

    def __init__(self, directory: Directory, callers: Callers, stack: ExitStack) -> None:
        self.server = stack.enter_context(LoadProgram("bare"))
        pair = {"certificate": directory.certificate.read_text(), "key": directory.key.read_text()}
        port = self.server.ask("serve", **pair)["port"]
        settings: dict[str, Any] = {"callers": callers._asdict(), "address": f"127.0.0.1:{port}"}
        self.echo = stack.enter_context(LoadProgram("echoing", **settings))
        self.watch = stack.enter_context(LoadProgram("watching", **settings, path=bare.FAN))


@contextmanager
def bare_stage(folder: str | None, watching: int) -> Iterator[BareStage]:
    """Have a bare server and its load while the block lasts; with the same certificate and tokens as the real one."""
    with TemporaryDirectory(prefix="governance-bench-", dir=folder) as name, ExitStack() as stack:
        directory = Directory(new_server(Path(name)).directory)
        yield BareStage(directory, let_in(directory, watching), stack)


def last_arrivals_s(watch: LoadProgram, told: Mapping[str, Sequence[int]]) -> list[float]:
    """Return how long after its sending each frame was with the last of all.

    Args:
        watch: Those who watch.
        told: When each was `sent`, up to which of `offsets` it tells, and when one who is not among them had `seen` it.
    """
    offsets = told["offsets"]
    watch.ask("reach", offset=offsets[-1])
    others = watch.ask("last_arrivals", offsets=list(offsets))["arrivals"]
    arrivals = map(max, others, told.get("seen", others))
    return [(arrival - sent) / 1e9 for arrival, sent in zip(arrivals, told["sent"], strict=True)]
