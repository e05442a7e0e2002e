"""The governor: what is told, when, and what happens when the store fails."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.digest import content_digest
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.engine import waiting
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.engine.ports import StoreBusyError, StoreError
from governance_server.errors import Unavailable
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2, OTHER_CORE, approval, proposal, proposing, rejection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def governed(store: InMemoryStore, clock: ManualClock) -> AsyncIterator[Governor]:
    """A governor that has recovered from the store, and runs with its timekeeper while the block lasts."""
    governor = Governor(store, clock, CountedEntropy())
    await governor.recover()
    tasks = [asyncio.create_task(governor.run()), asyncio.create_task(governor.timekeeper.run())]
    try:
        yield governor
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.fixture
async def store() -> InMemoryStore:
    store = InMemoryStore()
    await create_ledger(store, ManualClock(), CountedEntropy())
    return store


async def test_a_proposal_is_durable_when_its_receipt_comes(store: InMemoryStore) -> None:
    """The receipt names the entry, and the entry is in the store."""
    async with governed(store, ManualClock()) as governor:
        receipt = await governor.ask(proposing())
    records = await store.records(after=receipt.accepted.offset - 1, limit=1)
    assert v1.Entry.FromString(records[0].entry).decision_id == "decision-000001"


async def test_the_entry_holds_a_commitment_where_the_proposal_was(store: InMemoryStore) -> None:
    """Nothing personal is in the entry's bytes; what was set apart matches the commitment."""
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing())
    record = (await store.records(after=1, limit=1))[0]
    assert b"192.0.2." not in record.entry
    assert v1.PersonalData.FromString(record.personal).proposal == proposal()


async def test_the_same_proposal_again_gets_the_same_receipt(store: InMemoryStore) -> None:
    """It is one decision, however often and across whatever restarts it is proposed."""
    async with governed(store, ManualClock()) as governor:
        first = await governor.ask(proposing())
        again = await governor.ask(proposing())
    async with governed(store, ManualClock()) as governor:
        later = await governor.ask(proposing())
    assert first == again == later
    assert (await store.head()).offset == first.accepted.offset


async def test_the_same_proposal_twice_in_one_batch_is_one_decision(store: InMemoryStore) -> None:
    """Duplicates that arrive together are told apart from each other as well."""
    async with governed(store, ManualClock()) as governor:
        first, second = await asyncio.gather(governor.ask(proposing()), governor.ask(proposing()))
    assert first == second


async def test_another_proposal_under_a_used_id_is_refused(store: InMemoryStore) -> None:
    """The first one stands, and is shown to its own core alone."""
    other = v1.CoreCommand(proposal=proposal(confidence=0.1))
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing())
        mine = await governor.ask(Command(CORE, other))
        theirs = await governor.ask(proposing(actor=OTHER_CORE))
    assert mine.refused.reason == theirs.refused.reason == v1.REFUSAL_REASON_DECISION_ID_TAKEN
    assert mine.refused.current.proposal == proposal()
    assert not theirs.refused.HasField("current")


async def test_a_repeated_verdict_gets_its_first_receipt_and_a_reused_id_is_refused(store: InMemoryStore) -> None:
    """Even after the decision has moved on, the accepted verdict is remembered as accepted."""
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing())
        decision = governor.open_decisions["decision-000001"]
        first = await governor.ask(Command(OPERATOR_1, approval(decision, "r-1")))
        again = await governor.ask(Command(OPERATOR_1, approval(decision, "r-1")))
        reused = await governor.ask(Command(OPERATOR_1, rejection(decision, "r-1")))
        elsewhere = await governor.ask(Command(OPERATOR_2, approval(decision, "r-1")))
    assert first.HasField("accepted")
    assert first == again
    assert reused.refused.reason == v1.REFUSAL_REASON_REQUEST_ID_REUSED
    assert elsewhere.refused.reason == v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED


async def test_the_second_of_two_verdicts_in_one_batch_is_told_who_was_first(store: InMemoryStore) -> None:
    """A race within one transaction is decided in the order of arrival, and told by name."""
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing())
        decision = governor.open_decisions["decision-000001"]
        won, lost = await asyncio.gather(
            governor.ask(Command(OPERATOR_1, rejection(decision))),
            governor.ask(Command(OPERATOR_2, approval(decision))),
        )
    assert won.HasField("accepted")
    assert lost.refused.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert "operator-1" in lost.refused.message
    assert lost.refused.current.ending.actor == OPERATOR_1


async def test_a_failed_commit_tells_nobody_and_changes_nothing(store: InMemoryStore) -> None:
    """Whoever waited is told UNAVAILABLE; no follower saw anything; after a restart it is as if it had not been."""
    clock = ManualClock()
    governor = Governor(store, clock, CountedEntropy())
    await governor.recover()
    tail = governor.tails.of("")
    store.fail_next_commit = StoreError("no space left")
    running = asyncio.create_task(governor.run())
    with pytest.raises(Unavailable) as told:
        await governor.ask(proposing())
    assert told.value.reason == v1.ERROR_REASON_LEDGER_UNAVAILABLE
    with pytest.raises(StoreError):
        await running
    assert tail.after(1, max_bytes=1000) == ([], 1)
    assert not governor.open_decisions
    with pytest.raises(Unavailable):
        await governor.ask(proposing(2))
    async with governed(store, clock) as restarted:
        assert (await restarted.ask(proposing())).HasField("accepted")


async def test_what_another_writer_appended_is_taken_over_before_anything_is_decided(store: InMemoryStore) -> None:
    """Two governors on one ledger are replicas of one state: the second verdict loses to the other's."""
    clock = ManualClock()
    async with governed(store, clock) as one, governed(store, clock) as other:
        await one.ask(proposing())
        decision = one.open_decisions["decision-000001"]
        await other.ask(Command(OPERATOR_1, rejection(decision)))
        lost = await one.ask(Command(OPERATOR_2, approval(decision)))
        told = one.tails.of("").after(2, max_bytes=10_000)
    assert lost.refused.reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
    assert told is not None
    assert [item.offset for item in told[0]] == [3]


async def test_warning_breach_and_escalation_come_once_each_and_never_early(store: InMemoryStore) -> None:
    """Low risk has thirty minutes: warned at 22.5, breached and sent up at 30."""
    clock = ManualClock()
    async with governed(store, clock) as governor:
        await governor.ask(proposing())
        decision = governor.open_decisions["decision-000001"]
        warn_us, deadline_us = microseconds(decision.schedule.warn_at), microseconds(decision.schedule.deadline)
        seen = []
        for moment_us in (warn_us - 1, warn_us, deadline_us - 1, deadline_us, deadline_us + SECOND_US):
            clock.advance(moment_us - clock.now_us())
            await settle(governor)
            seen.append(await kinds(store))
    assert seen == [
        [],
        ["sla_warned"],
        ["sla_warned"],
        ["sla_warned", "sla_breached", "decision_escalated"],
        ["sla_warned", "sla_breached", "decision_escalated"],
    ]


async def test_a_deadline_that_passed_while_the_server_was_down_fires_once_at_start(store: InMemoryStore) -> None:
    """Timers are state, so a restart neither loses nor repeats them."""
    clock = ManualClock()
    async with governed(store, clock) as governor:
        await governor.ask(proposing())
    clock.advance(31 * 60 * SECOND_US)
    for _ in range(3):
        async with governed(store, clock) as governor:
            await settle(governor)
    assert await kinds(store) == ["sla_warned", "sla_breached", "decision_escalated"]


async def settle(governor: Governor) -> None:
    """Return when the timekeeper has nothing due and the governor nothing waiting: every task had its turn."""
    for _ in range(50):
        await asyncio.sleep(0)
    assert governor.head.offset


async def kinds(store: InMemoryStore) -> list[str | None]:
    """The kinds of everything the timekeeper wrote, in order."""
    entries = [v1.Entry.FromString(record.entry) for record in await store.records(after=0, limit=100)]
    return [
        event.WhichOneof("kind")
        for entry in entries
        if entry.actor.kind == v1.ACTOR_KIND_TIMEKEEPER
        for event in entry.events
    ]


def test_a_commands_digest_does_not_depend_on_the_order_of_a_map() -> None:
    """The same command again is the same command, however its maps were filled."""
    one, other = proposal(), proposal()
    one.metadata["a"], one.metadata["b"] = "1", "2"
    other.metadata["b"], other.metadata["a"] = "2", "1"
    assert content_digest(one) == content_digest(other)


async def test_who_waits_on_a_batch_that_is_cancelled_or_meets_a_bug_is_told(store: InMemoryStore) -> None:
    """Nobody waits for an answer that never comes, and nobody is taken in any more."""
    for failure in (AssertionError("a bug"), asyncio.CancelledError()):
        store.fail_next_commit = failure
        governor = Governor(store, ManualClock(), CountedEntropy())
        await governor.recover()
        running = asyncio.create_task(governor.run())
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable):
                await governor.ask(proposing())
            with pytest.raises(Unavailable):
                await governor.ask(proposing(2))
        await asyncio.wait([running])
        assert running.cancelled() or isinstance(running.exception(), AssertionError)
        assert not governor.open_decisions


async def test_another_process_that_holds_the_ledger_is_waited_for(store: InMemoryStore) -> None:
    """Somebody's forgotten transaction costs time, and not the server."""
    store.fail_next_commit = StoreBusyError("another process holds it")
    async with governed(store, ManualClock()) as governor:
        assert (await governor.ask(proposing())).HasField("accepted")
    assert (await store.head()).offset == 2


async def test_a_unary_command_weighs_what_it_is(store: InMemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also without a frame around it."""
    monkeypatch.setattr(waiting, "MAX_WAITING_BYTES", 100)
    governor = Governor(store, ManualClock(), CountedEntropy())
    await governor.recover()
    asking = [asyncio.create_task(governor.ask(proposing(number))) for number in range(2)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(governor._waiting.submissions) == 1
    await governor.drain()
    for _ in range(10):
        await asyncio.sleep(0)
    await governor.drain()
    assert all(receipt.HasField("accepted") for receipt in await asyncio.gather(*asking))
