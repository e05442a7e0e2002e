"""The disk: the ledger's store in memory, on something that takes its time and fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from governance import v1
from governance_server.engine.ports import NOTHING, StoreBusyError, StoreError
from tests.simulation.history import Committed, Signed
from tests.support.in_memory_store import Contents, InMemoryStore, InMemoryTransaction

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

    from governance_server.engine.ports import (
        Appendage,
        ChangedDecision,
        Counts,
        DecisionPage,
        DecisionQuery,
        DecisionRow,
        Head,
        KnownRequest,
        Record,
        SignedCheckpoint,
        StoredCredential,
        Wanted,
    )
    from tests.simulation.history import Happening, History
    from tests.simulation.scenario import Scenario

T = TypeVar("T")

BUSY_S: Final = 5.0
"""So long a writer waits for another process before it says that the ledger is busy."""
STALL_S: Final = 6.0


class Disk:
    """What outlives every server, and what goes wrong with it.

    Attributes:
        contents: What was committed.
        calm: Nothing goes wrong any more.
        counts: What went wrong how often, and how often a stream that resumed had to read the disk.
        kill: Kills the server, at a moment that the disk knows to be awkward.
    """

    def __init__(self, scenario: Scenario, chance: random.Random, history: History, now_us: Callable[[], int]) -> None:
        self.contents = Contents()
        self.calm = False
        self.counts: Counter[str] = Counter()
        self.kill: Callable[[], None] = lambda: None
        self._scenario = scenario
        self._chance = chance
        self._history = history
        self._now_us = now_us

    def opened(self) -> DiskStore:
        """Return a store on what was committed, for one process."""
        # A lock dies with its process; two processes that live at once share it.
        return DiskStore(self)

    async def work(self) -> None:
        """Take the time that an operation takes."""
        chance = self._chance
        if self.calm or chance.random() < 0.5:
            await asyncio.sleep(0)
            return
        await asyncio.sleep(chance.expovariate(1.0) * self._scenario.disk_s)
        if self.fails("store stalls", 0.01):
            await asyncio.sleep(chance.random() * STALL_S)

    def fails(self, fault: str, share: float) -> bool:
        """Tell whether a fault happens now, where it may happen in this run."""
        if self.calm or fault not in self._scenario.faults or self._chance.random() >= share:
            return False
        self.counts[fault] += 1
        return True

    async def busy(self) -> None:
        """Wait for another process in vain.

        Raises:
            StoreBusyError: Always.
        """
        await asyncio.sleep(BUSY_S * self._chance.random())
        raise StoreBusyError("Another process holds the ledger.")

    def note(self, happening: Happening) -> None:
        """Write down what happened."""
        self._history.happenings.append(happening)

    def keep(self, appendage: Appendage) -> None:
        """Commit."""
        self.contents.keep(appendage)
        now_us = self._now_us()
        for one in appendage.records:
            self.note(Committed(now_us, one.offset, one.entry, one.hash, one.personal, one.salt))
        if appendage.house:
            self._note_policies(appendage.records)

    def _note_policies(self, records: Sequence[Record]) -> None:
        for record in records:
            for event in v1.Entry.FromString(record.entry).events:
                if event.HasField("policy_applied"):
                    self._history.policies[record.offset] = event.policy_applied.document

    def note_signed(self, checkpoint: SignedCheckpoint) -> None:
        """Write down that a checkpoint was kept."""
        self.note(Signed(self._now_us(), checkpoint.size, checkpoint.note))


class DiskTransaction(InMemoryTransaction):
    """The port's Transaction."""

    def __init__(self, disk: Disk, wanted: Wanted = NOTHING) -> None:
        super().__init__(disk.contents, wanted)
        self._disk = disk

    async def worked(self) -> None:
        """Take the time of a read, and fail where it is to fail."""
        await self._disk.work()
        if self._disk.fails("reads fail", 0.002):
            raise StoreError("The disk did not answer.")

    async def records_after(self, offset: int) -> Sequence[Record]:
        await self.worked()
        return await super().records_after(offset)

    async def requests(self, keys: Collection[str]) -> Mapping[str, KnownRequest]:
        await self.worked()
        return await super().requests(keys)

    async def decisions(self, decision_ids: Collection[str]) -> Mapping[str, DecisionRow]:
        await self.worked()
        return await super().decisions(decision_ids)


class DiskStore(InMemoryStore):
    """The port's Store, as one process has it open.

    Attributes:
        dead: The process was killed: nothing of it reaches the disk any more, nor comes from there.
    """

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.contents)
        self.dead = False
        self._disk = disk

    @asynccontextmanager
    async def transaction(self, wanted: Wanted = NOTHING) -> AsyncIterator[InMemoryTransaction]:
        await self._work()
        if self._disk.fails("store busy", 0.02):
            await self._disk.busy()
        async with self.contents.writing:
            self._assure_alive()
            transaction = DiskTransaction(self._disk, wanted)
            if any(wanted):
                await transaction.worked()
            yield transaction
            transaction.assure_new()
            await self._commit(transaction.appendage)

    async def _commit(self, appendage: Appendage | None) -> None:
        await self._work()
        if appendage is None:
            return
        if self._disk.fails("store fails before", 0.01):
            raise StoreError("The disk is full.")
        self._kill_perhaps()
        self._disk.keep(appendage)
        self._kill_perhaps()
        await self._work()
        if self._disk.fails("store fails after", 0.01):
            raise StoreError("The disk did not say whether it has written.")

    def _kill_perhaps(self) -> None:
        if self._disk.fails("kills", 0.01):
            self._disk.kill()
            self._assure_alive()  # a process beside the server lives on

    async def _work(self) -> None:
        self._assure_alive()
        await self._disk.work()
        self._assure_alive()

    def _assure_alive(self) -> None:
        if self.dead:
            raise asyncio.CancelledError
        self._assure_open()

    async def _tell(self, found: T) -> T:
        """Return what was found, as it was at a moment between the question and the answer."""
        await self._work()
        if self._disk.fails("reads fail", 0.002):
            raise StoreError("The disk did not answer.")
        return found

    async def head(self) -> Head:
        await self._work()
        found = await super().head()
        return await self._tell(found)

    async def house(self) -> Mapping[str, bytes]:
        await self._work()
        found = await super().house()
        return await self._tell(found)

    async def decision(self, decision_id: str) -> v1.Decision | None:
        await self._work()
        found = await super().decision(decision_id)
        return await self._tell(found)

    async def open_decisions(self) -> AsyncIterator[Sequence[bytes]]:
        await self._work()
        async for page in super().open_decisions():
            yield page
            await self._work()

    async def changed_after(
        self, offset: int, *, limit: int, core: str = "", open_only: bool = False
    ) -> Sequence[ChangedDecision]:
        if not open_only:
            self._disk.counts["resumes below the tail"] += 1
        await self._work()
        found = await super().changed_after(offset, limit=limit, core=core, open_only=open_only)
        return await self._tell(found)

    async def list_decisions(self, query: DecisionQuery) -> DecisionPage:
        await self._work()
        found = await super().list_decisions(query)
        return await self._tell(found)

    async def records(self, *, after: int, limit: int, decision_id: str = "") -> Sequence[Record]:
        await self._work()
        found = await super().records(after=after, limit=limit, decision_id=decision_id)
        return await self._tell(found)

    async def newest_checkpoint(self, *, witnessed: bool = False) -> SignedCheckpoint | None:
        await self._work()
        found = await super().newest_checkpoint(witnessed=witnessed)
        return await self._tell(found)

    async def keep_checkpoint(self, checkpoint: SignedCheckpoint, signed_us: int) -> None:
        await self._work()
        if checkpoint.size not in self.contents.checkpoints:
            self._disk.note_signed(checkpoint)
        await super().keep_checkpoint(checkpoint, signed_us)

    async def credential(self, credential_id: str) -> StoredCredential | None:
        await self._work()
        found = await super().credential(credential_id)
        return await self._tell(found)

    async def credentials(self) -> Sequence[StoredCredential]:
        await self._work()
        found = await super().credentials()
        return await self._tell(found)

    async def counts(self) -> Counts:
        await self._work()
        found = await super().counts()
        return await self._tell(found)
