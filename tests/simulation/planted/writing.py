"""Bugs in how commands become durable, and in who is told of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from governance import v1
from governance_server.domain.digest import entry_hash, personal_commitment
from governance_server.domain.moment import timestamp
from governance_server.domain.tree import root
from governance_server.engine import batch, governor, notary
from governance_server.engine.batch import Batch
from governance_server.engine.deliberation import Deliberation
from governance_server.engine.governor import Governor
from governance_server.engine.ports import NOTHING, Found, StoreError
from governance_server.system import SystemClock
from tests.simulation.disk import DiskStore, DiskTransaction
from tests.simulation.planted.bug import Bug, replaced
from tests.support.in_memory_store import InMemoryTransaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from governance_server.engine.ports import Appendage, Wanted
    from governance_server.engine.waiting import Submission


@contextmanager
def ack_before_commit() -> Iterator[None]:
    """Let a transaction end before the disk has it, and the disk follow when it can."""

    @asynccontextmanager
    async def transaction(self: DiskStore, wanted: Wanted = NOTHING) -> AsyncIterator[DiskTransaction]:
        await self._work()
        await self.contents.writing.acquire()
        begun = DiskTransaction(self._disk, wanted)
        yield begun

        async def follow() -> None:
            try:
                await self._commit(begun.appendage)
            finally:
                self.contents.writing.release()

        asyncio.get_running_loop().create_task(follow()).add_done_callback(lambda task: task.cancelled())

    with replaced((DiskStore, "transaction", transaction)):
        yield


@contextmanager
def failed_commit_told() -> Iterator[None]:
    """Take a commit that failed for one that did not."""
    commit = DiskStore._commit

    async def committed(self: DiskStore, appendage: Any) -> None:
        with suppress(StoreError):
            await commit(self, appendage)

    with replaced((DiskStore, "_commit", committed)):
        yield


@contextmanager
def receipts_swapped() -> Iterator[None]:
    """Hand out the answers of one batch in another order than the commands came in."""

    def answer(submissions: Sequence[Submission], receipts: Sequence[v1.Receipt]) -> None:
        for submission, receipt in zip(submissions, reversed(receipts), strict=False):
            before = submission.requests
            submission.reply([receipt, *([receipt] * (len(before) - 1))][: len(before)])

    with replaced((governor, "answer", answer)):
        yield


@contextmanager
def refusal_told_as_yes() -> Iterator[None]:
    """Answer what was refused as if it had been recorded last."""
    rule = Deliberation.rule

    def ruled(self: Deliberation, request: Any) -> v1.Receipt:
        receipt = rule(self, request)
        if receipt.HasField("refused"):
            return v1.Receipt(request_id=receipt.request_id, accepted=v1.Accepted(offset=self._batch.head.offset))
        return receipt

    with replaced((Deliberation, "rule", ruled)):
        yield


@contextmanager
def requests_forgotten_at_restart() -> Iterator[None]:
    """Remember what was accepted only as long as the process lives."""
    mine: dict[str, Any] = {}
    recover, append = Governor.recover, DiskTransaction.append
    found: Any = InMemoryTransaction.found

    async def recovered(self: Governor, *pages: Any) -> None:
        mine.clear()
        await recover(self, *pages)

    def remembered(self: InMemoryTransaction) -> Found:
        return Found({key: mine[key] for key in self.wanted.keys if key in mine}, *found.fget(self)[1:])

    async def appended(self: DiskTransaction, appendage: Appendage) -> None:
        mine.update(appendage.requests)
        await append(self, appendage._replace(requests=[]))

    with replaced(
        (Governor, "recover", recovered),
        (InMemoryTransaction, "found", property(remembered)),
        (InMemoryTransaction, "append", appended),
    ):
        yield


@contextmanager
def entry_changed_after_hashing() -> Iterator[None]:
    """Write another moment into the bytes than into those that were hashed."""

    def hashed(entry: bytes) -> bytes:
        other = v1.Entry.FromString(entry)
        if other.decision_id:
            other.recorded_at.nanos += 1
        return entry_hash(other.SerializeToString(deterministic=True))

    with replaced((batch, "entry_hash", hashed)):
        yield


@contextmanager
def salt_left_out() -> Iterator[None]:
    """Commit to personal data with a salt that everybody knows, so that they can be guessed for ever."""
    with replaced(
        (batch, "personal_commitment", lambda salt, personal: personal_commitment(bytes(len(salt)), personal))
    ):
        yield


@contextmanager
def checkpoint_of_another_tree() -> Iterator[None]:
    """Sign the root of a tree that lacks the last entry."""

    async def smaller(store: Any, size: int) -> bytes:
        return await root(store, max(1, size - 1))

    with replaced((notary, "root", smaller)):
        yield


@contextmanager
def time_goes_back() -> Iterator[None]:
    """Believe the wall clock, whatever the entry at the head says."""
    begin = Batch.__init__

    def believed(self: Batch, head: Any, now_us: int, *more: Any) -> None:
        begin(self, head, now_us, *more)
        self.now_us = now_us
        self._now = timestamp(now_us)

    started = SystemClock.__init__

    def unfloored(self: SystemClock, floor_us: int = 0, **sources: Any) -> None:
        started(self, min(floor_us, 0), **sources)

    def stays(_self: SystemClock, _moment_us: int) -> None:
        """Let the ledger be ahead."""

    with replaced(
        (Batch, "__init__", believed), (SystemClock, "__init__", unfloored), (SystemClock, "not_before", stays)
    ):
        yield


BUGS = (
    Bug("ack before commit", "A receipt goes out before the disk has the entry.", (1, 4), 5, ack_before_commit),
    Bug(
        "failed commit told",
        "A commit that failed is told as one that did not.",
        (1,),
        10,
        failed_commit_told,
        faults=frozenset({"store fails before"}),
    ),
    Bug("receipts swapped", "A receipt answers another command than its own.", (1,), 5, receipts_swapped),
    Bug("refusal told as yes", "What was refused is told as accepted.", (1,), 5, refusal_told_as_yes),
    Bug(
        "requests forgotten",
        "After a restart, a request that was accepted is not known any more.",
        (1,),
        15,
        requests_forgotten_at_restart,
        faults=frozenset({"kills", "cuts"}),
        tempers=frozenset({"duplicating"}),
    ),
    Bug(
        "hash of other bytes", "An entry is changed between hashing and writing.", (6,), 3, entry_changed_after_hashing
    ),
    Bug("salt left out", "A commitment can be confirmed by guessing.", (6,), 3, salt_left_out),
    Bug(
        "another tree signed",
        "A checkpoint is signed over a tree without the last entry.",
        (6,),
        3,
        checkpoint_of_another_tree,
    ),
    Bug(
        "time goes back",
        "After the wall clock was set back, entries are recorded before those ahead of them.",
        (5,),
        10,
        time_goes_back,
        faults=frozenset({"kills", "clock steps"}),
    ),
)
