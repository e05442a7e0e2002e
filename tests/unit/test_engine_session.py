"""Sessions: a follower of any pace, behind the tail or within it, ends with the truth and is told it in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.consoles import console_rules
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.engine import session as sessions
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.engine.session import Session
from governance_server.engine.tail import Tails
from governance_server.errors import FailedPrecondition
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, OTHER_CORE, approval, proposing, rejection


class Scene:
    """A governor whose tail is so short, and whose pages so small, that every follower has to read the store."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self._count = 0

    async def begin(self) -> None:
        await create_ledger(self.store, ManualClock(), CountedEntropy())
        self.governor = Governor(self.store, ManualClock(), CountedEntropy())
        await self.governor.recover()
        self.governor.tails = Tails(self.governor.head.offset, capacity=2)

    async def play(self, step: tuple[str, int]) -> None:
        """Propose, approve or reject one of a handful of decisions; whatever the rules say to it."""
        kind, number = step
        self._count += 1
        if kind == "propose":
            await self.ask(proposing(number, CORE if number % 2 else OTHER_CORE))
            return
        decision = self.governor.open_decisions.get(f"decision-{number:06d}")
        if decision is not None:
            judge = approval if kind == "approve" else rejection
            await self.ask(Command(OPERATOR_1, judge(decision, f"request-{self._count}")))

    async def ask(self, command: Command) -> None:
        await self.governor.submit([command], lambda _: None)
        await self.governor.drain()

    def follower(self, offset: int = 0, core: str = "") -> Follower:
        return Follower(Session(self.store, self.governor, core=core, offset=offset))


class Follower:
    """Reads a session, and keeps the newest state of everything it is told."""

    def __init__(self, session: Session, known: dict[str, v1.Decision] | None = None) -> None:
        self.session = session
        self.replica = dict(known or {})
        self.told = session.cursor

    async def read(self) -> None:
        news = await self.session.news(0.0)
        frame = v1.OperatorNews.FromString(b"".join(news.changes))
        for change in frame.changes:
            assert change.offset > self.told, "told in order, and nothing twice"
            self.told = change.offset
            self.replica[change.decision.decision_id] = change.decision
        assert news.offset >= self.told

    async def read_to_the_end(self) -> None:
        while True:
            before = self.session.cursor
            news = await self.session.news(0.0)
            for change in v1.OperatorNews.FromString(b"".join(news.changes)).changes:
                self.replica[change.decision.decision_id] = change.decision
            if news.caught_up:
                return
            assert self.session.cursor > before


async def apply(scene: Scene, document: str) -> None:
    manager = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
    request = v1.ApplyPolicyRequest(request_id=f"policy-{len(document)}", document=document, reason="For consoles.")
    await scene.ask(Command(manager, request))


async def test_operators_are_told_what_the_policy_now_asks_of_consoles() -> None:
    """Each operator is told once where another policy asks otherwise, and not where it asks the same; no core is."""
    scene = Scene()
    await scene.begin()
    operator, core = (Session(scene.store, scene.governor, core=core, offset=0) for core in ("", "maximus"))
    assert operator.console_rules == console_rules(DEFAULT_POLICY)
    assert (await operator.news(0)).console_rules is None
    await core.news(0)
    await apply(scene, "[batch]\ndecisions = 7\n")
    told = (await operator.news(0)).console_rules
    assert told is not None
    assert told.batch_decisions == 7
    assert operator.console_rules == told
    assert (await operator.news(0)).idle
    assert (await core.news(0)).idle
    await apply(scene, "[batch]\ndecisions = 7\n[work]\nclaim_lease_s = 60\n")
    assert (await operator.news(0)).console_rules is None
    later = Session(scene.store, scene.governor, core="", offset=0)
    assert later.console_rules == told


STEPS = st.tuples(st.sampled_from(["propose", "propose", "approve", "reject"]), st.integers(0, 9))


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "PAGE", 2)


@settings(max_examples=150, deadline=None)
@given(
    before=st.lists(STEPS, max_size=15),
    during=st.lists(st.tuples(STEPS, st.booleans()), max_size=25),
    news_bytes=st.sampled_from([1, 1500, 1_000_000]),
    core=st.sampled_from(["", "maximus"]),
    cut=st.integers(0, 40),
)
def test_a_follower_that_is_slow_cut_and_resumed_ends_with_the_truth(
    before: list[tuple[str, int]],
    during: list[tuple[tuple[str, int], bool]],
    news_bytes: int,
    core: str,
    cut: int,
) -> None:
    """Whatever happens while it reads its snapshot, falls behind the tail, is cut and resumes."""

    async def run() -> None:
        scene = Scene()
        await scene.begin()
        for step in before:
            await scene.play(step)
        follower = scene.follower(core=core)
        for place, (step, reads) in enumerate(during):
            await scene.play(step)
            if reads:
                await follower.read()
            if place == cut:
                follower.session.close()
                follower = Follower(
                    Session(scene.store, scene.governor, core=core, offset=follower.session.cursor), follower.replica
                )
        await follower.read_to_the_end()
        assert open_ones(follower.replica) == {
            name: decision for name, decision in scene.governor.open_decisions.items() if core in ("", decision.core)
        }
        for name, decision in follower.replica.items():
            assert decision == await scene.store.decision(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "NEWS_BYTES", news_bytes)
        asyncio.run(run())


def open_ones(replica: dict[str, v1.Decision]) -> dict[str, v1.Decision]:
    """The decisions of a replica that have not ended."""
    ended = {v1.DECISION_STATE_REJECTED, v1.DECISION_STATE_EXPIRED, v1.DECISION_STATE_CANCELLED}
    return {name: decision for name, decision in replica.items() if decision.state not in ended}


async def test_an_offset_beyond_the_ledger_is_refused() -> None:
    """Who has seen more than there is has seen another ledger."""
    scene = Scene()
    await scene.begin()
    with pytest.raises(FailedPrecondition) as refused:
        scene.follower(offset=99)
    assert refused.value.reason == v1.ERROR_REASON_OFFSET_UNKNOWN


async def test_the_first_news_of_an_empty_ledger_says_that_nothing_is_open() -> None:
    """A client learns at once that its snapshot is complete."""
    scene = Scene()
    await scene.begin()
    news = await scene.follower().session.news(0.0)
    assert (news.changes, news.offset, news.caught_up) == ([], 1, True)


async def test_a_session_that_has_too_much_unanswered_waits_until_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a stream may have under way is bounded; the bound is let go of when the receipts are handed out."""
    monkeypatch.setattr(sessions, "MAX_UNANSWERED", 3)
    scene = Scene()
    await scene.begin()
    session = scene.follower().session
    bringing = asyncio.create_task(session.bring([proposing(number) for number in range(3)], 1))
    await turns()
    assert not bringing.done()
    await scene.governor.drain()
    await turns()
    assert not bringing.done()
    assert len((await session.news(0.0)).receipts) == 3
    await turns()
    assert bringing.done()
    await bringing


async def turns() -> None:
    """Let every task have its turn, a few times over."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_waits_for_news_is_woken_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """News comes as soon as it is committed, not when a timer ends."""
    monkeypatch.setattr(sessions, "PAGE", 256)
    scene = Scene()
    await scene.begin()
    session = scene.follower().session
    await session.news(0.0)
    waiting = asyncio.create_task(session.news(60.0))
    await turns()
    await scene.play(("propose", 1))
    async with asyncio.timeout(5):
        news = await waiting
    assert len(news.changes) == 1


async def test_who_sends_what_is_no_command_and_never_reads_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals that were not handed out count as commands do, so that empty frames cannot fill the memory."""
    monkeypatch.setattr(sessions, "MAX_UNANSWERED", 3)
    scene = Scene()
    await scene.begin()
    session = scene.follower().session
    for _ in range(2):
        await session.refuse(v1.Receipt())
    third = asyncio.create_task(session.refuse(v1.Receipt()))
    await turns()
    assert not third.done()
    assert len((await session.news(0.0)).receipts) == 3
    await turns()
    assert third.done()
    await third


async def test_a_follower_of_large_decisions_reads_no_more_of_the_store_than_fits_its_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A snapshot of decisions of which two fit a frame takes few times their number of rows, and not 256 a frame."""
    monkeypatch.setattr(sessions, "PAGE", 256)
    monkeypatch.setattr(sessions, "NEWS_BYTES", 1500)
    scene = Scene()
    await scene.begin()
    for number in range(100):
        await scene.play(("propose", number))
    limits: list[int] = []
    changed_after = scene.store.changed_after

    async def counted(offset: int, *, limit: int, core: str = "", open_only: bool = False) -> Any:
        limits.append(limit)
        return await changed_after(offset, limit=limit, core=core, open_only=open_only)

    monkeypatch.setattr(scene.store, "changed_after", counted)
    follower = scene.follower()
    await follower.read_to_the_end()
    assert len(follower.replica) == 100
    assert sum(limits) < 500


async def test_a_session_that_has_too_many_bytes_unanswered_waits_until_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few large frames weigh as much as many small ones, and so do refusals that carry a decision."""
    monkeypatch.setattr(sessions, "MAX_UNANSWERED_BYTES", 1000)
    scene = Scene()
    await scene.begin()
    session = scene.follower().session
    await session.bring([proposing(1)], 1, 900)
    await scene.governor.drain()
    bringing = asyncio.create_task(session.bring([proposing(2)], 2, 1000))
    await turns()
    assert not bringing.done()
    await scene.governor.drain()
    await session.news(0.0)
    await bringing
    again = proposing(1)
    assert isinstance(again.body, v1.CoreCommand)
    again.body.proposal.confidence = 0.1
    answering = asyncio.create_task(session.bring([again] * 10, 3, 10))
    await turns()
    await scene.governor.drain()
    refusing = asyncio.create_task(session.refuse(v1.Receipt()))
    await turns()
    assert answering.done()
    assert not refusing.done()
    assert len((await session.news(0.0)).receipts) == 11
    await refusing


async def test_an_offset_that_another_process_appended_is_resumed_from() -> None:
    """The governor takes the entry over with its next batch; until then the session stands before the tail."""
    scene = Scene()
    await scene.begin()
    session = Session(scene.store, scene.governor, core="", offset=2, known_head=2)
    news = await session.news(0.0)
    assert (news.changes, news.offset, news.caught_up) == ([], 2, True)
