"""Who is told first of what a command brought about: those who wait to hear of it, and then who brought it."""

from __future__ import annotations

import asyncio

from governance_server.domain.command import Command
from governance_server.engine.attention import Attention
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.governor import Governor
from governance_server.engine.session import Session
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, approval, proposing

PATIENCE_S = 5.0


async def test_who_brought_a_command_is_told_after_those_who_wait_to_hear_of_it() -> None:
    """A proposal is with the operator before core has its receipt, and an order with core before the operator."""
    store = InMemoryStore()
    await create_ledger(store, ManualClock(), CountedEntropy())
    governor = Governor(store, ManualClock(), CountedEntropy())
    await governor.recover()
    sessions = {name: Session(store, governor, core=name, offset=governor.head.offset) for name in (CORE.name, "")}
    told: list[str] = []

    async def follow(name: str) -> None:
        await sessions[name].news(0.0)
        for _ in range(2):
            news = await sessions[name].news(PATIENCE_S)
            assert news.changes
            told.append(name or "operator")

    following = [asyncio.create_task(follow(name)) for name in sessions]
    await turns()
    await sessions[CORE.name].bring([proposing(1)], 1)
    await governor.drain()
    await turns()
    assert told == ["operator", CORE.name]
    (decision,) = governor.open_decisions.values()
    await sessions[""].bring([Command(OPERATOR_1, approval(decision, "a"))], 1)
    await governor.drain()
    await asyncio.gather(*following)
    assert told[2:] == [CORE.name, "operator"]
    for session in sessions.values():
        session.close()


async def test_who_looked_before_its_turn_came_is_not_made_to_look_again() -> None:
    """What it was stirred for was seen; a wait that began since goes on."""
    attention = Attention()
    attention.stirred = False
    attention.yielding = True
    first = asyncio.create_task(attention.wait(PATIENCE_S))
    await asyncio.sleep(0)
    attention.stir()
    attention.stirred = False
    await turns()
    assert not first.done()
    attention.rouse()
    await first
    attention.close()


async def turns() -> None:
    """Let everybody who is awake go on until nobody is."""
    for _ in range(10):
        await asyncio.sleep(0)
