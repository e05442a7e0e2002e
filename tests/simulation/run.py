"""A run: a world lived through from a seed, looked at after every step."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from governance_server.engine import governor as governors
from governance_server.engine import session as sessions
from governance_server.engine import waiting
from tests.simulation.checkers import Watch
from tests.simulation.history import BrokenPromiseError, History
from tests.simulation.loop import VirtualLoop
from tests.simulation.scenario import scenario
from tests.simulation.server import BugError
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from tests.simulation.scenario import Scenario

REST_S: Final = 180.0
"""Within so long everything comes to rest: keepalive and every time-out have run out some times over."""
STORM: Final = 2
"""Changes of a frame from which on who only watches is told less often: simulated storms are of few."""
PART: Final = 2
"""Entries that the store is given at a time: so few that the small batches of a simulation have several parts."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a run failed with.

    Attributes:
        promise: Which promise was broken; 0 for a bug: a call that ended with INTERNAL, an assertion, a deadlock, a
            world that never came to rest.
        sentence: What happened.
        step: After which step it was seen.
        error: The exception.
    """

    promise: int
    sentence: str
    step: int
    error: BaseException


@dataclass(frozen=True, slots=True)
class Ran:
    """A run, as it ended.

    Attributes:
        scenario: What it was like.
        history: What happened.
        failure: What it failed with; None where every promise held.
        steps: How many steps it took.
        coverage: What was exercised, and how often.
    """

    scenario: Scenario
    history: History
    failure: Failure | None
    steps: int
    coverage: Counter[str]


class _Enough(Exception):  # noqa: N818 - no error: the run was asked to end here
    """The run has gone as far as it was asked to."""


def run(seed: int, *, steps: int | None = None, adjust: Callable[[Scenario], Scenario] | None = None) -> Ran:
    """Live through the run of a seed.

    Args:
        seed: Decides everything.
        steps: End after so many steps, without coming to rest; None to live it to its end.
        adjust: Makes another scenario of the one that was drawn.
    """
    drawn = scenario(seed)
    with _uncollected():
        return Run(drawn if adjust is None else adjust(drawn), steps).live()


class Run:
    """One run, while it lasts."""

    def __init__(self, drawn: Scenario, limit: int | None) -> None:
        self._scenario = drawn
        self._limit = limit
        self._steps = 0
        self._looked_at = 0
        self._rest_by_s = 0.0
        self._loop = VirtualLoop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self.world = World(drawn, self._loop)
        self._watch: Watch | None = None

    def live(self) -> Ran:
        """Live it."""
        failure = None
        with ExitStack() as stack:
            stack.enter_context(_without_noise())
            stack.enter_context(_small(self._scenario))
            try:
                self._loop.run_until_complete(self._live())
            except _Enough:
                pass
            except BrokenPromiseError as error:
                failure = self._failure(error.promise, error)
            except AssertionError as error:
                failure = self._failure(0, error)
            finally:
                self._loop.at_rest = lambda: None
                self._end()
        coverage = self.world.coverage + self.world.disk.counts
        coverage.update({f"ended with {status}": count for status, count in self.world.statuses.items()})
        return Ran(self._scenario, self.world.history, failure, self._steps, coverage)

    def _failure(self, promise: int, error: BaseException) -> Failure:
        return Failure(promise, str(error) or repr(error), self._steps, error)

    async def _live(self) -> None:
        self._loop.set_exception_handler(self._unretrieved)
        await self.world.begin()
        self._watch = watch = Watch(self.world.history)
        self._loop.at_rest = self._step
        await self._ended
        watch.finish()

    def _unretrieved(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take an exception that nobody asked for as the bug that it is."""
        self.world.failure = self.world.failure or context.get("exception") or BugError(context["message"])

    def _step(self) -> None:
        """Look at the world, which is at rest between two moments, and decide how it goes on."""
        self._steps += 1
        world = self.world
        happened = len(world.history.happenings)
        if happened != self._looked_at:
            self._looked_at = happened
            assert self._watch is not None
            self._watch.look()
        if world.bug is not None:
            raise _assertion(world.bug)
        if self._steps == self._limit:
            raise _Enough
        if self._steps == self._scenario.steps:
            world.come_to_rest()
            self._rest_by_s = self._loop.time() + REST_S
        elif self._steps > self._scenario.steps:
            self._wait_for_rest()

    def _wait_for_rest(self) -> None:
        if self.world.quiet:
            if not self._ended.done():
                self._ended.set_result(None)
        elif self._loop.time() > self._rest_by_s:
            if self._watch is not None:
                self._watch.finish()  # may say better what is missing
            raise BugError(f"it never came to rest: {self.world.unrest()}")

    def _end(self) -> None:
        """Take everything down; what comes of that is no part of the run."""
        happenings = self.world.history.happenings
        lived = len(happenings)
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.set_exception_handler(lambda *_: None)
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=60))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        del happenings[lived:]


def _assertion(bug: BaseException) -> AssertionError:
    """Return a bug as what ends a run."""
    if isinstance(bug, AssertionError):
        return bug
    error = BugError(f"{type(bug).__name__}: {bug}")
    error.__cause__ = bug
    return error


def fingerprint(history: History) -> str:
    """Return what tells two histories apart: a digest of everything in them, byte for byte."""
    digest = hashlib.sha256()
    for happening in history.happenings:
        digest.update(type(happening).__name__.encode())
        for name in happening.__slots__:
            digest.update(_bytes(getattr(happening, name)))
    return digest.hexdigest()


def _bytes(value: Any) -> bytes:
    if isinstance(value, (list, tuple)):
        return b"".join(map(_bytes, value))
    serialize = getattr(value, "SerializeToString", None)
    part: bytes = serialize(deterministic=True) if serialize is not None else repr(value).encode()
    return len(part).to_bytes(4, "big") + part


@contextmanager
def _small(drawn: Scenario) -> Iterator[None]:
    """Have the server's sizes be the scenario's, so that a short run reaches what takes a long one otherwise."""
    sizes: dict[tuple[Any, str], int] = {
        (sessions, "PAGE"): drawn.page,
        (sessions, "FIRST_PAGE"): min(drawn.page, 16),
        (sessions, "NEWS_BYTES"): drawn.news_bytes,
        (sessions, "STORM"): STORM,
        (waiting, "MAX_BATCH"): drawn.batch,
        (governors, "PART"): PART,
    }
    before = {(module, name): getattr(module, name) for module, name in sizes}
    try:
        for (module, name), size in sizes.items():
            setattr(module, name, size)
        yield
    finally:
        for (module, name), size in before.items():
            setattr(module, name, size)


@contextmanager
def _without_noise() -> Iterator[None]:
    """Have nobody log."""
    before = structlog.get_config()
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Have the collector wait for the end: when it came would depend on what else is in memory."""
    collected = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if collected:
            gc.enable()
