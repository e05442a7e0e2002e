"""The whole server but its sockets, lived through from seeds: every promise holds after every step."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.simulation.program import account
from tests.simulation.run import fingerprint, run

SEEDS: Final = 300
"""As many as take a minute or two on two processors."""
AT_A_TIME: Final = 6
ROOT: Final = Path(__file__).resolve().parents[2]
SAME: Final = (3, 7, 22, 38)
"""Seeds whose runs have most of what there is: kills, cuts, several of everything."""


@pytest.mark.parametrize("first", range(1, SEEDS + 1, AT_A_TIME))
def test_every_promise_holds(first: int) -> None:
    """Whatever the store, the network, the clock and the people do, every promise holds after every step."""
    for seed in range(first, first + AT_A_TIME):
        ran = run(seed)
        assert ran.failure is None, "\n".join(account(ran))


def test_a_seed_is_a_run() -> None:
    """Another process, which hashes otherwise, lives through the very same run, byte for byte."""
    lived = [[f"{seed} {fingerprint(run(seed).history)}" for seed in SAME], *map(_elsewhere, ("1", "2"))]
    assert lived[0] == lived[1] == lived[2]


def _elsewhere(hash_seed: str) -> list[str]:
    program = (
        "from tests.simulation.run import fingerprint, run\n"
        f"for seed in {SAME!r}: print(seed, fingerprint(run(seed).history))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, timeout=100
    )
    return done.stdout.splitlines()


def test_a_prefix_is_the_beginning_of_its_run() -> None:
    """A run that is ended after so many steps is the beginning of the whole run."""
    whole, part = run(3).history.happenings, run(3, steps=500).history.happenings
    assert 0 < len(part) < len(whole)
    assert part == whole[: len(part)]
