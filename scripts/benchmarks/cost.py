"""The cost's benchmark: how much of the main path's throughput the tree and the checkpoints take.

Two ledgers of the same length, in turns, in one process: one with all of it, the other by an adapter that writes no
tiles, and without a notary. Decisions are proposed, approved, ordered, accepted and reported through the real governor,
store and notary. Sockets, TLS and the clients are left out on purpose: they would cost both the same and make the share
smaller. What the commands are made in is not in the time.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import uvloop
from tests.support.messages import CORE, OPERATOR_1, acceptance, approval, proposal
from tests.support.server import UNLIMITED

from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure
from governance import v1
from governance_server import keeping_keys
from governance_server.directory import Directory
from governance_server.domain.command import Command
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.engine.notary import Notary
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.sqlite_transaction import SqliteTransaction
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    import argparse
    import sqlite3
    from collections.abc import AsyncIterator, Iterable, Sequence

    from benchmarks.progress import Progress
    from governance_server.engine.ports import Wanted

MOST_PERCENT: Final = 15.0
"""The tree and the checkpoints cost the main path no more of its throughput."""
FRAME: Final = 64
"""Commands a frame, as a stream brings them."""
_FEWER: Final = 10
"""One at a time is slower by about that: a round of it has fewer decisions by as much."""


class TreelessTransaction(SqliteTransaction):
    """A transaction that appends and projects as any other, and grows no tree."""

    def grow_tree(self, connection: sqlite3.Connection, added: Sequence[bytes]) -> None:
        """Write no tiles."""


class TreelessStore(SqliteStore):
    """A ledger without a tree: what the store was before there was one."""

    async def _begin(self, wanted: Wanted) -> SqliteTransaction:
        begun = await super()._begin(wanted)
        return TreelessTransaction(begun.connection, begun.locked)


class Ground:
    """A ledger with its governor, and with its notary where it has a tree."""

    def __init__(self, governor: Governor, notary: Notary | None) -> None:
        self._governor = governor
        self._notary = notary
        self._made = 0

    async def decide(self, count: int, at_once: int) -> float:
        """Take so many decisions from the proposal to the outcome, some at once; return how long it took."""
        took_s = 0.0
        for start in range(0, count, at_once):
            took_s += await self._decide(min(at_once, count - start))
        if self._notary is not None:
            began = time.perf_counter()
            await self._notary.sign()  # what is left of this round, so that none of it falls into another one's time
            took_s += time.perf_counter() - began
        return took_s

    async def _decide(self, count: int) -> float:
        numbers = range(self._made, self._made + count)
        self._made += count
        proposals = [proposal(number) for number in numbers]
        took_s = await self._submit(Command(CORE, v1.CoreCommand(proposal=each)) for each in proposals)
        names = [each.decision_id for each in proposals]
        took_s += await self._submit(
            Command(OPERATOR_1, approval(each, f"approve-{each.decision_id}")) for each in self._open(names)
        )
        took_s += await self._submit(
            Command(CORE, acceptance(each, f"accept-{each.decision_id}")) for each in self._open(names)
        )
        return took_s + await self._submit(Command(CORE, _report(each)) for each in self._open(names))

    def _open(self, names: Iterable[str]) -> list[v1.Decision]:
        return [self._governor.open_decisions[name] for name in names]

    async def _submit(self, commands: Iterable[Command]) -> float:
        """Bring commands, a frame after the other; return when all are durable, and how long that took."""
        made = list(commands)
        answers: asyncio.Queue[Sequence[v1.Receipt]] = asyncio.Queue()
        frames = [made[start : start + FRAME] for start in range(0, len(made), FRAME)]
        began = time.perf_counter()
        for frame in frames:
            await self._governor.submit(frame, answers.put_nowait)  # type: ignore[arg-type]  # no fault: that ends all
        receipts = [receipt for _ in frames for receipt in await answers.get()]
        took_s = time.perf_counter() - began
        assert all(receipt.HasField("accepted") for receipt in receipts), "everything is accepted"
        return took_s


def _report(decision: v1.Decision) -> v1.CoreCommand:
    report = v1.ReportOrder(
        decision_id=decision.decision_id,
        order_id=decision.order.order_id,
        action_digest=decision.order.action_digest,
        outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="Done."),
    )
    return v1.CoreCommand(request_id=f"report-{decision.decision_id}", report_order=report)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--decisions", type=int, default=4000, help="decisions a round (4000)")
    parser.add_argument("--rounds", type=int, default=15, help="rounds with, and as many without (15)")
    parser.add_argument("--at-once", type=int, default=256, help="decisions under way at once (256)")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with tempfile.TemporaryDirectory(prefix="governance-bench-") as name:
        with_tree, without = Path(name, "with"), Path(name, "without")
        for folder in (with_tree, without):
            folder.mkdir()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_measure(with_tree, without, arguments, progress))


async def _measure(with_tree: Path, without: Path, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    figures: list[Figure] = []
    async with _ground(with_tree, SqliteStore) as proven, _ground(without, TreelessStore) as plain:
        for at_once in (arguments.at_once, 1):
            count = arguments.decisions if at_once > 1 else max(arguments.decisions // _FEWER, 1)
            figures += await _compare(proven, plain, (count, at_once, arguments.rounds), progress)
    return figures


async def _compare(proven: Ground, plain: Ground, turn: tuple[int, int, int], progress: Progress) -> list[Figure]:
    """Run rounds in turns, the first of each for warmth; return both throughputs and what the difference comes to."""
    count, at_once, rounds = turn
    took_s: dict[Ground, list[float]] = {proven: [], plain: []}
    for number in range(rounds + 1):
        progress.say(f"{at_once} at once: round {number} of {rounds}.")
        for ground in (proven, plain) if number % 2 else (plain, proven):  # so that neither is always the second
            took_s[ground].append(await ground.decide(count, at_once))
    rates = [count / median(took_s[ground][1:]) for ground in (proven, plain)]
    what = f"{at_once} at once" if at_once > 1 else "one at a time"
    return [
        Figure(f"{what}, with tree and checkpoints: decisions", rates[0], "/s"),
        Figure(f"{what}, without: decisions", rates[1], "/s"),
        Figure(f"{what}: cost", 100 * (1 - rates[0] / rates[1]), "%", MOST_PERCENT),
    ]


@asynccontextmanager
async def _ground(folder: Path, kind: type[SqliteStore]) -> AsyncIterator[Ground]:
    """Make a ledger and have its governor, its timekeeper and, where it has a tree, its notary run while it is used."""
    directory, clock, entropy = Directory(folder), SystemClock(), SystemEntropy()
    store = await kind.open(directory.ledger, create=True)
    make_key = partial(keeping_keys.make_first, directory)
    await create_ledger(store, clock, entropy, policy=UNLIMITED, make_key=make_key)
    governor = Governor(store, clock, entropy)
    await governor.recover()
    notary = None if kind is TreelessStore else Notary(store, clock, keeping_keys.signers_of(directory))
    tasks = [asyncio.create_task(governor.run()), asyncio.create_task(governor.timekeeper.run())]
    if notary is not None:
        tasks.append(asyncio.create_task(notary.run()))
    try:
        yield Ground(governor, notary)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await store.close()


BENCHMARK: Final = Benchmark("cost", "what tree and checkpoints cost the main path", options, measure)
