"""`scripts/bench`'s benchmarks of speed, run small: they measure what they say, and nothing is left behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import programs
from benchmarks.bare import FAN
from benchmarks.dialogue import LoadError, LoadProgram
from benchmarks.grounds import Fill, copied, first_start_s, kept_ground
from benchmarks.progress import Progress
from benchmarks.servers import bare_stage, last_arrivals_s, stage
from tests.support.server import run_server_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.servers import Stage

BENCH = Path(__file__).resolve().parents[2] / "scripts" / "bench"
SMALL = {
    "rounds": 1,
    "messages": 640,
    "commits": 4,
    "cycles": 96,
    "at-once": 64,
    "watching": "1,3",
    "singles": 5,
    "operators": "1,3",
    "seconds": 0.1,
    "burst": 100,
    "calls": 2,
    "backlogs": "0,70",
    "history": 0,
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(str(tmp_path_factory.mktemp("bench")), 4) as made:
        yield made


@pytest.mark.timeout(400)  # it starts some twenty programs, which takes long where everything else runs beside
def test_all_of_it(tmp_path: Path) -> None:
    """One run measures everything, the yardsticks first, says what its bars are, and keeps nothing that it made."""
    options = [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, BENCH, "all", *options, "--folder", tmp_path, "--json", tmp_path / "found.json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOVERNANCE_ENVIRONMENT": sys.prefix},
    )
    assert done.returncode in {0, 1}, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]
    document = json.loads((tmp_path / "found.json").read_text())
    found = {figure["name"]: figure for figure in document["figures"]}
    assert next(iter(found)) == "limit.echo: proposals"
    assert document["options"]["at_once"] == 64
    for name in (
        "cycle.throughput, 1 operator",
        "cycle.throughput, 3 operators",
        "cycle.latency, one at a time, p50",
        "limit.fanout, last of 3, p99",
        "screen.latency, last of 3, p99",
        "burst of 100, all seen",
        "unary SubmitVerdict, one at a time, p99",
        "recovery, 70 open: time to serve",
        "recovery, 70 open: time to serve at the first start",
        "70 open: cycle.throughput, 1 operator",
        "70 open: throughput, of empty",
    ):
        assert found[name]["value"] > 0, name
    assert found["burst of 100, lost"]["value"] == 0
    assert found["cycle.throughput, 1 operator, of limit.echo"]["least"] == 0.10
    assert found["cycle.throughput, 1 operator"]["rounds"] == [found["cycle.throughput, 1 operator"]["value"]]


def test_a_cycle_ends_with_the_order(ground: Stage) -> None:
    """Every cycle is timed by itself and ends; those who watch are told all of it, each on a connection of its own."""
    assert ground.watch.ask("have", count=3) == {"watching": 3, "cpu_s": pytest.approx(0, abs=5)}
    done = ground.pair.ask("cycle", count=100, at_once=64)
    assert len(done["samples_s"]) == 100
    assert 0 < max(done["samples_s"]) <= done["took_s"]
    told = ground.watch.ask("reach", offset=done["offset"])
    assert told["frames"] >= 3
    assert told["bytes"] > 3 * 100 * 1000
    assert programs.resident_bytes(ground.server.pid) > 0


def test_a_whole_cycle(ground: Stage) -> None:
    """With the whole life asked for, a cycle goes on to the report: four entries each."""
    before = ground.pair.ask("cycle", count=1, at_once=1)["offset"]
    done = ground.pair.ask("cycle", count=10, at_once=1, whole=True)
    assert len(done["samples_s"]) == 10
    assert done["offset"] == before + 40


def test_the_last_screen_counts(ground: Stage) -> None:
    """A proposal's latency is until the last of all has it, the one who decides among them."""
    ground.watch.ask("have", count=2)
    ground.watch.ask("forget")
    told = ground.pair.ask("send", count=5, per_second=1000)
    latencies = last_arrivals_s(ground.watch, told)
    own = [(seen - sent) / 1e9 for seen, sent in zip(told["seen"], told["sent"], strict=True)]
    assert all(0 < mine <= last for mine, last in zip(own, latencies, strict=True))
    ground.pair.ask("withdraw")


def test_a_load_program_says_what_went_wrong(ground: Stage) -> None:
    """What a load program could not do is told where it was asked for, and it can be asked again."""
    with pytest.raises(LoadError, match="KeyError"):
        ground.pair.ask("dance")
    assert ground.pair.ask("burst", count=3)["seen"] == 3


def test_one_that_cannot_begin(ground: Stage) -> None:
    """A load program that ends by itself is noticed at the next question."""
    settings = {"callers": {}, "address": ground.server.address, "path": FAN}
    with LoadProgram("watching", **settings) as program, pytest.raises(LoadError, match="it ended"):
        program.ask("have", count=1)


def test_the_fan_out_reaches_everyone(tmp_path: Path) -> None:
    """The bare server's frames come to every stream, and each is timed from when it was handed out."""
    with bare_stage(str(tmp_path), 3) as bare:
        bare.watch.ask("have", count=3)
        bare.watch.ask("forget")
        told = bare.server.ask("fan", count=10, per_second=1000)
        latencies = last_arrivals_s(bare.watch, told)
        assert len(latencies) == 10
        assert min(latencies) > 0
        rate = bare.echo.ask("echo", messages=640, at_once=128, parsed=True)["per_second"]
        assert rate > 0


def test_a_kept_ground_is_in_order(tmp_path: Path) -> None:
    """What is lived through in bulk is a ledger that the full check finds in order, made once and copied to be used."""
    fill = Fill(open_decisions=5, entries=12)
    kept = kept_ground(tmp_path, fill, Progress(io.StringIO()))
    made = (kept / "made").stat().st_mtime_ns
    assert kept_ground(tmp_path, fill, Progress(io.StringIO())) == kept
    assert (kept / "made").stat().st_mtime_ns == made
    first_s = first_start_s(kept)
    assert first_s is not None
    assert first_s > 0
    run_server_command("check", str(kept / "server"))
    assert copied(kept, tmp_path / "copy").directory == tmp_path / "copy" / "server"
