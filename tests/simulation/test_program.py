"""What the simulator's program says, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation import run as runs
from tests.simulation.coverage import EVENTS, exercised, holes
from tests.simulation.history import BrokenPromiseError
from tests.simulation.program import lived, main
from tests.simulation.run import run

if TYPE_CHECKING:
    from tests.simulation.history import History


class Doubter:
    """A checker that finds fault with the twentieth happening."""

    def __init__(self, history: History) -> None:
        self._history = history

    def look(self) -> None:
        if len(self._history.happenings) >= 20:
            raise BrokenPromiseError(4, "the twentieth should not have happened")

    def finish(self) -> None:
        """Find no fault with the end."""


def test_a_run_that_holds_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    """A run in which every promise holds is told in two lines."""
    assert main(["--seed", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Every promise held."


def test_a_failure_says_how_to_see_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure tells the promise, the step and what came before, and the command that repeats exactly that much."""
    monkeypatch.setattr(runs, "Watch", Doubter)
    assert main(["--seed", "1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("again: scripts/simulate --seed 1 --steps ")
    step = lines[-1].split()[-1]
    assert lines[-2] == (
        f"seed 1, step {step}: promise 4 was broken: promise 4: the twentieth should not have happened"
    )
    assert any("opens stream 1" in line for line in lines)

    assert main(["--seed", "1", "--steps", step]) == 1
    assert capsys.readouterr().out.splitlines()[-2] == lines[-2]
    assert main(["--seed", "1", "--steps", str(int(step) - 1)]) == 0


def test_many_runs_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Many runs end with what was exercised how often; how they go on is told meanwhile."""
    assert main(["--seeds", "1..4", "--jobs", "1"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("4 runs, ")
    assert told.out.splitlines()[-1] == "Every promise held in every run."
    assert "4 of 4 runs" in told.err


def test_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no span of seeds is refused."""
    for wrong in (["--seeds", "9..1"], ["--seeds", "9"], ["--seeds", "a..b"], []):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
    capsys.readouterr()


def test_what_failed_is_told_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many runs, each that failed is told with its seed and step."""
    monkeypatch.setattr(runs, "Watch", Doubter)
    tally = lived(1, 3)
    assert [found.seed for found in tally.found] == [1, 2, 3]
    assert {found.promise for found in tally.found} == {4}


def test_some_dozens_of_runs_leave_few_holes() -> None:
    """A handful of seeds exercises most of what there is; a hole is named."""
    counts = exercised(run(7)) + exercised(run(38))
    assert set(holes(counts)) < {*holes(type(counts)())}
    assert sum(counts[event] > 0 for event in EVENTS) > len(EVENTS) // 2
