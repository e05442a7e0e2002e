"""Everybody comes back at once: after a restart, and not all in the same moment."""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING

import pytest
from tenacity import RetryCallState

from benchmarks.progress import Progress
from besieging import returning
from governance_client.core.connection import Backoff, Connection
from governance_client.errors import UnreachableError

if TYPE_CHECKING:
    from tests.support.server import ServerProcess

SESSIONS = 40
"""`scripts/besiege returning` takes 500."""


async def test_after_a_restart_everybody_is_back_in_time(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds after the server serves again, stopped or killed before, every session has seen what is new."""
    monkeypatch.setenv("PYTHONPATH", "scripts:.")
    took = await returning.returned_s(server, SESSIONS, Progress())
    assert [figure.name for figure in returning.figures(SESSIONS, took) if not figure.holds] == []


def waits_of(attempt: int) -> list[float]:
    """What a thousand cores wait after so many failed attempts."""

    async def never() -> None:
        raise AssertionError

    waits = []
    for _ in range(1000):
        connection = Connection(never, lambda _: False, backoff=Backoff(), patience_s=None)
        state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # nothing is retried here
        state.attempt_number = attempt
        state.set_exception((UnreachableError, UnreachableError("gone"), None))
        waits.append(connection._wait(state))
    return waits


@pytest.mark.parametrize(("attempt", "bound_s"), [(1, 0.5), (2, 1.0), (4, 4.0), (5, 5.0), (50, 5.0)])
def test_nobody_comes_back_in_step_with_the_others(attempt: int, bound_s: float) -> None:
    """Every wait is drawn anew between nothing and a bound that doubles up to five seconds."""
    random.seed(20261122)
    waits = waits_of(attempt)
    assert max(waits) <= bound_s
    assert max(waits) > 0.9 * bound_s
    assert min(waits) < 0.1 * bound_s
    assert 0.4 * bound_s < statistics.mean(waits) < 0.6 * bound_s
