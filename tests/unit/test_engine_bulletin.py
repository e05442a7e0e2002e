"""What sessions that stand at the same place share, and when those who only watch a storm are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from governance_server.domain.command import Command
from governance_server.engine import session as sessions
from governance_server.engine.attention import Attention
from governance_server.engine.bulletin import MOST_PLACES, Bulletin, Bulletins
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.engine.session import STORM, Session
from governance_server.engine.tail import Item, Tail
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import OPERATOR_1, approval, proposing

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_S = 5.0
BYTES = 1_000_000


def items(*offsets: int) -> list[Item]:
    return [Item(offset, f"decision-{offset}", "maximus", b"change %d" % offset) for offset in offsets]


async def begun() -> tuple[InMemoryStore, Governor]:
    store, clock, entropy = InMemoryStore(), ManualClock(), CountedEntropy()
    await create_ledger(store, clock, entropy)
    governor = Governor(store, clock, entropy)
    await governor.recover()
    return store, governor


async def propose(governor: Governor, numbers: Sequence[int]) -> None:
    await governor.submit([proposing(number) for number in numbers], lambda _: None)
    await governor.drain()


def test_all_who_stand_at_the_same_place_are_told_the_same_news() -> None:
    """Made once, until more is published; then what lies after the place is made anew."""
    tail = Tail(1)
    bulletin = Bulletin(tail)
    tail.publish(items(2, 3), 3)
    first = bulletin.after(1, BYTES)
    assert first is not None
    assert (first.changes, first.offset, first.caught_up) == ([b"change 2", b"change 3"], 3, True)
    assert bulletin.after(1, BYTES) is first
    tail.publish(items(4), 4)
    later = bulletin.after(1, BYTES)
    assert later is not None
    assert later.changes == [b"change 2", b"change 3", b"change 4"]


def test_what_was_dropped_from_the_tail_is_not_shared_any_more() -> None:
    """Who has not been told of what was erased reads the store, and nothing is kept of it beside the tail."""
    tail = Tail(1)
    bulletin = Bulletin(tail)
    tail.publish(items(2, 3), 3)
    before = bulletin.after(2, BYTES)
    tail.cut(2)
    assert bulletin.after(1, BYTES) is None
    after = bulletin.after(2, BYTES)
    assert after is not before
    assert after is not None
    assert after.changes == [b"change 3"]


def test_news_are_kept_for_a_few_places() -> None:
    """However many slow readers there are: each place may hold a frame."""
    tail = Tail(1)
    bulletin = Bulletin(tail)
    tail.publish(items(*range(2, 30)), 29)
    first = bulletin.after(1, BYTES)
    for cursor in range(2, 2 + MOST_PLACES):
        bulletin.after(cursor, BYTES)
    assert bulletin.after(1, BYTES) is not first


async def test_sessions_share_their_news_and_not_their_receipts() -> None:
    """Who has nothing of its own to hear is told what the next one is told."""
    store, governor = await begun()
    bulletins = Bulletins()
    one, other, asking = (Session(store, governor, core="", offset=1, bulletins=bulletins) for _ in range(3))
    await propose(governor, [1])
    told = await one.news(0.0)
    assert told.copy is not None
    assert await other.news(0.0) is told
    await asking.bring([approval_of(governor, 1)], 1)
    await governor.drain()
    own = await asking.news(0.0)
    assert own.copy is None
    assert len(own.receipts) == 1


def approval_of(governor: Governor, number: int) -> Command:
    return Command(OPERATOR_1, approval(governor.open_decisions[f"decision-{number:06d}"]))


async def in_a_storm(core: str = "") -> tuple[Governor, Session]:
    """Return a session that was told of a storm of proposals, and not yet of the one that came after them."""
    store, governor = await begun()
    session = Session(store, governor, core=core, offset=1)
    await propose(governor, range(STORM))
    await session.news(PATIENCE_S)
    await propose(governor, [STORM])
    return governor, session


async def test_who_only_watches_a_storm_is_told_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all that came meanwhile at once, and of each decision the newest state."""
    monkeypatch.setattr(sessions, "STORM_PAUSE_S", 3600.0)
    _, session = await in_a_storm()
    waiting = asyncio.create_task(session.news(PATIENCE_S))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    session.wake()
    assert len((await waiting).changes) == 1
    session.close()


async def test_a_pause_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else has to happen for what came in it to be told."""
    monkeypatch.setattr(sessions, "STORM_PAUSE_S", 0.02)
    _, session = await in_a_storm()
    async with asyncio.timeout(PATIENCE_S):
        assert len((await session.news(3600.0)).changes) == 1
    session.close()


@pytest.mark.parametrize("core", ["", "maximus"])
async def test_who_acts_in_a_storm_is_told_at_once(monkeypatch: pytest.MonkeyPatch, core: str) -> None:
    """An operator that decides, and a core, wait for nothing."""
    monkeypatch.setattr(sessions, "STORM_PAUSE_S", 3600.0)
    governor, session = await in_a_storm(core)
    if not core:
        await session.bring([approval_of(governor, 0)], 1)
    async with asyncio.timeout(PATIENCE_S):
        assert (await session.news(3600.0)).changes
    session.close()


async def test_a_wait_that_nothing_ends_ends_in_time() -> None:
    """Also one that begins while the timer of a wait before it still runs, and one that is shorter than it."""
    attention = Attention()
    attention.stirred = False
    first = asyncio.create_task(attention.wait(0.03))
    await asyncio.sleep(0)
    attention.stir()
    await first
    attention.stirred = False
    async with asyncio.timeout(PATIENCE_S):
        await attention.wait(0.05)
        await attention.wait(0.01)
    assert not attention.stirred
    attention.close()
    attention.close()
