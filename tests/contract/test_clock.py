"""The contract of the ports Clock and Entropy, held to by the system's own and by the tests' fakes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from governance_server.system import SystemClock, SystemEntropy
from tests.support.clock import CountedEntropy, ManualClock

if TYPE_CHECKING:
    from governance_server.engine.ports import Clock, Entropy

SHORT_US = 20_000


@pytest.fixture(params=[SystemClock, ManualClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


@pytest.fixture(params=[SystemEntropy, CountedEntropy])
def entropy(request: pytest.FixtureRequest) -> Entropy:
    made: Entropy = request.param()
    return made


async def pass_time(clock: Clock, span_us: int) -> None:
    """Have the clock show a moment so much later; on the system's, by waiting for it on the event loop."""
    if isinstance(clock, ManualClock):
        clock.advance(span_us)
        return
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_later(span_us / 1e6, passed.set_result, None)
    await passed


async def test_time_never_goes_back(clock: Clock) -> None:
    """A later question has no earlier answer."""
    moments = []
    for _ in range(5):
        moments.append(clock.now_us())
        await pass_time(clock, 1000)
    assert moments == sorted(moments)
    assert moments[-1] > moments[0]


async def test_time_goes_on_from_where_the_ledger_is(clock: Clock) -> None:
    """Whoever slept until a moment that was skipped is woken, whoever sleeps longer is not, and time passes on."""
    now_us = clock.now_us()
    hour_us = 3_600_000_000
    sleeping = asyncio.create_task(clock.sleep_until(now_us + hour_us))
    longer = asyncio.create_task(clock.sleep_until(now_us + 3 * hour_us))
    await asyncio.sleep(0)
    clock.not_before(now_us + 2 * hour_us)
    await asyncio.wait_for(sleeping, 10)
    assert not longer.done()
    longer.cancel()
    clock.not_before(now_us)
    assert clock.now_us() >= now_us + 2 * hour_us
    moved_us = clock.now_us()
    await pass_time(clock, SHORT_US)
    assert moved_us < clock.now_us() < moved_us + hour_us


async def test_nobody_is_woken_early(clock: Clock) -> None:
    """Whoever sleeps until a moment finds that it has come."""
    until_us = clock.now_us() + SHORT_US
    sleeping = asyncio.create_task(clock.sleep_until(until_us))
    await asyncio.sleep(0)
    assert not sleeping.done()
    await pass_time(clock, SHORT_US)
    await sleeping
    assert clock.now_us() >= until_us


async def test_a_moment_that_has_come_is_not_waited_for(clock: Clock) -> None:
    """Now and the past return at once."""
    await clock.sleep_until(clock.now_us())
    await clock.sleep_until(0)


async def test_who_is_cancelled_in_its_sleep_disturbs_nobody(clock: Clock) -> None:
    """The others are woken in their time."""
    until_us = clock.now_us() + SHORT_US
    cancelled, other = (asyncio.create_task(clock.sleep_until(until_us)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    await pass_time(clock, SHORT_US)
    await other
    assert cancelled.cancelled()


def test_the_system_clock_is_not_moved_by_a_step_of_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock set an hour forward or back changes neither now nor any deadline."""
    clock = SystemClock()
    before = clock.now_us()
    for step_ns in (3_600_000_000_000, -3_600_000_000_000):
        monkeypatch.setattr("governance_server.system.time.time_ns", lambda step=step_ns: before * 1000 + step)
        assert 0 <= clock.now_us() - before < 60_000_000


def test_a_wall_clock_that_was_set_back_is_not_believed() -> None:
    """Time goes on from the last moment that is known, for deadlines and for entries alike, and says how far it was."""
    late_us = SystemClock().now_us() + 3_600_000_000
    clock = SystemClock(floor_us=late_us)
    assert 0 <= clock.now_us() - late_us < 60_000_000
    assert 3_500_000_000 < clock.behind_us <= 3_600_000_000
    assert SystemClock(floor_us=1).behind_us == 0
    assert SystemClock(floor_us=1).now_us() >= late_us - 3_600_000_000


@pytest.mark.parametrize("length", [8, 16, 32])
def test_a_token_has_its_length_and_comes_once(entropy: Entropy, length: int) -> None:
    """No two tokens are the same."""
    tokens = [entropy.token(length) for _ in range(100)]
    assert all(len(token) == length for token in tokens)
    assert len(set(tokens)) == 100
