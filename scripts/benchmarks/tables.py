"""Tables: what a page shows of figures, as Markdown; each by a name, under which the page asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import cycle, screen, shown
from benchmarks.backlog import TEN_MILLION
from benchmarks.grounds import Fill
from benchmarks.recovery import MILLION
from benchmarks.runs import LOAD
from benchmarks.shown import amount, number, readable, spread, told, told_with_spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.figures import Figure
    from benchmarks.runs import Runs
    from benchmarks.shown import Figures

    Rows = Sequence[Sequence[str]]

NOTHING: Final = "Not measured yet.\n"
"""What a table is where nobody has measured what it shows."""
_NONE: Final = "not measured"
_BARS: Final = (
    f"{cycle.title(1)}, of limit.echo",
    f"{cycle.title(cycle.MANY)}, of that with 1",
    f"{shown.LATENCY}, p50",
    f"{shown.LATENCY}, p99",
    f"{screen.title(100)}, p99, of limit.fanout",
    f"{screen.title(500)}, p99, of limit.fanout",
    f"{Fill(MILLION).title}: throughput, of empty",
    f"{Fill(MILLION).title}: memory, each",
    shown.RECOVERY.format(Fill(MILLION).title),
    shown.FIRST.format(Fill(MILLION).title),
    f"{Fill(entries=TEN_MILLION).title}: cost of a cycle, of empty",
)
"""The figures that have a bar or an aim, in the order in which they were asked for. One that is not listed comes last;
that nothing is lost of a burst is no question of speed, and stands with the bursts."""


def tables(runs: Runs) -> dict[str, str]:
    """Return every table by its name."""
    figures = runs.figures("all")
    return {
        "machine": _machine(runs),
        "commands": _commands(runs),
        "bars": _bars({**figures, **_only_peers(runs)}),
        "peers": _peers(runs.figures("peers")),
        **{name: made(figures) for name, made in _OF_OURS.items()},
    }


def table(heads: Sequence[str], rows: Rows) -> str:
    """Return a Markdown table, without the columns that are empty in every row; NOTHING where it has no row."""
    kept = [place for place, _ in enumerate(heads) if any(row[place] for row in rows)]
    lines = [heads, ["---"] * len(heads), *rows]
    told_lines = (" | ".join(line[place].replace("|", "\\|") for place in kept) for line in lines)
    return "".join(f"| {line} |\n" for line in told_lines) if rows else NOTHING


def _machine(runs: Runs) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in runs.machine.items())
    return f"{facts[:1].upper()}{facts[1:]}.\n" if facts else NOTHING


def _commands(runs: Runs) -> str:
    return table(("run", LOAD), [(f"`{run.command}`", run.load) for run in runs.runs])


def _only_peers(runs: Runs) -> Figures:
    """Return what the peers' run alone is asked for: how ours stands to theirs."""
    ours = {name for run in runs.runs if run.benchmark != "peers" for name in run.figures}
    return {name: figure for name, figure in runs.figures("peers").items() if name not in ours}


def _bars(figures: Figures) -> str:
    barred = [name for name, figure in figures.items() if _is_barred(figure)]
    if not barred:
        return NOTHING
    names = [*_BARS, *(name for name in barred if name not in _BARS)]
    heads = ("figure", "bar", "aim", "measured", "rounds", "bar", "aim")
    return table(heads, [_bar_row(name, figures.get(name)) for name in names])


def _is_barred(figure: Figure) -> bool:
    return figure.aim is not None or figure.least is not None or bool(figure.most)


def _bar_row(name: str, figure: Figure | None) -> Sequence[str]:
    if figure is None:
        return (readable(name), "", "", _NONE, "", "", "")
    bound = figure.least if figure.least is not None else figure.most
    sign = "≥" if figure.least is not None else "≤"
    return (
        readable(name),
        "" if bound is None else f"{sign} {amount(bound, figure.unit)}",
        "" if figure.aim is None else f"{sign} {amount(figure.aim, figure.unit)}",
        told(figure),
        spread(figure),
        "" if bound is None else "holds" if figure.holds else "missed",
        {None: "", True: "reached", False: "not reached"}[figure.reaches],
    )


def _peers(figures: Figures) -> str:
    found = shown.peers(figures)
    ours = {peer.at_once: peer.rate.value for peer in found if peer.name == shown.OWN_NAME}
    rows = [
        (
            peer.name,
            str(peer.at_once),
            told_with_spread(peer.rate),
            _times(ours.get(peer.at_once, 0.0) / peer.rate.value) if peer.name != shown.OWN_NAME else "",
            _or_none(peer.p50),
            _or_none(peer.p99),
            _or_none(peer.cpu),
        )
        for peer in sorted(found, key=lambda peer: peer.at_once)
    ]
    missing = [(name, "", f"not run: {reason}", "", "", "", "") for name, reason in shown.missing_peers(figures)]
    heads = ("", "at once", "cycles", "ours is faster", "one at a time, p50", "p99", "processor time a cycle")
    return table(heads, [*rows, *missing])


def _times(value: float) -> str:
    return f"{number(value)} times" if value else ""


def _or_none(figure: Figure | None) -> str:
    return told(figure) if figure else ""


def _fanout(figures: Figures) -> str:
    heads = ("operators", "p50", "p99", "limit.fanout, p50", "p99", "p99, of limit.fanout")
    rows = []
    for operators, p99 in shown.numbered(figures, shown.SCREENS):
        names = (f"{screen.title(operators)}, p50", *(shown.FANOUT.format(operators, part) for part in ("p50", "p99")))
        p50, limit_p50, limit_p99 = (_or_none(figures.get(name)) for name in names)
        of_limit = _or_none(figures.get(f"{screen.title(operators)}, p99, of limit.fanout"))
        rows.append((str(operators), p50, told(p99), limit_p50, limit_p99, of_limit))
    return table(heads, rows)


_BESIDE: Final = {
    "cycles, 1 operator": shown.ONE,
    "100 operators": cycle.title(cycle.MANY),
    "one at a time, p50": f"{shown.LATENCY}, p50",
    "p99": f"{shown.LATENCY}, p99",
    "screens of 100, p99": f"{screen.title(100)}, p99",
    "burst, all seen": "burst of 10000, all seen",
    "throughput, of empty": "throughput, of empty",
    "memory, each": "memory, each",
    "cost of a cycle, of empty": "cost of a cycle, of empty",
}
"""What is told of each ground: the column's title, and the figure's name."""


def _beside(figures: Figures, kind: str) -> str:
    grounds = shown.grounds(figures, kind)
    rows = [
        (readable(ground), *(_or_none(shown.on(figures, ground, name)) for name in _BESIDE.values()))
        for ground in grounds
    ]
    return table(("", *_BESIDE), rows if len(grounds) > 1 else [])


def _recovery(figures: Figures) -> str:
    rows = []
    for ground in (*shown.grounds(figures, "open"), *shown.grounds(figures, "entries before")[1:]):
        figure = figures.get(shown.RECOVERY.format(ground))
        if figure is not None:
            size = figures.get(f"recovery, {ground}: the ledger's size")
            first = figures.get(shown.FIRST.format(ground))
            rows.append((readable(ground), told(figure), spread(figure), _or_none(first), _or_none(size)))
    return table(("", "time to serve", "rounds", "at the first start", "the ledger's size"), rows)


def _parts(figures: Figures) -> str:
    found = shown.parts(figures)
    whole = sum(figure.value for _, figure in found) or 1.0
    rows = [(name, told(figure), f"{figure.value / whole:.0%}") for name, figure in found]
    return table(("part", "a cycle", "of it"), rows)


def _listed(beginning: str) -> Callable[[Figures], str]:
    """Return what makes a plain list of the figures whose names begin so."""

    def made(figures: Figures) -> str:
        found = [figure for name, figure in figures.items() if name.startswith(beginning) and not figure.least]
        return table(
            ("figure", "median", "rounds"), [(readable(each.name), told(each), spread(each)) for each in found]
        )

    return made


_OF_OURS: Final[Mapping[str, Callable[[Mapping[str, Figure]], str]]] = {
    "yardsticks": _listed("limit."),
    "throughput": _listed("cycle.throughput"),
    "latency": _listed("cycle.latency"),
    "fanout": _fanout,
    "burst": _listed("burst"),
    "unary": _listed("unary"),
    "backlog": lambda figures: _beside(figures, "open"),
    "history": lambda figures: _beside(figures, "entries before"),
    "recovery": _recovery,
    "parts": _parts,
}
