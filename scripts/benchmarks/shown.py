"""What is shown of figures: which of them belong together, by their names, and how one is told in a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks import report
from benchmarks.cycle import title as throughput_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.figures import Figure

    Figures = Mapping[str, Figure]

ONE: Final = throughput_title(1)
EMPTY: Final = "0 open"
"""What the ground is called that held nothing."""
OWN_NAME: Final = "Governance Workspace"
LATENCY: Final = "cycle.latency, one at a time"
THROUGHPUTS: Final = "cycle.throughput, {} operators?"
COST: Final = ": server's processor time, each"
"""What is added to the name of a throughput, for what a cycle of it costs."""
SCREENS: Final = "screen.latency, last of {}, p99"
FANOUT: Final = "limit.fanout, last of {}, {}"
RECOVERY: Final = "recovery, {}: time to serve"
FIRST: Final = f"{RECOVERY} at the first start"
PARTS: Final = "cycle.parts, "
"""Where a cycle's time goes: so begins the name of each part, in microseconds of the server's."""
PEER_RATE: Final = re.compile(r"peers\.throughput, (.+), (\d+) at once")
PEER_LATENCY: Final = "peers.latency, {}, one at a time"
PEER_CPU: Final = "peers.cpu, {}, {} at once"
PEER_MISSING: Final = re.compile(r"peers\.missing, (.+?): (.+)")
_THOUSAND: Final = 1_000


class Peer(NamedTuple):
    """What was measured of one of the peers, or of ours among them.

    Attributes:
        name: Whose it is.
        rate: Cycles a second.
        at_once: With so many under way.
        p50: One at a time.
        p99: The same.
        cpu: Processor time a cycle; None where nobody measured it.
    """

    name: str
    rate: Figure
    at_once: int
    p50: Figure | None
    p99: Figure | None
    cpu: Figure | None


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:,.0f}" if abs(value) >= _THOUSAND else report.number(value)


def amount(value: float, unit: str) -> str:
    """Return how much of what."""
    return f"{number(value)}{' ' if unit and not unit.startswith('/') else ''}{unit}"


def told(figure: Figure) -> str:
    """Return a figure with its unit."""
    return amount(figure.value, figure.unit)


def spread(figure: Figure) -> str:
    """Return between which values the rounds of a figure lay; empty where there was one."""
    return f"{number(min(figure.rounds))} to {number(max(figure.rounds))}" if len(figure.rounds) > 1 else ""


def told_with_spread(figure: Figure) -> str:
    """Return a figure with its unit, and between which values its rounds lay."""
    between = spread(figure)
    return f"{told(figure)} ({between})" if between else told(figure)


def numbered(figures: Figures, pattern: str) -> list[tuple[int, Figure]]:
    """Return the figures of a name with a number in it, by that number, ascending; `{}` stands where the number is."""
    shape = re.compile(pattern.replace(".", r"\.").format(r"(\d+)"))
    found = [(shape.fullmatch(name), figure) for name, figure in figures.items()]
    return sorted(((int(match[1]), figure) for match, figure in found if match), key=lambda pair: pair[0])


def grounds(figures: Figures, kind: str) -> list[str]:
    """Return the grounds that something was measured on, the emptiest first.

    Args:
        figures: All figures.
        kind: "open", or "entries before": what they hold. The empty ground is one of either.
    """
    shape = re.compile(rf"(?:recovery, )?((\d+) {kind}): ")
    found = {int(match[2]): match[1] for match in map(shape.match, figures) if match}
    return [title for _, title in sorted({0: EMPTY, **found}.items())]


def readable(name: str) -> str:
    """Return the name of a figure or of a ground with its great numbers as people read them."""
    return re.sub(r"\d{5,}", lambda found: f"{int(found[0]):,}", name)


def on(figures: Figures, ground: str, name: str) -> Figure | None:
    """Return a figure that was measured on a ground; where nothing else is said, it was the empty one."""
    return figures.get(f"{ground}: {name}") or (figures.get(name) if ground == EMPTY else None)


def peers(figures: Figures) -> list[Peer]:
    """Return what was measured of the peers, the fastest first, ours with as many at once before them."""
    found = [
        _peer(figures, match[1], int(match[2]), figure)
        for match, figure in ((PEER_RATE.fullmatch(name), figure) for name, figure in figures.items())
        if match
    ]
    numbers = sorted({peer.at_once for peer in found})
    ours = [_ours(figures, at_once, rate) for at_once in numbers if (rate := _our_rate(figures, at_once, numbers))]
    return [*ours, *sorted(found, key=lambda peer: -peer.rate.value)]


def missing_peers(figures: Figures) -> list[tuple[str, str]]:
    """Return the peers that could not be run, each with the reason."""
    return [(match[1], match[2]) for match in map(PEER_MISSING.fullmatch, figures) if match]


def parts(figures: Figures) -> list[tuple[str, Figure]]:
    """Return the parts of a cycle's time, in the order in which they were given."""
    return [(name.removeprefix(PARTS), each) for name, each in figures.items() if name.startswith(PARTS)]


def _peer(figures: Figures, name: str, at_once: int, rate: Figure) -> Peer:
    p50, p99 = _quantiles(figures, PEER_LATENCY.format(name))
    return Peer(name, rate, at_once, p50, p99, figures.get(PEER_CPU.format(name, at_once)))


def _quantiles(figures: Figures, name: str) -> tuple[Figure | None, Figure | None]:
    return figures.get(f"{name}, p50"), figures.get(f"{name}, p99")


def _our_rate(figures: Figures, at_once: int, numbers: Sequence[int]) -> Figure | None:
    """Return our throughput with so many at once: the figure without a number is of the greatest."""
    return figures.get(f"{ONE}, {at_once} at once") or (figures.get(ONE) if at_once == numbers[-1] else None)


def _ours(figures: Figures, at_once: int, rate: Figure) -> Peer:
    p50, p99 = _quantiles(figures, LATENCY)
    return Peer(OWN_NAME, rate, at_once, p50, p99, figures.get(f"{rate.name}{COST}"))
