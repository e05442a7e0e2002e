"""Living: decisions led through their life by the real governor, in bulk, to fill a ledger before it is measured on."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from tests.support.messages import acceptance

from benchmarks.proposals import Drawing
from governance import v1
from governance_server.domain.command import Command
from governance_server.engine.governor import Governor
from governance_server.engine.waiting import MAX_BATCH
from governance_server.ledger.remembering import Remembering
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import verified_open_decisions
from governance_server.ledger.verified_rows import VerifiedRows
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from benchmarks.progress import Progress
    from governance_server.directory import Directory

ELDER: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="elder", role=v1.ROLE_CORE)
"""Another core than the one that is measured with, so that its open decisions are not that one's."""
_OPERATOR: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="predecessor", role=v1.ROLE_CISO)
_WORKERS: Final = 2
"""While the batch of one commits, the other's commands are made."""
_CACHE: Final = "PRAGMA cache_size = -2000000"
"""2 GB for the connection that writes: ids are drawn by chance and go anywhere into the indexes."""


class Life:
    """Leads decisions to where they are wanted."""

    def __init__(self, governor: Governor, progress: Progress) -> None:
        self._governor = governor
        self._progress = progress
        self._drawing = Drawing(ELDER.name)
        self._done = 0

    async def lead(self, count: int, *, to_the_end: bool) -> None:
        """Lead that many decisions to their end, or leave them waiting for a person."""
        self._done = 0
        turns = iter([min(MAX_BATCH, count - start) for start in range(0, count, MAX_BATCH)])

        async def work() -> None:
            for turn in turns:
                await self._lead(turn, to_the_end=to_the_end)
                self._done += turn
                what = "decisions with their outcome" if to_the_end else "open decisions"
                self._progress.say(f"Making a ledger: {self._done} of {count} {what}.")

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_WORKERS):
                tasks.create_task(work())

    async def _lead(self, count: int, *, to_the_end: bool) -> None:
        proposals = list(self._drawing.proposals(count))
        await self._submit(Command(ELDER, v1.CoreCommand(proposal=each)) for each in proposals)
        if not to_the_end:
            return
        names = [each.decision_id for each in proposals]
        for step in (self._approval, self._acceptance, self._report):
            await self._submit([step(self._governor.open_decisions[name]) for name in names])

    def _approval(self, decision: v1.Decision) -> Command:
        verdict = v1.Verdict(
            decision_id=decision.decision_id, action_digest=decision.action_digest, approve=v1.Approve()
        )
        return Command(_OPERATOR, v1.OperatorCommand(request_id=self._drawing.name(), verdict=verdict))

    def _acceptance(self, decision: v1.Decision) -> Command:
        return Command(ELDER, acceptance(decision, self._drawing.name()))

    def _report(self, decision: v1.Decision) -> Command:
        report = v1.ReportOrder(
            decision_id=decision.decision_id,
            order_id=decision.order.order_id,
            action_digest=decision.order.action_digest,
            outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="Done."),
        )
        return Command(ELDER, v1.CoreCommand(request_id=self._drawing.name(), report_order=report))

    async def _submit(self, commands: Iterable[Command]) -> None:
        """Bring commands; return once all are durable."""
        answers: asyncio.Queue[Sequence[v1.Receipt]] = asyncio.Queue()
        await self._governor.submit(list(commands), answers.put_nowait)  # type: ignore[arg-type]  # no fault: it ends all
        refused = [receipt for receipt in await answers.get() if not receipt.HasField("accepted")]
        assert not refused, f"everything is accepted, and not: {refused[0]}"


async def live(directory: Directory, ended: int, left_open: int, progress: Progress) -> None:
    """Lead decisions to their end, and leave others waiting, in the ledger of a directory that nobody serves."""
    async with _governing(directory) as governor:
        life = Life(governor, progress)
        await life.lead(ended, to_the_end=True)
        await life.lead(left_open, to_the_end=False)


@asynccontextmanager
async def _governing(directory: Directory) -> AsyncIterator[Governor]:
    store = await SqliteStore.open(directory.ledger, create=False)
    clock = SystemClock(floor_us=(await store.head()).recorded_at_us)
    governor = Governor(store, clock, SystemEntropy())
    async with store.transaction() as transaction:
        await transaction.connection.execute(_CACHE)
    remembered = VerifiedRows(directory.verified, version("governance-workspace"))
    await governor.recover(verified_open_decisions(store, remembered))
    remembering = Remembering(remembered, governor, clock, await store.ledger_id())
    tasks = [asyncio.create_task(governor.run()), asyncio.create_task(remembering.run())]
    try:
        yield governor
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await store.close()
