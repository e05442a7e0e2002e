"""The checkers bite: each bug that is planted is found within the seeds stated for it, by the promise it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance_server.domain import judging
from tests.simulation.planted.bug import look_for, without
from tests.simulation.planted.table import ALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.planted.bug import Bug


@pytest.mark.parametrize("bug", ALL, ids=lambda bug: bug.name)
def test_it_is_found(bug: Bug, record_property: Callable[[str, object], None]) -> None:
    """Some seed finds a planted bug, and says which promise it breaks; the same run without it breaks none."""
    found = look_for(bug)
    assert found is not None, f"{bug.seeds} seeds did not find it: {bug.breaks}"
    assert without(bug, found) == ""
    record_property("found", f"seed {found.seed}, step {found.step}")
    print(f"{bug.name}: seed {found.seed}, step {found.step}: {found.sentence}")  # noqa: T201 - shown by pytest -rP


def test_there_are_enough_of_them() -> None:
    """Every promise is attacked by at least two bugs, all of different names."""
    assert len({bug.name for bug in ALL}) == len(ALL) >= 30
    attacked = [bug.promises[0] for bug in ALL]
    assert all(attacked.count(promise) >= 2 for promise in range(1, 8))


def test_nothing_stays_planted() -> None:
    """What was planted is gone when the run is over, also where it ended by an exception."""
    bug = next(bug for bug in ALL if bug.name == "stale verdict counts")
    before = judging._stale
    with pytest.raises(RuntimeError, match="the run broke off"), bug.plant():
        _break_off(before)
    assert judging._stale is before


def _break_off(before: object) -> None:
    assert judging._stale is not before
    raise RuntimeError("the run broke off")
