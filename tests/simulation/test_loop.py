"""The loop on virtual time: it waits for nothing, and always in the same order."""

from __future__ import annotations

import asyncio

import pytest

from tests.simulation.loop import DeadlockError, VirtualLoop


def test_an_hour_passes_at_once() -> None:
    """Whoever sleeps an hour wakes an hour later, and nobody has waited for it."""
    loop = VirtualLoop()
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() == 3600.0
    assert loop.now_us == 3_600_000_000
    loop.close()


def test_timers_come_in_their_order() -> None:
    """What is due earlier runs earlier, however it was scheduled, and time stands at its moment."""
    loop, seen = VirtualLoop(), []

    async def wake(after_s: float) -> None:
        await asyncio.sleep(after_s)
        seen.append((after_s, loop.time()))

    async def all_of_them() -> None:
        await asyncio.gather(wake(3.0), wake(1.0), wake(2.0))

    loop.run_until_complete(all_of_them())
    assert seen == [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]
    loop.close()


def test_a_time_out_runs_out() -> None:
    """A time-out ends what waits for nothing, at its moment."""
    loop = VirtualLoop()

    async def wait() -> None:
        async with asyncio.timeout(7):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        loop.run_until_complete(wait())
    assert loop.time() == 7.0
    loop.close()


def test_the_world_is_looked_at_between_two_moments() -> None:
    """The watcher is called whenever all that is due has run, before time goes on."""
    loop, moments = VirtualLoop(), []
    loop.at_rest = lambda: moments.append(loop.time())

    async def twice() -> None:
        await asyncio.sleep(1)
        await asyncio.sleep(0)  # the same moment still
        await asyncio.sleep(1)

    loop.run_until_complete(twice())
    assert moments == [0.0, 1.0]
    loop.close()


def test_what_the_watcher_raises_ends_the_run() -> None:
    """A watcher that raises ends the run there and then."""
    loop = VirtualLoop()

    def look() -> None:
        raise AssertionError("seen")

    loop.at_rest = look
    sleeping = loop.create_task(asyncio.sleep(1))
    with pytest.raises(AssertionError, match="seen"):
        loop.run_until_complete(sleeping)
    assert loop.time() == 0.0
    loop.at_rest = lambda: None
    loop.run_until_complete(sleeping)
    loop.close()


def test_a_deadlock_is_told() -> None:
    """Everybody waiting with no timer set is an error that says who waits where."""
    loop = VirtualLoop()

    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    waiting = loop.create_task(wait_for_ever(), name="the last one")
    with pytest.raises(DeadlockError, match=r"the last one at .*wait_for_ever"):
        loop.run_until_complete(waiting)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(waiting)
    loop.close()


def test_nothing_runs_beside_it() -> None:
    """A thread is refused: nobody could say when it runs."""
    loop = VirtualLoop()
    with pytest.raises(AssertionError, match="no threads"):
        loop.run_in_executor(None, print)
    loop.close()
