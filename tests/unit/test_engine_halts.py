"""Halts through the engine: what they do to orders, who is told, and what a restart keeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import SECOND_US
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.session import Session
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.halts import declaration, finding, releasing, undoing
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, acceptance, approval, proposal, proposing
from tests.unit.test_engine_governor import governed, settle

if TYPE_CHECKING:
    from governance_server.engine.governor import Governor

SUE = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="sue", role=v1.ROLE_SOC_SUPERVISOR)
CHRIS = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="chris", role=v1.ROLE_CISO)


@pytest.fixture
async def store() -> InMemoryStore:
    store = InMemoryStore()
    await create_ledger(store, ManualClock(), CountedEntropy())
    return store


async def accepted(governor: Governor, actor: v1.Actor, body: v1.CoreCommand | v1.OperatorCommand) -> int:
    """Ask, and expect that it takes effect; return the offset."""
    receipt = await governor.ask(Command(actor, body))
    assert receipt.HasField("accepted"), receipt
    return receipt.accepted.offset


async def ordered(governor: Governor, number: int = 1) -> v1.Decision:
    """Propose and approve; return the decision."""
    await governor.ask(proposing(number))
    decision = governor.open_decisions[f"decision-{number:06d}"]
    await accepted(governor, OPERATOR_1, approval(decision, f"approve-{number}"))
    return governor.open_decisions[decision.decision_id]


async def go_on(governor: Governor) -> None:
    """Have two people release the one halt in force."""
    (name,) = governor.house.halts
    await accepted(governor, SUE, releasing(name))
    await accepted(governor, CHRIS, releasing(name))


async def test_orders_are_withdrawn_in_the_same_transaction(store: InMemoryStore) -> None:
    """When the receipt of a halt comes, no order within its scope is left that core could accept."""
    async with governed(store, ManualClock()) as governor:
        for number in (1, 2):
            await ordered(governor, number)
        offset = await accepted(governor, SUE, declaration(v1.HaltScope(target="192.0.2.2")))
        stopped, other = (governor.open_decisions[f"decision-{number:06d}"] for number in (1, 2))
        assert stopped.held
        assert stopped.offset == offset + 1
        assert governor.head.offset == offset + 1
        assert not other.held
        late = await governor.ask(Command(CORE, acceptance(stopped)))
        assert late.refused.reason == v1.REFUSAL_REASON_HALTED
        await accepted(governor, CORE, acceptance(other))


async def test_an_acceptance_behind_a_halt_in_one_batch_loses(store: InMemoryStore) -> None:
    """Stopping is immediate: what comes after it, comes after it."""
    async with governed(store, ManualClock()) as governor:
        decision = await ordered(governor)
        halt, late = await asyncio.gather(
            governor.ask(Command(SUE, declaration())), governor.ask(Command(CORE, acceptance(decision)))
        )
    assert halt.HasField("accepted")
    assert late.refused.reason == v1.REFUSAL_REASON_HALTED


async def test_what_was_approved_meanwhile_is_given_when_the_halt_ends(store: InMemoryStore) -> None:
    """Each waiting decision gets an order with the release, under a number of its own."""
    async with governed(store, ManualClock()) as governor:
        await ordered(governor, 1)
        await accepted(governor, SUE, declaration())
        held = await ordered(governor, 2)
        assert held.held
        await go_on(governor)
        orders = [governor.open_decisions[f"decision-{number:06d}"].order.order_id for number in (1, 2)]
        assert orders == ["decision-000001/2", "decision-000002/1"]


async def test_a_halt_survives_a_restart_and_ends_by_the_clock(store: InMemoryStore) -> None:
    """It is in force again before anybody is let in, and ends when its time is over, once."""
    clock = ManualClock()
    async with governed(store, clock) as governor:
        await ordered(governor)
        await accepted(governor, SUE, declaration(for_s=300))
    clock.advance(299 * SECOND_US)
    async with governed(store, clock) as governor:
        await settle(governor)
        assert len(governor.house.halts) == 1
        clock.advance(SECOND_US)
        await settle(governor)
        assert not governor.house.halts
        assert governor.open_decisions["decision-000001"].order.order_id == "decision-000001/2"
        end = governor.head.offset
    async with governed(store, clock) as governor:
        await settle(governor)
        assert governor.head.offset == end


async def test_everybody_is_told_at_once(store: InMemoryStore) -> None:
    """Every stream is told of a halt that is declared and of one that is over, also a core with nothing open."""
    async with governed(store, ManualClock()) as governor:
        sessions = [Session(store, governor, core=core, offset=0) for core in ("", "maximus", "minimus")]
        for session in sessions:
            assert not (await session.news(0)).halts
        await accepted(governor, SUE, declaration(v1.HaltScope(core="maximus")))
        for session in sessions:
            (told,) = (await session.news(10)).halts
            assert told.scope.core == "maximus"
            assert not told.released
        await go_on(governor)
        for session in sessions:
            assert (await session.news(10)).halts[-1].released


async def test_the_same_declaration_again_is_one_halt(store: InMemoryStore) -> None:
    """A supervisor whose connection broke sends it again, and one release is enough."""
    async with governed(store, ManualClock()) as governor:
        first = await governor.ask(Command(SUE, declaration()))
        assert await governor.ask(Command(SUE, declaration())) == first
        assert len(governor.house.halts) == 1


async def test_alarms_are_counted_while_they_are_open(store: InMemoryStore) -> None:
    """An unknown outcome counts as an alarm until somebody has settled it."""
    clock = ManualClock()
    async with governed(store, clock) as governor:
        decision = await ordered(governor)
        await accepted(governor, CORE, acceptance(decision))
        assert governor.alarms == 0
        clock.advance(15 * 60 * SECOND_US)
        await settle(governor)
        assert governor.alarms == 1
        await accepted(governor, OPERATOR_1, finding(decision.decision_id, v1.OUTCOME_RESULT_EXECUTED))
        assert governor.alarms == 0


async def test_a_core_that_starts_later_learns_that_an_undo_is_wanted(store: InMemoryStore) -> None:
    """A snapshot holds what was executed and is to be reversed, until core has proposed the reverse."""
    async with governed(store, ManualClock()) as governor:
        decision = await ordered(governor)
        await accepted(governor, CORE, acceptance(decision))
        report = v1.ReportOrder(
            decision_id=decision.decision_id,
            order_id=decision.order.order_id,
            action_digest=decision.action_digest,
            outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED),
        )
        await accepted(governor, CORE, v1.CoreCommand(request_id="report-1", report_order=report))
        assert not await told(store, governor)
        await accepted(governor, OPERATOR_1, undoing(decision.decision_id))
        assert await told(store, governor) == [decision.decision_id]
        assert decision.decision_id not in governor.open_decisions
    async with governed(store, ManualClock()) as governor:
        assert await told(store, governor) == [decision.decision_id]
        assert not governor.open_decisions
        reverse = proposal(2)
        reverse.reverses = decision.decision_id
        await accepted(governor, CORE, v1.CoreCommand(proposal=reverse))
        assert await told(store, governor) == ["decision-000002"]
        original = await store.decision(decision.decision_id)
        assert original is not None
        assert original.reversed_by == "decision-000002"


async def told(store: InMemoryStore, governor: Governor) -> list[str]:
    """What a core is told that begins from nothing."""
    session = Session(store, governor, core="maximus", offset=0)
    news = await session.news(0)
    session.close()
    frame = v1.CoreNews.FromString(b"".join(news.changes))
    return [change.decision.decision_id for change in frame.changes]
