"""Floods: the same again, too much too fast, and too much in all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import SECOND_US, span_us
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.session import Session
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, OTHER_CORE, proposal, proposing, rejection
from tests.unit.deciding import critical_proposal
from tests.unit.test_engine_governor import governed

if TYPE_CHECKING:
    from governance_server.engine.governor import Governor

MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)


@pytest.fixture
async def store() -> InMemoryStore:
    store = InMemoryStore()
    await create_ledger(store, ManualClock(), CountedEntropy())
    return store


def again(number: int, actor: v1.Actor = CORE) -> Command:
    """The first proposal's action, under another id."""
    made = proposal(1)
    made.decision_id = f"decision-{number:06d}"
    return Command(actor, v1.CoreCommand(proposal=made))


async def policy(governor: Governor, document: str) -> None:
    """Put a policy in force."""
    request = v1.ApplyPolicyRequest(request_id=f"policy-{len(document)}", document=document, reason="A smaller house.")
    receipt = await governor.ask(Command(MANAGER, request))
    assert receipt.HasField("accepted"), receipt


async def test_the_same_action_again_joins_what_is_open(store: InMemoryStore) -> None:
    """A storm about one address is one decision that counts, and core is told which one to follow."""
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing(1))
        receipts = [await governor.ask(again(number)) for number in (2, 3)]
        assert [receipt.accepted.joined for receipt in receipts] == ["decision-000001"] * 2
        assert list(governor.open_decisions) == ["decision-000001"]
        assert governor.open_decisions["decision-000001"].occurrences == 3
        repeated = await store.records(after=receipts[1].accepted.offset - 1, limit=1)
        assert v1.PersonalData.FromString(repeated[0].personal).proposal.decision_id == "decision-000003"


async def test_joining_within_one_batch(store: InMemoryStore) -> None:
    """What arrives together joins as well as what arrives later."""
    async with governed(store, ManualClock()) as governor:
        await asyncio.gather(*(governor.ask(again(number)) for number in range(1, 9)))
        (decision,) = governor.open_decisions.values()
        assert decision.occurrences == 8


async def test_a_joined_proposal_again_gets_the_same_receipt(store: InMemoryStore) -> None:
    """It joined what it joined, also after a restart, and after that decision has ended."""
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing(1))
        first = await governor.ask(again(2))
        await governor.ask(Command(OPERATOR_1, rejection(governor.open_decisions["decision-000001"])))
    async with governed(store, ManualClock()) as governor:
        assert await governor.ask(again(2)) == first
        assert first.accepted.joined == "decision-000001"
        assert (await governor.ask(again(3))).accepted.joined == ""


async def test_another_core_does_not_join(store: InMemoryStore) -> None:
    """Two cores about one address are two decisions: neither learns of the other's."""
    async with governed(store, ManualClock()) as governor:
        await governor.ask(proposing(1))
        assert (await governor.ask(again(2, OTHER_CORE))).accepted.joined == ""
        assert len(governor.open_decisions) == 2


async def test_the_default_rate_of_an_operator(store: InMemoryStore) -> None:
    """A hundred commands a minute; the next is told to come back, and rejections and the next minute are free."""
    clock = ManualClock()
    async with governed(store, clock) as governor:
        await governor.ask(proposing(1))
        decision = governor.open_decisions["decision-000001"]
        claims = [
            v1.OperatorCommand(request_id=f"c-{number}", claim=v1.ClaimDecision(decision_id=decision.decision_id))
            for number in range(102)
        ]
        clock.advance(SECOND_US)
        receipts = [await governor.ask(Command(OPERATOR_1, claim)) for claim in claims[:101]]
        assert all(receipt.HasField("accepted") for receipt in receipts[:100])
        assert receipts[100].refused.reason == v1.REFUSAL_REASON_RATE_LIMITED
        assert span_us(receipts[100].refused.retry_after) == 60 * SECOND_US
        assert await governor.ask(Command(OPERATOR_1, claims[0])) == receipts[0]
        clock.advance(60 * SECOND_US)
        assert (await governor.ask(Command(OPERATOR_1, claims[100]))).HasField("accepted")
        for claim in claims[:99]:
            claim.request_id += "-b"
            await governor.ask(Command(OPERATOR_1, claim))
        assert (await governor.ask(Command(OPERATOR_1, claims[101]))).HasField("refused")
        decision = governor.open_decisions["decision-000001"]
        assert (await governor.ask(Command(OPERATOR_1, rejection(decision)))).HasField("accepted")


async def test_the_default_rate_of_proposals(store: InMemoryStore) -> None:
    """A thousand proposals an hour of all cores together; what is critical is taken beyond."""
    async with governed(store, ManualClock()) as governor:
        receipts = await asyncio.gather(*(governor.ask(proposing(number)) for number in range(1000)))
        assert all(receipt.HasField("accepted") for receipt in receipts)
        refused = (await governor.ask(proposing(1000, OTHER_CORE))).refused
        assert refused.reason == v1.REFUSAL_REASON_RATE_LIMITED
        assert span_us(refused.retry_after) == 3600 * SECOND_US
        critical = Command(CORE, v1.CoreCommand(proposal=critical_proposal()))
        assert (await governor.ask(critical)).HasField("accepted")


async def test_no_rates_where_the_policy_has_none(store: InMemoryStore) -> None:
    """A limit of 0 is none."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[limits]\nproposals_per_hour = 0\n")
        receipts = await asyncio.gather(*(governor.ask(proposing(number)) for number in range(1100)))
        assert all(receipt.HasField("accepted") for receipt in receipts)


async def test_a_full_house_joins_what_is_the_same(store: InMemoryStore) -> None:
    """At the bound on open decisions a new one is refused, and one more about the same is counted."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[limits]\nopen_decisions = 2\n")
        for number in (1, 2):
            await governor.ask(proposing(number))
        refused = (await governor.ask(proposing(3))).refused
        assert refused.reason == v1.REFUSAL_REASON_TOO_MANY_OPEN
        assert refused.HasField("retry_after")
        assert (await governor.ask(again(4))).accepted.joined == "decision-000001"


async def test_core_is_told_to_hold_back_and_to_go_on(store: InMemoryStore) -> None:
    """Each core is told when what it should hold back changes, though none of its own decisions did; nobody else is."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[limits]\nopen_decisions = 4\n")
        core = Session(store, governor, core=OTHER_CORE.name, offset=governor.head.offset)
        operator = Session(store, governor, core="", offset=governor.head.offset)
        assert (await core.news(0)).pressure is None
        await governor.ask(proposing(1))
        assert (await core.news(0)).pressure is None
        await governor.ask(proposing(2))
        told = (await core.news(10)).pressure
        assert told is not None
        assert told.hold_back_below == v1.RISK_LEVEL_MEDIUM
        assert (told.open_decisions, told.open_decisions_limit) == (2, 4)
        assert (await core.news(0)).pressure is None
        assert (await operator.news(0)).pressure is None
        await governor.ask(Command(OPERATOR_1, rejection(governor.open_decisions["decision-000001"])))
        told = (await core.news(10)).pressure
        assert told is not None
        assert told.hold_back_below == v1.RISK_LEVEL_UNSPECIFIED


async def test_a_core_that_comes_under_pressure_is_told(store: InMemoryStore) -> None:
    """Who connects while much waits is told with its first news."""
    async with governed(store, ManualClock()) as governor:
        await policy(governor, "[limits]\nopen_decisions = 1\n")
        await governor.ask(proposing(1))
        told = (await Session(store, governor, core="maximus", offset=0).news(0)).pressure
        assert told is not None
        assert told.hold_back_below == v1.RISK_LEVEL_CRITICAL
