"""`scripts/bench`: what its figures mean, and how they are told."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING

import pytest

from benchmarks import backlog, cycle
from benchmarks.figures import Figure, over_rounds, quantile, timings, timings_over_rounds
from benchmarks.grounds import Fill, GroundError, kept_ground
from benchmarks.limits import numbers
from benchmarks.lines import frame_offset
from benchmarks.peers import comparing
from benchmarks.peers.environments import sentence, stamp
from benchmarks.peers.roster import PEERS, RESTATE, TEMPORAL
from benchmarks.progress import Progress
from benchmarks.proposals import Drawing
from benchmarks.report import table, to_json
from benchmarks.runs import command
from benchmarks.servers import MOST_OPERATORS
from depending.locks import read_lock
from governance import v1
from governance_server.domain.digest import action_digest
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.risk import assess
from governance_server.rpc.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.roster import Peer

HOUR_US = 3600 * 1_000_000


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.99, 10), (0.9, 9), (1.0, 10), (0.01, 1)])
def test_quantile(share: float, value: int) -> None:
    """A quantile is the sample of the nearest rank, and never a value that nobody measured."""
    assert quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == value


def test_bounds() -> None:
    """A figure holds up to its bound, and one without a bound always does."""
    assert Figure("key", 50.0, "ms", 50.0).holds
    assert not Figure("key", 50.1, "ms", 50.0).holds
    assert Figure("key", 1e9, "ms").holds


def test_the_bound_is_the_slow_ones() -> None:
    """Of times the 99th percentile is what has to keep the bound; the median is told beside it."""
    median, p99 = timings("key to drawn", [0.001] * 98 + [0.2] * 2, 50.0)
    assert (median.value, median.most) == (1.0, None)
    assert (p99.value, p99.holds) == (200.0, False)


def test_a_bound_from_below() -> None:
    """A figure may have a least as well as a most; what is aimed at lies on the same side, and beyond."""
    ratio = Figure("of limit.echo", 0.15, "", least=0.10, aim=0.20)
    assert (ratio.holds, ratio.reaches) == (True, False)
    assert not Figure("of limit.echo", 0.09, "", least=0.10).holds
    assert Figure("restart", 4.0, "s", most=20.0, aim=5.0).reaches
    assert Figure("restart", 4.0, "s").reaches is None


def test_rounds() -> None:
    """Of several rounds the median is told, with what each of them gave."""
    figure = over_rounds("cycles", [3.0, 1.0, 2.0], "/s", least=2.0)
    assert (figure.value, figure.rounds, figure.holds) == (2.0, (3.0, 1.0, 2.0), True)
    p50, p99 = timings_over_rounds("cycle", [[0.001, 0.002], [0.003, 0.004], [0.005, 0.006]], (3.0, 3.5))
    assert (p50.value, p50.reaches) == (3.0, True)
    assert (p99.value, p99.reaches) == (4.0, False)


def test_table() -> None:
    """People read what was measured, how much it was, at most how much, and whether that holds."""
    told = table([Figure("key", 12.34, "ms", 50.0), Figure("resident memory", 238.2, "MB", 200.0), Figure("n", 3, "")])
    assert told.splitlines() == [
        "key                   12.3 ms    holds   at most 50",
        "resident memory        238 MB    MISSED  at most 200",
        "n                        3",
    ]


def test_table_of_rounds() -> None:
    """Where there were rounds, people read between which values they lay, and what is aimed at beyond the bar."""
    told = table([Figure("of echo", 0.15, "", least=0.1, aim=0.2, rounds=(0.14, 0.15, 0.16)), Figure("n", 3, "")])
    assert told.splitlines() == [
        "                         rounds             bar                    aim",
        "of echo       0.15       0.14 to 0.16 in 3  holds   at least 0.10  not yet  at least 0.20",
        "n                3",
    ]


def test_json() -> None:
    """Programs read the same, with the options and the machine that the figures hang on."""
    figure = Figure("key", 1.0, "ms", 50.0, aim=2.0, rounds=(1.0,))
    document = json.loads(to_json("console", {"decisions": 5}, {"cores": "2"}, [figure]))
    assert document == {
        "benchmark": "console",
        "options": {"decisions": 5},
        "machine": {"cores": "2"},
        "figures": [
            {
                "name": "key",
                "value": 1.0,
                "unit": "ms",
                "most": 50.0,
                "least": None,
                "holds": True,
                "aim": 2.0,
                "reaches": True,
                "rounds": [1.0],
            }
        ],
    }


def test_what_is_proposed() -> None:
    """At any hour every proposal of the load takes one person, no two are about one action, and the seed decides."""
    drawn = list(Drawing("maximus").proposals(300))
    for hour in range(24):
        found = [assess(each, DEFAULT_POLICY, hour * HOUR_US) for each in drawn]
        assert all(each.risk < v1.RISK_LEVEL_CRITICAL for each in found)
        assert all(each.automation < v1.AUTOMATION_LEVEL_FULL for each in found)
    assert len({action_digest(each.action) for each in drawn}) == len(drawn)
    assert 600 < sum(each.ByteSize() for each in drawn) / len(drawn) < 800
    assert list(Drawing("maximus").proposals(300)) == drawn
    assert next(Drawing("elder").proposals(1)) != drawn[0]


def test_what_is_proposed_is_valid() -> None:
    """The edge takes every proposal of the load."""
    for each in Drawing("maximus").proposals(100):
        validate(v1.ProposeRequest(sequence=2, commands=v1.CoreCommands(commands=[v1.CoreCommand(proposal=each)])))


@pytest.mark.parametrize("offset", [1, 127, 128, 70_000, 2**40])
def test_frame_offset(offset: int) -> None:
    """Up to where a frame tells is read without parsing it."""
    frame = v1.OperateResponse(envelope=v1.Envelope(offset=offset), progress=v1.Progress())
    frame.envelope.server_time.GetCurrentTime()
    assert frame_offset(frame.SerializeToString()) == offset


def test_operators_that_a_server_takes() -> None:
    """Where a server takes fewer streams than there are operators and core, as many are measured with as it takes."""
    assert numbers([10, 1, 500]) == [1, 10, min(500, MOST_OPERATORS)]


def test_the_bars() -> None:
    """The bars are held against what was measured in the same run, and only where the amounts are those they name."""
    echo = Figure("limit.echo: proposals", 100_000, "/s")
    found = [Figure(cycle.title(1), 12_000, "/s"), Figure(cycle.title(100), 1_200, "/s")]
    of_echo, of_one = cycle.ratios(found, echo)
    assert (of_echo.value, of_echo.holds, of_echo.reaches) == (0.12, True, False)
    assert (of_one.value, of_one.holds) == (0.10, False)
    fills = (Fill(), Fill(100), Fill(1_000_000), Fill(entries=10_000_000))
    grounds = [
        backlog.Ground(fill, [Figure("throughput", rate, "/s")], resident)
        for fill, rate, resident in zip(
            fills, (1000, 990, 700, 950), (10**8, 10**8 + 10**6, 31 * 10**8, 10**8), strict=True
        )
    ]
    small, small_memory, large, memory, growth = backlog.ratios(grounds)
    assert (small.least, small_memory.value, small_memory.most) == (None, 10_000, None)
    assert (large.value, large.holds, memory.value, memory.holds, memory.reaches) == (0.7, False, 3000, True, False)
    assert growth.value == pytest.approx(1.0526, abs=1e-4)
    assert growth.holds


def test_no_room(tmp_path: Path) -> None:
    """A ledger for which there is no room on the disk is not begun; people are told how much it takes, and where."""
    with pytest.raises(GroundError, match=r"takes 4000000000\.0 GB, and .* GB are free in"):
        kept_ground(tmp_path, Fill(entries=10**15), Progress(io.StringIO()))


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_what_a_peer_is_installed_from(peer: Peer) -> None:
    """Each file of a peer is known by its hash, none by a place; an environment knows what it was made from."""
    pins, strange = read_lock(peer.lock.read_text(encoding="utf-8"))
    assert not strange
    assert all(pin.hashes for pin in pins)
    assert bool(peer.node_server) == bool(peer.node_locks)
    for lock in peer.node_locks:
        assert "://" not in lock.read_text(encoding="utf-8")
    assert (peer.lock.parent.parent / "running" / f"on_{peer.key}.py").exists()
    assert len({stamp(each) for each in PEERS.values()}) == len(PEERS)


def test_the_command_of_a_run() -> None:
    """The JSON of a run names the peers as they are asked for, so that its command can be told."""
    parser = argparse.ArgumentParser()
    comparing.options(parser)
    arguments = parser.parse_args(["--only", "dbos,restate"])
    options = json.loads(to_json("peers", vars(arguments), {}, []))["options"]
    assert command("peers", options) == "scripts/bench peers --only dbos,restate"


def test_how_many_at_once() -> None:
    """The peers have as many under way as ours: what was asked for, and what fills a frame of ours."""
    few, many = argparse.Namespace(at_once=8), argparse.Namespace(at_once=256)
    assert (comparing.at_once(few), comparing.at_once(many)) == ([8], [64, 256])
    assert comparing.title(256, many) == cycle.title(1)
    assert comparing.title(64, many) == "cycle.throughput, 1 operator, 64 at once"


def test_the_bars_beside_the_peers() -> None:
    """Ours is held against the peers' figures of the same round, with as many at once, as far as they are there."""
    arguments = argparse.Namespace(at_once=256)
    ours = [
        Figure(comparing.title(64, arguments), 6_000, "/s"),
        Figure(comparing.title(256, arguments), 10_000, "/s"),
        Figure("cycle.latency, one at a time, p50", 2.0, "ms"),
    ]
    theirs = [
        Figure("peers.throughput, Restate, 64 at once", 300, "/s"),
        Figure("peers.throughput, Restate, 256 at once", 200, "/s"),
        Figure("peers.latency, Restate, one at a time, p50", 8.0, "ms"),
        Figure("peers.latency, LangGraph, one at a time, p50", 4.0, "ms"),
    ]
    found = comparing.ratios([*ours, *theirs], arguments)
    assert [(each.name, each.value, each.holds) for each in found] == [
        ("cycle.throughput, 1 operator, 64 at once, of Restate", 20.0, False),
        ("cycle.throughput, 1 operator, of Restate", 50.0, True),
        ("cycle.latency, one at a time, p50, of LangGraph", 0.5, False),
        ("cycle.latency, one at a time, p50, of Restate", 0.25, True),
    ]
    assert found[1].reaches
    assert comparing.ratios(ours, arguments) == []


def test_rounds_with_the_peers() -> None:
    """A figure is the median of the rounds that have it; a peer that failed is told of with how many have it not."""
    latency = "peers.latency, {}, one at a time, p50"
    rounds = [
        [Figure("ours", 3.0, "/s", least=2.0), Figure(latency.format("Restate"), 8.0, "ms")],
        [Figure("ours", 1.0, "/s", least=2.0)],
        [Figure("ours", 2.0, "/s", least=2.0), Figure(latency.format("Restate"), 9.0, "ms")],
    ]
    ours, restate = comparing.merged(rounds)
    assert (ours.value, ours.rounds, ours.holds) == (2.0, (3.0, 1.0, 2.0), True)
    assert (restate.value, restate.rounds) == (8.5, (8.0, 9.0))
    some, none = comparing.missing(rounds, {RESTATE: "it ended: killed", TEMPORAL: "pip is not installed"})
    assert (some.name, some.value, some.holds) == ("peers.missing, Restate: it ended: killed", 1, False)
    assert (none.name, none.value) == ("peers.missing, Temporal: pip is not installed", 3)


def test_the_reason() -> None:
    """Of all that a program said of its failure, the table has the first line with an error in it, or the last line."""
    assert sentence("one\n  ERROR: no\tsuch  thing\nlast\n") == "ERROR: no such thing"
    assert sentence("one\nlast\n\n") == "last"
    assert sentence("") == "it said nothing"
    assert len(sentence("error " * 100)) == 160
