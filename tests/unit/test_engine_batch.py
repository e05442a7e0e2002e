"""A batch: what several commands of one transaction lead to, and what its entries keep apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.house import House
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from tests.support.clock import START_US, CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, approval, proposing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.errors import Unavailable


@pytest.fixture
async def store() -> InMemoryStore:
    store = InMemoryStore()
    await create_ledger(store, ManualClock(), CountedEntropy())
    return store


async def recovered(store: InMemoryStore, clock: ManualClock, policy: Policy = DEFAULT_POLICY) -> Governor:
    governor = Governor(store, clock, CountedEntropy())
    await governor.recover()
    governor._memory.house = House(policy=policy)
    return governor


async def decided_together(governor: Governor, *commands: Command) -> list[v1.Receipt]:
    """Bring commands before the governor as one frame does; return their receipts."""
    receipts: list[v1.Receipt] = []

    def reply(answer: Sequence[v1.Receipt] | Unavailable) -> None:
        assert isinstance(answer, list)
        receipts.extend(answer)

    await governor.submit(commands, reply)
    await governor.drain()
    return receipts


def withdrawing(number: int) -> Command:
    cancel = v1.Cancel(decision_id=f"decision-{number:06d}")
    return Command(CORE, v1.CoreCommand(request_id=f"cancel-{number}", cancel=cancel))


async def test_a_decision_that_changes_twice_in_one_transaction_is_told_once_and_last(store: InMemoryStore) -> None:
    """Followers get it in its newest state, at its newest offset, after what was changed before that."""
    governor = await recovered(store, ManualClock())
    tail = governor.tails.of("")
    receipts = await decided_together(governor, proposing(1), proposing(2), withdrawing(1))
    assert [receipt.accepted.offset for receipt in receipts] == [2, 3, 4]
    told = tail.after(1, max_bytes=100_000)
    assert told is not None
    assert [(item.decision_id, item.offset) for item in told[0]] == [("decision-000002", 3), ("decision-000001", 4)]


async def test_a_verdict_that_is_sent_twice_in_one_frame_counts_once(store: InMemoryStore) -> None:
    """Both get the receipt of the one entry."""
    governor = await recovered(store, ManualClock())
    await decided_together(governor, proposing())
    verdict = Command(OPERATOR_1, approval(governor.open_decisions["decision-000001"]))
    first, second = await decided_together(governor, verdict, verdict)
    assert first.accepted.offset == 3
    assert first == second
    assert (await store.head()).offset == 3


async def test_every_entry_has_a_salt_of_its_own(store: InMemoryStore) -> None:
    """So that the same words in two entries have unlike commitments, and erasing one salt helps nobody with another."""
    governor = await recovered(store, ManualClock())
    await decided_together(governor, proposing(1), proposing(2))
    await decided_together(governor, *(Command(OPERATOR_1, remark(governor, number)) for number in (1, 2)))
    records = [record for record in await store.records(after=3, limit=10) if record.personal]
    assert len({record.personal for record in records}) == 1
    assert len(records) == len({record.salt for record in records}) == 2
    assert len({v1.Entry.FromString(record.entry).personal_commitment for record in records}) == 2


def remark(governor: Governor, number: int) -> v1.OperatorCommand:
    command = approval(governor.open_decisions[f"decision-{number:06d}"], f"approve-{number}")
    command.verdict.comment = "Seen it."
    return command


async def test_a_ledger_of_an_older_server_goes_on(store: InMemoryStore) -> None:
    """What was proposed under a digest that this server would not compute is still open, and can be decided."""
    older = Policy()
    object.__setattr__(older, "digest", bytes(32))  # of a server that knew fewer figures
    await decided_together(await recovered(store, ManualClock(), older), proposing(1))
    governor = await recovered(store, ManualClock())
    decision = governor.open_decisions["decision-000001"]
    assert decision.assessment.policy_digest == bytes(32)
    (receipt,) = await decided_together(governor, Command(OPERATOR_1, approval(decision)))
    assert receipt.HasField("accepted")
    assert governor.open_decisions["decision-000001"].order.order_id == "decision-000001/1"


async def test_what_is_recorded_never_goes_back_in_time(store: InMemoryStore) -> None:
    """A server that starts with its clock behind the ledger records at the ledger's last moment until it has passed."""
    await decided_together(await recovered(store, ManualClock(START_US + 60 * SECOND_US)), proposing(1))
    await decided_together(await recovered(store, ManualClock(START_US)), proposing(2))
    entries = [v1.Entry.FromString(record.entry) for record in await store.records(after=1, limit=10)]
    assert [microseconds(entry.recorded_at) - START_US for entry in entries] == [60 * SECOND_US, 60 * SECOND_US]


async def test_the_bound_on_open_decisions_holds_within_a_frame(store: InMemoryStore) -> None:
    """What the commands before it opened and ended in the same transaction counts for each."""
    governor = await recovered(store, ManualClock(), Policy(open_decisions_limit=2))
    receipts = await decided_together(governor, *map(proposing, (1, 2, 3)), withdrawing(1), proposing(4))
    assert [receipt.HasField("accepted") for receipt in receipts] == [True, True, False, True, True]
    assert receipts[2].refused.reason == v1.REFUSAL_REASON_TOO_MANY_OPEN
    assert set(governor.open_decisions) == {"decision-000002", "decision-000004"}
