"""Plots: which charts are made of which figures; a chart of what nobody measured is not made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import shown
from benchmarks.charts import OTHERS, OURS, PART, Chart, Panel, Row
from benchmarks.limits import title as limit_title
from benchmarks.screen import title as screen_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.figures import Figure
    from benchmarks.runs import Runs
    from benchmarks.shown import Figures, Peer

_TIMES: Final = "Milliseconds, p50 (open) to p99 (full); each step is ten times as long"


def charts(runs: Runs) -> list[Chart]:
    """Return the charts that can be made of runs, in the order of the page."""
    figures = runs.figures("all")
    beside_peers = runs.figures("peers")
    made = [
        _peers_throughput(beside_peers),
        _peers_latency(beside_peers),
        *(chart(figures) for chart in _OF_OURS),
    ]
    return [chart for chart in made if chart.panels]


def _peers_throughput(figures: Figures) -> Chart:
    by_number: dict[int, list[Peer]] = {}
    for peer in shown.peers(figures):
        by_number.setdefault(peer.at_once, []).append(peer)
    panels = [
        Panel(
            f"Cycles a second, {number} at once; each step is ten times as many",
            [[_bar(each.name, each.rate, _kind(each)) for each in found]],
            True,
        )
        for number, found in sorted(by_number.items())
    ]
    return Chart("peers-throughput", "Full cycles a second, ours and the peers'", panels)


def _peers_latency(figures: Figures) -> Chart:
    found = {peer.name: peer for peer in shown.peers(figures)}
    rows = [_span(each.name, each.p50, each.p99, _kind(each)) for each in found.values()]
    panels = _panel(_TIMES, [rows], logarithmic=True, spans=True)
    return Chart("peers-latency", "One cycle at a time, ours and the peers'", panels)


def _watching(figures: Figures) -> Chart:
    found = shown.numbered(figures, shown.THROUGHPUTS)
    costs = shown.numbered(figures, f"{shown.THROUGHPUTS}{shown.COST}")
    panels = [
        *_panel("Cycles a second", [[_bar(_operators(number), figure) for number, figure in found]]),
        *_panel(
            "Processor time of the server a cycle, µs", [[_bar(_operators(number), figure) for number, figure in costs]]
        ),
    ]
    return Chart("watching", "Cycles, by the number of operators connected", panels)


def _screens(figures: Figures) -> Chart:
    groups = [
        [
            _times(figures, screen_title(number), f"screens of {_operators(number)}", OURS),
            _times(figures, limit_title(number), "bare gRPC, the same", OTHERS),
        ]
        for number, _ in shown.numbered(figures, shown.SCREENS)
    ]
    panels = _panel(_TIMES, groups, logarithmic=True, spans=True)
    return Chart("screens", "From a proposal's sending until the last operator has it", panels)


def _times(figures: Figures, name: str, label: str, kind: str) -> Row | None:
    return _span(label, figures.get(f"{name}, p50"), figures.get(f"{name}, p99"), kind)


def _backlog(figures: Figures) -> Chart:
    grounds = shown.grounds(figures, "open")
    panels = [
        *_of_grounds(figures, grounds, "Cycles a second, 1 operator", "{}: " + shown.ONE),
        *_of_grounds(figures, grounds[1:], "Memory of each open decision, bytes", "{}: memory, each"),
    ]
    return Chart("backlog", "Beside many open decisions", panels if len(grounds) > 1 else [])


def _recovery(figures: Figures) -> Chart:
    grounds = [*shown.grounds(figures, "open"), *shown.grounds(figures, "entries before")[1:]]
    panels = _of_grounds(figures, grounds, "Seconds", shown.RECOVERY)
    return Chart("recovery", "From the start of a server that was killed until it serves", panels)


def _of_grounds(figures: Figures, grounds: Iterable[str], title: str, name: str) -> list[Panel]:
    rows = []
    for ground in grounds:
        figure = figures.get(name.format(ground))
        if figure is None and name.startswith("{}: "):
            figure = shown.on(figures, ground, name.removeprefix("{}: "))
        rows.append(_bar(shown.readable(ground), figure) if figure else None)
    return _panel(title, [rows])


def _parts(figures: Figures) -> Chart:
    rows, begun = [], 0.0
    for name, figure in shown.parts(figures):
        rows.append(Row(name, shown.told(figure), (begun, begun + figure.value), PART))
        begun += figure.value
    panels = _panel("Microseconds of processor time of the server, one part after the other", [rows])
    return Chart(
        "parts",
        f"Where the time of a whole cycle goes, acceptance and report included: {shown.number(begun)} µs",
        panels,
    )


_OF_OURS: Final[Sequence[Callable[[Mapping[str, Figure]], Chart]]] = (
    _watching,
    _screens,
    _backlog,
    _recovery,
    _parts,
)


def _panel(
    title: str, groups: Sequence[Sequence[Row | None]], *, logarithmic: bool = False, spans: bool = False
) -> list[Panel]:
    """Return a panel of the rows that there are; none where there are none."""
    kept = [[row for row in group if row is not None] for group in groups]
    kept = [group for group in kept if group]
    return [Panel(title, kept, logarithmic, spans)] if kept else []


def _bar(label: str, figure: Figure, kind: str = OURS) -> Row:
    return Row(label, shown.told_with_spread(figure), (figure.value,), kind, figure.rounds)


def _span(label: str, p50: Figure | None, p99: Figure | None, kind: str) -> Row | None:
    if p50 is None or p99 is None:
        return None
    text = f"{shown.number(p50.value)} and {shown.told(p99)}"
    return Row(label, text, (p50.value, p99.value), kind)


def _kind(peer: Peer) -> str:
    return OURS if peer.name == shown.OWN_NAME else OTHERS


def _operators(number: int) -> str:
    return f"{number:,} operator{'s' * (number > 1)}"
