"""The notifier: who is told what, once an hour or at once, and that nothing is lost on the way."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from governance import v1
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.engine.notices import NoticeKind
from governance_server.engine.notifier import (
    GATHER_US,
    LONGEST_RETRY_S,
    MAX_NOTICES,
    SAVE_ENTRIES,
    Destination,
    Notifier,
    Sources,
)
from governance_server.engine.ports import Appendage, Bookmark, StoreError
from governance_server.engine.tail import Tails
from tests.support.clock import ManualClock
from tests.support.entries import LEDGER_ID, START_US, LedgerBuilder, append, decision_row
from tests.support.in_memory_store import InMemoryStore
from tests.support.messenger import InMemoryBookmarks, InMemoryMessenger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from governance_server.engine.ports import Message, Record

CANARY = "canary-8f14e45f"
HOUR_S = 3600
TURNS = 64
"""Turns of the loop within which a courier that is not waiting for time has done what it can."""
WARNED = v1.Event(sla_warned=v1.SlaWarned(deadline=timestamp(START_US + 600 * SECOND_US)))
BREACHED = v1.Event(sla_breached=v1.SlaBreached(deadline=timestamp(START_US), tier=v1.ROLE_SOC_OPERATOR))
ESCALATED = v1.Event(
    decision_escalated=v1.DecisionEscalated(
        tier=v1.ROLE_SOC_SUPERVISOR, deadline=timestamp(START_US + 1200 * SECOND_US)
    )
)
NOBODY = v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_NOBODY_REACHABLE))
UNKNOWN = v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN))
UNREPORTED = v1.Event(outcome_reported=v1.OutcomeReported(order_id="x/1", result=v1.OUTCOME_RESULT_UNKNOWN))
HALTED = v1.Event(halt_declared=v1.HaltDeclared(halt_id="halt-1", all=True))
RELEASED = v1.Event(halt_ended=v1.HaltEnded(halt_id="halt-1"))


class FlakyStore(InMemoryStore):
    """A store that fails the next reads.

    Attributes:
        failures: How many.
    """

    failures = 0

    async def records(self, *, after: int, limit: int, decision_id: str = "") -> Sequence[Record]:
        if self.failures:
            self.failures -= 1
            raise StoreError("disk I/O error")
        return await super().records(after=after, limit=limit, decision_id=decision_id)


class Scene:
    """A ledger in which things happen, and a notifier that follows it."""

    def __init__(self) -> None:
        self.store = FlakyStore()
        self.clock = ManualClock()
        self.bookmarks = InMemoryBookmarks()
        self.tails = Tails(0)
        self.builder = LedgerBuilder()
        self.store.contents.keep(Appendage(records=[self.builder.created()]))

    async def happens(
        self, *events: v1.Event, about: str = "decision-000001", risk: int = v1.RISK_LEVEL_HIGH, after_s: int = 1
    ) -> None:
        """Append one entry about a decision, or with an empty name about the house, and wake who follows."""
        self.builder.recorded_us += (after_s - 1) * SECOND_US
        record = self.builder.entry(*events, decision_id=about)
        row = decision_row(about, offset=record.offset, risk=risk, deadline_us=START_US + 900 * SECOND_US)
        row.decision.proposal.action.parameters["note"] = CANARY
        row.decision.proposal.action.targets.add(value=CANARY)
        row.decision.proposal.evidence.reasoning = CANARY
        await append(self.store, Appendage(records=[record], decisions=[row] if about else []))
        self.tails.wake()

    @asynccontextmanager
    async def notifying(self, *destinations: Destination) -> AsyncIterator[None]:
        """A notifier while the block lasts; a later block is what a restart is."""
        sources = Sources(self.store, self.clock, self.bookmarks, lambda: HOUR_S)
        notifier = Notifier(sources, destinations)
        await notifier.start()
        running = asyncio.create_task(notifier.run(self.tails))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])

    async def settle(self, turns: int = TURNS) -> None:
        """Let the couriers do what they can, a second at a time."""
        for _ in range(turns):
            await asyncio.sleep(0)
            self.clock.advance(GATHER_US)

    async def told(self, messenger: InMemoryMessenger) -> list[Message]:
        """Return what a destination took, once there is no more to come."""
        await self.settle()
        return [messenger.taken.get_nowait() for _ in range(messenger.taken.qsize())]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def to(
    messenger: InMemoryMessenger,
    *,
    name: str = "soc",
    kinds: Sequence[NoticeKind] = tuple(NoticeKind),
    min_risk: v1.RiskLevel.ValueType = v1.RISK_LEVEL_LOW,
) -> Destination:
    return Destination(name, messenger, frozenset(kinds), min_risk)


def entries_in(messages: Sequence[Message]) -> list[int]:
    """Return the entries that messages tell of, in the order they do."""
    return [int(number) for message in messages for number in re.findall(r"\(entry (\d+),", message.body)]


@pytest.mark.parametrize(
    ("event", "about", "words", "urgent"),
    [
        (WARNED, "decision-000001", "SLA warning: decision-000001, risk high, action block_ip, deadline 2025-", False),
        (BREACHED, "decision-000001", "SLA breach: decision-000001, risk high, action block_ip, deadline 2025-", False),
        (ESCALATED, "decision-000001", "Escalation: decision-000001, risk high, action block_ip, deadline", False),
        (NOBODY, "decision-000001", "Nobody reachable: decision-000001, risk high, action block_ip, deadline", True),
        (UNKNOWN, "decision-000001", "Outcome unknown: decision-000001, risk high, action block_ip", True),
        (UNREPORTED, "decision-000001", "Outcome unknown: decision-000001, risk high, action block_ip", True),
        (HALTED, "", "Halt declared: halt-1, everything, until released", True),
        (RELEASED, "", "Halt ended: halt-1, released", True),
    ],
)
async def test_each_kind_is_told_in_a_line(scene: Scene, event: v1.Event, about: str, words: str, urgent: bool) -> None:
    """Id, risk, type of action and deadline: what is needed to know whether to get up."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        await scene.happens(event, about=about)
        (message,) = await scene.told(messenger)
    assert message.body.startswith(words)
    assert message.title.startswith("Governance: ")
    assert message.urgent == urgent


@pytest.mark.parametrize(
    ("halt", "words"),
    [
        (v1.HaltDeclared(core="maximus"), "core maximus, until released"),
        (v1.HaltDeclared(action=v1.ACTION_TYPE_BLOCK_IP), "action block_ip, until released"),
        (v1.HaltDeclared(target_digest=b"1" * 32), "one target, until released"),
        (v1.HaltDeclared(all=True, expires_at=timestamp(START_US)), "everything, until 2025-06-15 15:06:40 UTC"),
    ],
)
async def test_a_halt_says_what_it_covers_but_no_target(scene: Scene, halt: v1.HaltDeclared, words: str) -> None:
    """Core and type of action are named; a target is not, and neither is the reason."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        await scene.happens(v1.Event(halt_declared=halt), about="")
        (message,) = await scene.told(messenger)
    assert words in message.body


async def test_no_message_holds_parameters_targets_or_evidence(scene: Scene) -> None:
    """What core wrote stays in the house, whichever kind of notice it is about."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        for event in (WARNED, BREACHED, ESCALATED, NOBODY, UNKNOWN):
            await scene.happens(event, after_s=HOUR_S)
        messages = await scene.told(messenger)
    assert len(entries_in(messages)) == 5
    assert not any(CANARY in message.title + message.body for message in messages)


async def test_an_entry_that_is_several_things_is_one_line(scene: Scene) -> None:
    """A breach that escalates to nobody is told once, with the deadline that holds from now on."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        await scene.happens(BREACHED, ESCALATED, NOBODY)
        (message,) = await scene.told(messenger)
    assert message.body.startswith("Nobody reachable, SLA breach, Escalation: decision-000001")
    assert "deadline 2025-06-15 15:26:40 UTC" in message.body


async def test_a_name_cannot_forge_a_line(scene: Scene) -> None:
    """Whatever a name holds, a notice is one line of printable ASCII."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        await scene.happens(v1.Event(halt_ended=v1.HaltEnded(halt_id="x\nSubject: y\u202e")), about="")
        (message,) = await scene.told(messenger)
    assert "\n" not in message.title + message.body
    assert (message.title + message.body).isascii()


async def test_a_decision_is_reminded_of_once_an_hour(scene: Scene) -> None:
    """Warning, breach and escalation of one decision count together; another decision counts for itself."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        await scene.happens(WARNED)
        await scene.happens(BREACHED, ESCALATED, after_s=HOUR_S - 1)
        await scene.happens(WARNED, about="decision-000002")
        await scene.happens(BREACHED, after_s=1)
        assert entries_in(await scene.told(messenger)) == [2, 4, 5]


async def test_what_is_urgent_waits_for_no_reminder(scene: Scene) -> None:
    """Only the same urgent kind about the same subject is held back, for an hour."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        for event in (WARNED, NOBODY, UNKNOWN, NOBODY, UNKNOWN):
            await scene.happens(event)
        await scene.happens(HALTED, about="")
        await scene.happens(RELEASED, about="")
        await scene.happens(NOBODY, after_s=HOUR_S)
        assert entries_in(await scene.told(messenger)) == [2, 3, 4, 7, 8, 9]


async def test_a_destination_is_told_what_it_asked_for(scene: Scene) -> None:
    """By kind and by risk; a halt has no risk and comes always. What is filtered out holds back nothing."""
    phone, log_book = InMemoryMessenger(), InMemoryMessenger()
    kinds = (NoticeKind.ESCALATION, NoticeKind.HALT_DECLARED)
    async with scene.notifying(
        to(phone, name="phone", min_risk=v1.RISK_LEVEL_CRITICAL), to(log_book, name="log-book", kinds=kinds)
    ):
        await scene.happens(WARNED)
        await scene.happens(BREACHED, ESCALATED)
        await scene.happens(WARNED, about="decision-000002", risk=v1.RISK_LEVEL_CRITICAL)
        await scene.happens(HALTED, about="")
        await scene.happens(RELEASED, about="")
        assert entries_in(await scene.told(phone)) == [4, 5, 6]
        assert entries_in(await scene.told(log_book)) == [3, 5]


async def test_a_storm_comes_as_a_few_long_messages(scene: Scene) -> None:
    """What gathered while the last message was under way goes out together, in order."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        for number in range(100):
            await scene.happens(WARNED, about=f"decision-{number:06d}")
        messages = await scene.told(messenger)
    assert entries_in(messages) == list(range(2, 102))
    assert len(messages) <= 100 // MAX_NOTICES + 2
    assert messages[-1].title.endswith(f"and {messages[-1].body.count(chr(10))} more")


async def test_a_destination_that_fails_is_tried_until_it_takes_and_misses_nothing(scene: Scene) -> None:
    """What happened meanwhile comes afterwards, in order, and each attempt that failed is in the log."""
    messenger = InMemoryMessenger(failures=3)
    with capture_logs() as logs:
        async with scene.notifying(to(messenger)):
            for event in (NOBODY, UNKNOWN, WARNED):
                await scene.happens(event)
                await scene.settle(2)
            assert entries_in(await scene.told(messenger)) == [2, 3, 4]
    failed = [line for line in logs if line["event"] == "notification failed; will be tried again"]
    assert [line["attempt"] for line in failed] == [1, 2, 3]
    assert all(line["destination"] == "soc" and line["log_level"] == "warning" for line in failed)


async def test_attempts_grow_rarer_and_never_end(scene: Scene) -> None:
    """A pause is twice as long as the one before, up to five minutes."""
    messenger = InMemoryMessenger(failures=12)
    with capture_logs() as logs:
        async with scene.notifying(to(messenger)):
            await scene.happens(HALTED, about="")
            await scene.settle(4 * round(LONGEST_RETRY_S * 12))
            assert messenger.taken.qsize() == 1
    pauses = [line["retry_in_s"] for line in logs if "retry_in_s" in line]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


async def test_a_destination_that_fails_holds_up_no_other(scene: Scene) -> None:
    """Each has its own courier, and its own bookmark."""
    dead, alive = InMemoryMessenger(failures=10**9), InMemoryMessenger()
    async with scene.notifying(to(dead, name="dead"), to(alive, name="alive")):
        for event in (NOBODY, UNKNOWN):
            await scene.happens(event)
        assert entries_in(await scene.told(alive)) == [2, 3]
    assert scene.bookmarks.kept["alive"].offset == 3
    assert scene.bookmarks.kept["dead"].offset == 1


async def test_a_ledger_that_cannot_be_read_is_read_again(scene: Scene) -> None:
    """A read that fails costs time and nothing else."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        scene.store.failures = 2
        await scene.happens(NOBODY)
        assert entries_in(await scene.told(messenger)) == [2]


async def test_a_new_destination_is_told_of_what_happens_from_now_on(scene: Scene) -> None:
    """Not of the whole history; and from then on of everything, also of what happens while the server is down."""
    messenger = InMemoryMessenger()
    await scene.happens(NOBODY)
    async with scene.notifying(to(messenger)):
        assert await scene.told(messenger) == []
    await scene.happens(UNKNOWN)
    async with scene.notifying(to(messenger)):
        assert entries_in(await scene.told(messenger)) == [3]


async def test_a_restart_goes_on_where_it_was_and_remembers_whom_it_reminded(scene: Scene) -> None:
    """Nothing is told twice without need, and the hour goes on."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        await scene.happens(WARNED)
        assert entries_in(await scene.told(messenger)) == [2]
    async with scene.notifying(to(messenger)):
        await scene.happens(BREACHED)
        await scene.happens(NOBODY)
        assert entries_in(await scene.told(messenger)) == [4]


async def test_a_bookmark_that_could_not_be_kept_costs_a_duplicate_and_no_gap(scene: Scene) -> None:
    """A process killed before the bookmark is there, or a full disk: told again, in order, then onwards."""
    messenger = InMemoryMessenger()
    async with scene.notifying(to(messenger)):
        scene.bookmarks.broken = True
        for event in (NOBODY, UNKNOWN):
            await scene.happens(event)
        assert entries_in(await scene.told(messenger)) == [2, 3]
    scene.bookmarks.broken = False
    async with scene.notifying(to(messenger)):
        await scene.happens(WARNED)
        assert entries_in(await scene.told(messenger)) == [2, 3, 4]


@pytest.mark.parametrize("kept", [Bookmark("f" * 32, 1, {}), Bookmark(LEDGER_ID, 99, {})])
async def test_a_ledger_that_was_exchanged_is_followed_from_its_end(scene: Scene, kept: Bookmark) -> None:
    """A bookmark in another ledger, or beyond the end of a restored one, says nothing; the log says that."""
    messenger = InMemoryMessenger()
    await scene.happens(NOBODY)
    scene.bookmarks.kept["soc"] = kept
    with capture_logs() as logs:
        async with scene.notifying(to(messenger)):
            await scene.happens(UNKNOWN)
            assert entries_in(await scene.told(messenger)) == [3]
    assert any("another one" in line["event"] for line in logs)


async def test_a_long_stretch_without_notices_is_not_read_again_after_a_restart(scene: Scene) -> None:
    """The bookmark moves on by itself."""
    silence = [
        scene.builder.entry(v1.Event(availability_changed=v1.AvailabilityChanged())) for _ in range(SAVE_ENTRIES)
    ]
    async with scene.notifying(to(InMemoryMessenger())):
        await append(scene.store, Appendage(records=silence))
        scene.tails.wake()
        await scene.settle(4 * TURNS)
    assert scene.bookmarks.kept["soc"].offset == SAVE_ENTRIES + 1


async def test_a_bug_at_one_destination_is_logged_and_stops_no_other(scene: Scene) -> None:
    """Whoever runs the server can see it, and the gate and the other destinations go on."""

    class Broken(InMemoryMessenger):
        async def send(self, message: Message) -> None:
            raise AssertionError(f"a bug about {message.title}")

    alive = InMemoryMessenger()
    with capture_logs() as logs:
        async with scene.notifying(to(Broken(), name="broken"), to(alive, name="alive")):
            await scene.happens(NOBODY)
            assert entries_in(await scene.told(alive)) == [2]
    assert any("ended by a bug" in line["event"] and line["log_level"] == "error" for line in logs)


async def test_without_destinations_there_is_nothing_to_do(scene: Scene) -> None:
    """A server that notifies nobody runs as before."""
    async with scene.notifying():
        await scene.happens(HALTED, about="")
        await scene.settle()
