"""The waiting room: who is let in, what is taken at a time, and what everyone is told at the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.engine import waiting
from governance_server.engine.requests import request_of
from governance_server.engine.waiting import Submission, WaitingRoom, answer
from governance_server.errors import Unavailable
from tests.support.messages import proposing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STOPPING = Unavailable(v1.ERROR_REASON_SERVER_STOPPING, "The server is stopping.")
FAILED = Unavailable(v1.ERROR_REASON_LEDGER_UNAVAILABLE, "The ledger cannot be written.")


def submission(
    *, commands: int = 1, sequence: int = 0, size: int = 0, told: Callable[[object], None] = lambda _: None
) -> Submission:
    """So many proposals that came together."""
    return Submission([request_of(proposing(number)) for number in range(commands)], sequence, told, size)


async def bring(room: WaitingRoom, brought: Submission) -> None:
    """Enter as soon as there is room."""
    if room.shut:
        await room.until_open()
    room.enter(brought)


async def settle() -> None:
    """Return when every task had its turn."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_transaction_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large frames are taken in several turns, one at least in each; small ones together."""
    monkeypatch.setattr(waiting, "MAX_BATCH_BYTES", 100)
    room = WaitingRoom()
    for size in (60, 60, 500, 20, 20, 20):
        room.enter(submission(size=size))
    assert all_taken(room, lambda taken: taken.size) == [[60], [60], [500], [20, 20, 20]]


def test_a_transaction_is_bounded_in_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came together stays together, also where it is more than the bound."""
    monkeypatch.setattr(waiting, "MAX_BATCH", 4)
    room = WaitingRoom()
    for commands in (3, 2, 2, 5, 1):
        room.enter(submission(commands=commands))
    assert all_taken(room, lambda taken: len(taken.requests)) == [[3], [2, 2], [5], [1]]


def all_taken(room: WaitingRoom, measure: Callable[[Submission], int]) -> list[list[int]]:
    """What is taken in each turn until nobody waits, measured."""
    turns = []
    while room.submissions:
        turns.append([measure(taken) for taken in room.take()])
    return turns


@pytest.mark.parametrize(("bound", "commands", "size"), [("MAX_WAITING_BYTES", 1, 5), ("MAX_WAITING", 5, 0)])
async def test_what_waits_is_bounded(bound: str, commands: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound whoever brings more waits, and of those who waited no more come in than there is room for."""
    monkeypatch.setattr(waiting, bound, 5)
    room = WaitingRoom()
    bringing = [asyncio.create_task(bring(room, submission(commands=commands, size=size))) for _ in range(4)]
    for done in (1, 2, 3, 4):
        await settle()
        assert sum(task.done() for task in bringing) == done
        assert len(room.submissions) == 1
        room.take()
    await asyncio.gather(*bringing)


async def test_it_stays_shut_while_what_is_left_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking makes room only once less waits than may."""
    monkeypatch.setattr(waiting, "MAX_WAITING_BYTES", 100)
    monkeypatch.setattr(waiting, "MAX_BATCH_BYTES", 100)
    room = WaitingRoom()
    room.enter(submission(size=60))
    room.enter(submission(size=100))
    bringing = asyncio.create_task(bring(room, submission(size=1)))
    for shut in (True, False):
        room.take()
        await settle()
        assert room.shut is shut
        assert bringing.done() is not shut
    await bringing


async def test_who_decides_is_woken_by_who_comes() -> None:
    """One arrival or several since the last time wake once."""
    room = WaitingRoom()
    room.enter(submission())
    room.enter(submission())
    await room.until_somebody_came()
    woken = asyncio.create_task(room.until_somebody_came())
    await settle()
    assert not woken.done()
    room.enter(submission())
    await woken


async def test_everyone_is_told_when_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """First those who were taken, then who waits in it; who waits outside does not come in."""
    monkeypatch.setattr(waiting, "MAX_WAITING", 2)
    monkeypatch.setattr(waiting, "MAX_BATCH", 1)
    told: list[tuple[str, object]] = []
    room = WaitingRoom()
    room.enter(submission(told=lambda fault: told.append(("taken", fault))))
    room.enter(submission(told=lambda fault: told.append(("waiting", fault))))
    outside = asyncio.create_task(bring(room, submission()))
    await settle()
    room.close(FAILED, room.take())
    assert told == [("taken", FAILED), ("waiting", FAILED)]
    with pytest.raises(Unavailable) as refused:
        await outside
    assert refused.value is FAILED
    assert not room.submissions


async def test_the_first_fault_stays() -> None:
    """Who comes later hears why it ended, and not that it was closed again; nobody is told twice."""
    told: list[object] = []
    room = WaitingRoom()
    room.enter(submission(told=told.append))
    room.close(FAILED)
    room.close(STOPPING)
    with pytest.raises(Unavailable) as refused:
        await bring(room, submission())
    assert refused.value is FAILED
    assert told == [FAILED]


def test_each_gets_the_receipts_of_its_own_commands() -> None:
    """As many as it brought, in their order, with the sequence of its frame."""
    told: list[Sequence[v1.Receipt]] = []

    def hear(receipts: Sequence[v1.Receipt] | Unavailable) -> None:
        assert not isinstance(receipts, Unavailable)
        told.append(receipts)

    brought = [Submission(submission(commands=count).requests, 10 + count, hear, 0) for count in (2, 1, 3)]
    answer(brought, [v1.Receipt(request_id=f"r-{number}") for number in range(6)])
    assert [[(one.request_id, one.sequence) for one in receipts] for receipts in told] == [
        [("r-0", 12), ("r-1", 12)],
        [("r-2", 11)],
        [("r-3", 13), ("r-4", 13), ("r-5", 13)],
    ]
