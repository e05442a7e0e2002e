"""Batches through the engine: what is counted of them, what is recorded, and what is forgotten."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_server.domain.command import Command, Tally
from governance_server.domain.moment import SECOND_US
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.rates import MOST_BATCHES, Rates
from governance_server.engine.requests import request_of
from tests.support.clock import START_US, CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import OPERATOR_1, OPERATOR_2, approval, proposing, rejection
from tests.unit.test_engine_floods import policy
from tests.unit.test_engine_governor import governed

if TYPE_CHECKING:
    from governance_server.engine.governor import Governor
    from governance_server.engine.requests import Request

APART = v1.REFUSAL_REASON_NOT_IN_BATCH
SEEN = v1.Presentation(rendering_digest=bytes(range(32)), version=1, reading=Duration(seconds=7))


@pytest.fixture
async def store() -> InMemoryStore:
    store = InMemoryStore()
    await create_ledger(store, ManualClock(), CountedEntropy())
    return store


def along(governor: Governor, number: int, batch_id: str = "batch-1", operator: v1.Actor = OPERATOR_1) -> Command:
    """Approve a decision along with others."""
    made = approval(governor.open_decisions[f"decision-{number:06d}"], f"{batch_id}-{number}")
    made.verdict.batch_id = batch_id
    return Command(operator, made)


async def proposed(governor: Governor, count: int) -> None:
    await asyncio.gather(*(governor.ask(proposing(number)) for number in range(1, count + 1)))


async def asked(governor: Governor, *commands: Command) -> list[str]:
    """Ask, all at once; return what became of each."""
    receipts = await asyncio.gather(*map(governor.ask, commands))
    return [_told(receipt) for receipt in receipts]


def _told(receipt: v1.Receipt) -> str:
    if receipt.HasField("accepted"):
        return "accepted"
    return v1.RefusalReason.Name(receipt.refused.reason).removeprefix("REFUSAL_REASON_")


async def test_a_batch_ends_at_the_policys_number(store: InMemoryStore) -> None:
    """Within one transaction and over several: so many and no more, by one operator under one id."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[batch]\ndecisions = 3\n")
        await proposed(governor, 8)
        first = await asked(governor, along(governor, 1), along(governor, 2))
        assert first == ["accepted", "accepted"]
        later = await asked(governor, *(along(governor, number) for number in (3, 4, 5)))
        assert later == ["accepted", "NOT_IN_BATCH", "NOT_IN_BATCH"]
        others = along(governor, 4, "batch-2"), along(governor, 5, "batch-1", OPERATOR_2)
        assert await asked(governor, *others) == ["accepted", "accepted"]
        alone = Command(OPERATOR_1, approval(governor.open_decisions["decision-000006"], "alone"))
        assert await asked(governor, alone) == ["accepted"]


async def test_a_batch_ends_at_the_policys_risk(store: InMemoryStore) -> None:
    """What would go beyond the sum is refused and not counted."""
    async with governed(store, ManualClock()) as governor:
        await proposed(governor, 4)
        score = governor.open_decisions["decision-000001"].assessment.score
        await policy(governor, f"[batch]\nscore = {2.5 * score}\n")
        told = await asked(governor, *(along(governor, number) for number in (1, 2, 3)))
        assert told == ["accepted", "accepted", "NOT_IN_BATCH"]


async def test_what_is_refused_and_what_is_repeated_takes_no_place_in_a_batch(store: InMemoryStore) -> None:
    """The caps are of decisions that were decided, however often the verdicts came."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[batch]\ndecisions = 2\n")
        await proposed(governor, 3)
        one, two, stale = along(governor, 1), along(governor, 2), along(governor, 3)
        assert isinstance(stale.body, v1.OperatorCommand)
        stale.body.verdict.action_digest = bytes(32)
        assert await asked(governor, one, one, stale) == ["accepted", "accepted", "ACTION_CHANGED"]
        assert await asked(governor, two, along(governor, 3)) == ["accepted", "NOT_IN_BATCH"]


async def test_a_restart_forgets_batches_and_repeats_their_receipts(store: InMemoryStore) -> None:
    """It only ever allows more; what was accepted keeps its receipt."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[batch]\ndecisions = 1\n")
        await proposed(governor, 3)
        first = along(governor, 1)
        receipt = await governor.ask(first)
        assert await asked(governor, along(governor, 2)) == ["NOT_IN_BATCH"]
    async with governed(store, ManualClock()) as governor:
        assert await governor.ask(first) == receipt
        assert await asked(governor, along(governor, 2), along(governor, 3)) == ["accepted", "NOT_IN_BATCH"]


async def test_what_an_operator_was_shown_is_recorded(store: InMemoryStore) -> None:
    """An accepted verdict's entry says what was shown and along with what it was given; any other says neither."""
    async with governed(store, ManualClock()) as governor:
        await proposed(governor, 2)
        command = along(governor, 1)
        assert isinstance(command.body, v1.OperatorCommand)
        command.body.verdict.presentation.CopyFrom(SEEN)
        await governor.ask(command)
        await governor.ask(Command(OPERATOR_1, rejection(governor.open_decisions["decision-000002"])))
    entries = [v1.Entry.FromString(record.entry) for record in await store.records(after=1, limit=10)]
    assert [(entry.presentation, entry.batch_id) for entry in entries if entry.HasField("presentation")] == [
        (SEEN, "batch-1")
    ]
    assert [entry.batch_id for entry in entries] == ["", "", "batch-1", ""]


async def test_a_batch_is_one_request(store: InMemoryStore) -> None:
    """Its first verdict counts for the operator's rate, those after it do not; alone, each does."""
    clock = ManualClock()
    async with governed(store, clock) as governor:
        await policy(governor, "[limits]\noperator_requests_per_minute = 2\n")
        await proposed(governor, 20)
        assert set(await asked(governor, *(along(governor, number) for number in range(1, 11)))) == {"accepted"}
        assert set(await asked(governor, *(along(governor, number, "b-2") for number in (11, 12)))) == {"accepted"}
        assert await asked(governor, along(governor, 13, "b-3"), along(governor, 14, "b-3")) == ["RATE_LIMITED"] * 2
        assert await asked(governor, along(governor, 13)) == ["accepted"]
        alone = Command(OPERATOR_1, approval(governor.open_decisions["decision-000014"], "alone"))
        assert await asked(governor, alone) == ["RATE_LIMITED"]
        clock.advance(60 * SECOND_US)
        assert await asked(governor, along(governor, 15, "b-3"), along(governor, 16, "b-3")) == ["accepted"] * 2


async def test_a_batch_is_no_way_around_the_rate(store: InMemoryStore) -> None:
    """Only as many verdicts as a batch may have are free, refused ones counted in; what comes beyond counts each."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[limits]\noperator_requests_per_minute = 2\n[batch]\ndecisions = 3\n")
        await proposed(governor, 6)
        told = await asked(governor, *(along(governor, number) for number in range(1, 7)))
        assert told == ["accepted"] * 3 + ["NOT_IN_BATCH"] + ["RATE_LIMITED"] * 2


def test_batches_are_forgotten() -> None:
    """Of each operator, so many batches are kept in mind as nobody has under way at once: those used last."""
    rates = Rates()
    verdicts = [verdict(f"b-{number}") for number in range(MOST_BATCHES + 1)]
    other = verdict("b-0", OPERATOR_2)
    for request in (other, *verdicts[:-1], verdicts[0]):
        rates.count(request, DEFAULT_POLICY, START_US)
        rates.decided(request, 0.5)
    assert rates.tally(verdicts[0]) == Tally(2, 1.0)
    rates.count(verdicts[-1], DEFAULT_POLICY, START_US)
    assert [rates.tally(one).decisions for one in verdicts[:3]] == [2, 0, 1]
    assert rates.tally(other) == Tally(1, 0.5)


def test_a_batch_of_one_is_as_good_as_none() -> None:
    """Where the policy lets nothing ride along, each verdict is a request of its own."""
    rates, alone = Rates(), Policy(batch_decisions=1, operator_requests_per_minute=1)
    rates.count(verdict("b"), alone, START_US)
    assert rates.wait_us(verdict("b"), alone, START_US) == 60 * SECOND_US
    assert rates.wait_us(verdict("b"), DEFAULT_POLICY, START_US) == 0


@pytest.mark.parametrize("limit", [0, 3])
def test_no_more_moments_are_kept_than_the_limit_counts(limit: int) -> None:
    """Memory does not grow with how much is asked, where there is no limit least of all."""
    rates, kept = Rates(), Policy(operator_requests_per_minute=limit, proposals_per_hour=limit)
    for moment in range(10):
        rates.count(request_of(proposing(moment)), kept, START_US + moment)
        rates.count(verdict(""), kept, START_US + moment)
    assert [len(moments) for moments in (rates._proposals, rates._operators.get("operator-1", ()))] == [limit, limit]
    assert bool(rates.wait_us(verdict(""), kept, START_US + 10)) is bool(limit)


def verdict(batch_id: str, operator: v1.Actor = OPERATOR_1) -> Request:
    made = v1.OperatorCommand(verdict=v1.Verdict(batch_id=batch_id, approve=v1.Approve()))
    return request_of(Command(operator, made))
