"""The comparison: limit.echo, our cycle and the peers', in rounds that alternate, so that all saw the same machine.

A peer's cycle is the same as ours: a request about one of our proposals is started and waits for approval; it is
approved by its name from outside; the waiter sees the verdict. The approval is given as soon as the start is
acknowledged. Ours shows it to an operator first, and does all that a peer does not: TLS, identity, policy, quorum,
validation, the tree. Every peer runs as it comes, with what it keeps in files, started anew for each round.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from google.protobuf import json_format

from benchmarks import cycle, limits, settings
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, over_rounds, timings_over_rounds
from benchmarks.lines import FRAME
from benchmarks.peers.environments import PeerError, Place, default_home, place
from benchmarks.peers.programs import PeerProgram
from benchmarks.peers.roster import LANGGRAPH, PEERS, RESTATE, Peer
from benchmarks.proposals import Drawing
from benchmarks.servers import bare_stage, stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.progress import Progress

LEAST_OF_RESTATE: Final = 25.0
AIM_OF_RESTATE: Final = 50.0
MOST_OF_LATENCY: Final = 0.4
"""Of the p50 of LangGraph and of Restate, one at a time."""
_WARMTH: Final = 16
"""Cycles before the first that counts."""
_MICROSECONDS: Final = 1e6
_LATENCY: Final = "cycle.latency, one at a time, p50"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    settings.take(parser, "rounds", "messages", "cycles", "at-once", "singles", "peer-cycles", "peer-singles")
    parser.add_argument(
        "--only", type=_chosen, default=list(PEERS.values()), metavar="NAME,…", help="these peers alone"
    )
    kept = "where the peers are installed, for the next run, too (governance-workspace/peers in the user's cache)"
    parser.add_argument("--peers", type=Path, default=default_home(), metavar="DIR", help=kept)


def _chosen(names: str) -> list[Peer]:
    unknown = [name for name in names.split(",") if name not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(PEERS)}")
    return [PEERS[name] for name in names.split(",")]


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    places: dict[Peer, Place] = {}
    reasons: dict[Peer, str] = {}
    for peer in arguments.only:
        try:
            places[peer] = place(peer, arguments.peers.absolute(), progress)
        except PeerError as error:
            reasons[peer] = str(error)
    one = argparse.Namespace(**{**vars(arguments), "rounds": 1, "watching": (1,), "whole": False})
    rounds = []
    for number in range(arguments.rounds):
        found = _ours(one, progress)
        for peer, installed in places.items():
            progress.say(f"{peer.name}: round {number + 1} of {arguments.rounds}.")
            try:
                found += _theirs(peer, installed, one)
            except PeerError as error:
                reasons[peer] = str(error)
        rounds.append([*found, *ratios(found, arguments)])
    return [*merged(rounds), *missing(rounds, reasons)]


def at_once(arguments: argparse.Namespace) -> list[int]:
    """Return how many cycles are under way at once: what was asked for, and before it what fills a frame of ours."""
    return sorted({min(FRAME, arguments.at_once), arguments.at_once})


def title(number: int, arguments: argparse.Namespace) -> str:
    """Return what our throughput with so many at once is called; as `cycle` does where it is what was asked for."""
    one = cycle.title(1)
    return one if number == arguments.at_once else f"{one}, {number} at once"


def _ours(one: argparse.Namespace, progress: Progress) -> list[Figure]:
    with bare_stage(one.folder, 0) as bare:
        echo = limits.echo(bare, one, progress)
    found = []
    with stage(one.folder, 1) as ground:
        for number in at_once(one):
            asked = argparse.Namespace(**{**vars(one), "at_once": number})
            rates = cycle.throughput(ground, asked, progress)
            found += [replace(each, name=each.name.replace(cycle.title(1), title(number, one), 1)) for each in rates]
        found += cycle.latency(ground, one, progress)
    return [*echo, *found, *cycle.ratios(found, echo[0])]


def _theirs(peer: Peer, installed: Place, one: argparse.Namespace) -> list[Figure]:
    """Measure one round of a peer. Raises PeerError where it cannot be."""
    request = json_format.MessageToJson(next(iter(Drawing("peers").proposals(1))), indent=None)
    found = []
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="governance-bench-", dir=one.folder))
        program = stack.enter_context(PeerProgram(peer, installed, Path(folder), request))
        program.lead(_WARMTH, min(_WARMTH, one.at_once))
        for number in at_once(one):
            done = program.lead(one.peer_cycles, number)
            which, cpu_us = f"{peer.name}, {number} at once", done["cpu_s"] / one.peer_cycles * _MICROSECONDS
            found.append(over_rounds(f"peers.throughput, {which}", [one.peer_cycles / done["took_s"]], "/s"))
            found.append(over_rounds(f"peers.cpu, {which}", [cpu_us], "µs"))
        samples = program.lead(one.peer_singles, 1)["samples_s"]
    return [*found, *timings_over_rounds(f"peers.latency, {peer.name}, one at a time", [samples])]


def ratios(found: Sequence[Figure], arguments: argparse.Namespace) -> list[Figure]:
    """Return what the bars are about: how our figures of a round stand to the peers' of the same round."""
    values = {figure.name: figure.value for figure in found}
    ratios = []
    for number in at_once(arguments):
        theirs = values.get(f"peers.throughput, {RESTATE.name}, {number} at once")
        if theirs is not None:
            ours = title(number, arguments)
            bounds = {"least": LEAST_OF_RESTATE, "aim": AIM_OF_RESTATE}
            ratios.append(over_rounds(f"{ours}, of {RESTATE.name}", [values[ours] / theirs], "", **bounds))
    for peer in (LANGGRAPH, RESTATE):
        theirs = values.get(f"peers.latency, {peer.name}, one at a time, p50")
        if theirs is not None:
            of_theirs = [values[_LATENCY] / theirs]
            ratios.append(over_rounds(f"{_LATENCY}, of {peer.name}", of_theirs, "", most=MOST_OF_LATENCY))
    return ratios


def merged(rounds: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Return the figures of several rounds as one of each name: the median of what those gave that have it."""
    named: dict[str, list[Figure]] = {}
    for figure in (figure for found in rounds for figure in found):
        named.setdefault(figure.name, []).append(figure)
    values = {name: tuple(figure.value for figure in same) for name, same in named.items()}
    return [replace(same[0], value=median(values[name]), rounds=values[name]) for name, same in named.items()]


def missing(rounds: Sequence[Sequence[Figure]], reasons: Mapping[Peer, str]) -> list[Figure]:
    """Return for each peer that failed in how many rounds it is missing, and why: a bound that is not kept."""
    figures = []
    for peer, reason in reasons.items():
        latency = f"peers.latency, {peer.name}, one at a time, p50"
        without = sum(all(figure.name != latency for figure in found) for found in rounds)
        figures.append(Figure(f"peers.missing, {peer.name}: {reason}", without, "", most=0))
    return figures


BENCHMARK: Final = Benchmark("peers", "the same cycle of ours and of what people would use instead", options, measure)
