"""What `scripts/fuzz` tells, and that the fuzzer it runs finds what is broken."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from fuzzing import fuzzer
from fuzzing.coverage_of import lines_of
from fuzzing.fuzzer import Fuzzer, Outcome
from fuzzing.table import table
from tests.fuzz.registry import BY_NAME, HARNESSES, TooSlowError

if TYPE_CHECKING:
    from pathlib import Path

FUZZER = importlib.util.find_spec("atheris")


def test_every_harness_has_its_share() -> None:
    """All of them together get what is asked for."""
    assert sum(harness.share for harness in HARNESSES) == 1000
    assert len(BY_NAME) == len(HARNESSES)


def test_the_table_tells_each_harness_and_all_of_them() -> None:
    """A line each, with the fuzzer's own counts, and the findings."""
    outcomes = [Outcome("news", 1_000, 3, 40, 50, 0.5), Outcome("proofs", 2_500, 1, 70, 90, 1.0)]
    lines = table(outcomes, {"news": 87.4}).splitlines()
    assert lines[0].split()[:4] == ["harness", "executions", "a", "second"]
    assert lines[1].split() == ["news", "1,000", "2,000", "3", "40", "50", "87", "%", "0"]
    assert lines[3].split() == ["together", "3,500", "4", "0"]


def test_lines_that_an_input_reaches() -> None:
    """Inputs that go different ways reach different lines of the modules that a harness is about."""
    reached = lines_of(BY_NAME["news"], {"frame": b"\0", "status": b"\3abc"})
    assert reached["frame"]
    assert reached["status"] - reached["frame"]


def test_an_input_that_takes_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A harness does not wait for whoever keeps the server from all others."""
    monkeypatch.setattr("tests.fuzz.registry.LONGEST_S", 0.0)
    with pytest.raises(TooSlowError, match="5 bytes took"):
        BY_NAME["proofs"].target()(b"\2\0\0\0\0")


@pytest.mark.skipif(FUZZER is None, reason="atheris is published for Linux on x86-64 alone")
def test_the_fuzzer_runs_a_harness(tmp_path: Path) -> None:
    """It counts what it ran, keeps what was new, and finds nothing in what is in order."""
    outcome = Fuzzer(BY_NAME["news"], tmp_path).run(300, 60.0, lambda _outcome: None)
    assert outcome.executions >= 300
    assert outcome.edges > 0
    assert not outcome.findings
    assert len(list((tmp_path / "corpus").iterdir())) >= len(list(BY_NAME["news"].seeds()))


@pytest.mark.skipif(FUZZER is None, reason="atheris is published for Linux on x86-64 alone")
def test_a_fuzzer_that_fails_otherwise_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that ends without an input to blame has failed itself, and says with which words."""
    monkeypatch.setattr(fuzzer, "write_seeds", lambda _harness, _folder: None)
    unknown = BY_NAME["news"]._replace(name="unknown")
    outcome = Fuzzer(unknown, tmp_path).run(10, 60.0, lambda _outcome: None)
    assert outcome.failure.startswith("The fuzzer of unknown ended")
    assert not outcome.findings
