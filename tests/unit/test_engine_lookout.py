"""What other processes append is taken over by itself, and what they took away is forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.house import House
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.engine.batch import Batch
from governance_server.engine.enrolment import ADMINISTRATOR, issue_credential
from governance_server.engine.lookout import MOST_FAILURES, Lookout
from governance_server.engine.ports import Head, StoreBusyError, StoreError
from governance_server.errors import Unavailable
from tests.support.clock import ManualClock
from tests.support.messages import OPERATOR_1, rejection
from tests.support.served import Served, serving

if TYPE_CHECKING:
    from governance_server.engine.ports import Store


async def append(served: Served, event: v1.Event) -> int:
    """Append an entry as another process would; return its offset."""
    async with served.edge.store.transaction() as transaction:
        batch = Batch(transaction.head, served.clock.now_us(), served.edge.entropy, House())
        batch.append(ADMINISTRATOR, "", "", Consequence((event,)))
        appendage = batch.appendage()
        assert appendage is not None
        await transaction.append(appendage)
    return batch.head.offset


async def ended(served: Served) -> v1.Decision:
    """Have a decision end; return it."""
    decision = await served.propose(1)
    await served.do(OPERATOR_1, rejection(decision))
    return await served.edge.decision(decision.decision_id)


def erased(decision: v1.Decision) -> v1.Event:
    return v1.Event(personal_data_erased=v1.PersonalDataErased(decision_id=decision.decision_id, entries=2))


def pruned(decision: v1.Decision) -> v1.Event:
    return v1.Event(entries_pruned=v1.EntriesPruned(offset=decision.offset, entries=2))


@pytest.mark.parametrize("event_of", [erased, pruned])
async def test_what_is_gone_is_forgotten(event_of: object) -> None:
    """Within a second, with no command, a change whose data is gone is no longer in memory: it is read anew."""
    assert callable(event_of)
    async with serving() as served:
        decision, tail = await ended(served), served.edge.governor.tails.of("")
        assert tail.after(decision.offset - 1, max_bytes=2**20) is not None
        looking = asyncio.create_task(Lookout(served.edge.store, served.clock, served.edge.governor).run())
        offset = await append(served, event_of(decision))
        while served.edge.governor.tails.head < offset:
            served.clock.advance(SECOND_US)
            await asyncio.sleep(0)
        assert tail.after(decision.offset - 1, max_bytes=2**20) is None
        assert tail.after(decision.offset, max_bytes=2**20) == ([], offset)
        looking.cancel()


async def test_nothing_new() -> None:
    """Where nothing was appended, the governor is left alone."""
    async with serving() as served:
        await ended(served)
        head = served.edge.governor.tails.head
        await Lookout(served.edge.store, served.clock, served.edge.governor).look()
        assert served.edge.governor.tails.head == head


async def test_after_the_governor() -> None:
    """Once the governor has ended, there is nothing to look out for."""
    async with serving() as served:
        decision = await ended(served)
        await append(served, erased(decision))
        served.edge.governor.close()
        lookout = Lookout(served.edge.store, served.clock, served.edge.governor)
        with pytest.raises(Unavailable):
            await lookout.look()
        running = asyncio.create_task(lookout.run())
        while not running.done():
            served.clock.advance(SECOND_US)
            await asyncio.sleep(0)


async def test_the_servers_time_goes_on_from_the_ledgers() -> None:
    """A process whose clock is ahead takes the ledger's time further; the server's follows, and no warning is late."""
    async with serving() as served:
        decision = await served.propose(1)
        governor, edge = served.edge.governor, served.edge
        ahead = ManualClock(microseconds(decision.schedule.warn_at))
        credential = v1.Credential(credential_id="0" * 16, name="late", role=v1.ROLE_AUDITOR)
        await issue_credential(edge.store, ahead, edge.entropy, credential=credential, proof=bytes(32))
        running = [
            asyncio.create_task(one)
            for one in (governor.timekeeper.run(), Lookout(edge.store, served.clock, governor).run())
        ]
        await asyncio.sleep(0)
        served.clock.advance(SECOND_US)
        async with asyncio.timeout(10):
            while not governor.open_decisions[decision.decision_id].schedule.warned:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        assert served.clock.now_us() == ahead.now_us()
        for task in running:
            task.cancel()


class Failing:
    """A ledger that cannot be read, so many times."""

    def __init__(self, *errors: StoreError) -> None:
        self.left = list(errors)
        self.looks = 0

    async def head(self) -> Head:
        self.looks += 1
        if self.left:
            raise self.left.pop(0)
        return Head(0, b"", 0)


async def looked(served: Served, store: Failing, looks: int) -> asyncio.Task[None]:
    """Let time go on until it has looked so often, or has ended; return the task."""
    looking = asyncio.create_task(Lookout(cast("Store", store), served.clock, served.edge.governor).run())
    while store.looks < looks and not looking.done():
        served.clock.advance(SECOND_US)
        await asyncio.sleep(0)
    return looking


async def test_a_ledger_that_cannot_be_read_any_more() -> None:
    """Nobody is let in then, and no command comes: after ten seconds the lookout ends with what it was told."""
    async with serving() as served:
        looking = await looked(served, Failing(*[StoreError("disk I/O error")] * MOST_FAILURES), MOST_FAILURES)
        with pytest.raises(StoreError, match="disk I/O error"):
            await looking


@pytest.mark.parametrize(
    "errors",
    [
        [StoreError("passing")] * (MOST_FAILURES - 1),
        [StoreBusyError("held by another")] * (MOST_FAILURES * 3),
    ],
)
async def test_a_ledger_that_can_be_read_again(errors: list[StoreError]) -> None:
    """What passes within ten seconds, or is only held by another process, ends nothing."""
    async with serving() as served:
        looking = await looked(served, Failing(*errors), len(errors) + 2)
        assert not looking.done()
        looking.cancel()
