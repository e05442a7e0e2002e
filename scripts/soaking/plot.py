"""The picture of a soak: what was sampled over time, as SVG for light and dark pages, nothing fetched from anywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from benchmarks.drawing import TEXT, Linear, Logarithmic, document, sheet
from soaking.plan import KILL
from soaking.running import BACKUP
from soaking.tally import JUDGED, MINUTE, PROPOSED, SHOWN, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from soaking.plan import Plan
    from soaking.running import Soak

WIDTH: Final = 960
PANEL: Final = 108
"""Height of what is drawn of a panel."""
TITLE: Final = 34
LEFT: Final = 64
RIGHT: Final = 16
TOP: Final = 76
BOTTOM: Final = 34
POINTS: Final = 320
"""Most points of a curve: more cannot be told apart."""
_FIXED: Final = f"""\
{TEXT}path,line{{fill:none;stroke-width:1.4}}\
.rule{{stroke-width:1}}.stop{{stroke-dasharray:4 3}}.backup{{opacity:.22}}"""
_FILLS: Final = {"text": "ink", "text.dim": "dim", ".paper": "paper", ".judged": "band", ".backup": "dim"}
_STROKES: Final = {".rule": "rule", ".a": "a", ".b": "b", ".c": "c", ".stop": "dim", ".kill": "alarm"}
_STYLE: Final = sheet(_FIXED, _FILLS, _STROKES)


class Curve(NamedTuple):
    """One curve: its name, its colour's class, and its points (minutes, value)."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """What shares an axis: a title, a unit, the curves, and whether the axis is logarithmic."""

    title: str
    unit: str
    curves: Sequence[Curve]
    logarithmic: bool = False


def picture(soak: Soak, plan: Plan, note: str = "") -> str:
    """Return the picture as an SVG document."""
    panels = _panels(soak)
    minutes = (soak.ended - soak.began) / 60
    height = TOP + len(panels) * (PANEL + TITLE) + BOTTOM
    title = f"A soak of {minutes:.3g} minutes at {soak.rate:.0f} proposals a second{note and f', {note}'}"
    body = [f'<text class="head" x="{LEFT}" y="24">{escape(title)}</text>', *_legend()]
    for number, panel in enumerate(panels):
        top = TOP + number * (PANEL + TITLE) + TITLE
        body += [*_happenings(soak, plan, minutes, top), *_panel(panel, minutes, top)]
    return document((WIDTH, height), title, _STYLE, [*body, *_minutes(minutes, height - BOTTOM + 14)])


def _panels(soak: Soak) -> list[Panel]:
    sampled, told = soak.samples, soak.selves
    opened = [line for line in soak.tally if line["kind"] == STATUS and "open" in line]

    def curve(name: str, colour: str, lines: Iterable[dict[str, float]], key: str, of: float = 1) -> Curve:
        points = [((line["at"] - soak.began) / 60, line[key] / of) for line in lines]
        return Curve(name, colour, [point for point in points if 0 <= point[0] <= (soak.ended - soak.began) / 60])

    minutes = {
        name: [line for line in soak.tally if line["kind"] == MINUTE and line["name"] == name] for name in _TIMES
    }
    latencies = [curve(name, colour, minutes[name], "p99") for name, colour in _TIMES.items()]
    return [
        Panel("Resident memory", "MB", [curve("", "a", sampled, "rss_bytes", 1e6)]),
        Panel("Objects that Python tracks", "thousands", [curve("", "a", told, "objects", 1e3)]),
        Panel(
            "Taken up",
            "",
            [
                curve("asyncio tasks", "a", told, "tasks"),
                curve("open files", "b", sampled, "files"),
                curve("threads", "c", sampled, "threads"),
            ],
        ),
        Panel("Write-ahead log", "MB", [curve("", "a", sampled, "wal_bytes", 1e6)]),
        Panel("Open decisions", "", [curve("", "a", opened, "open")]),
        Panel("Latency, p99 of each minute", "ms", latencies, logarithmic=True),
        Panel("Ledger", "MB", [curve("", "a", sampled, "ledger_bytes", 1e6)]),
    ]


_TIMES: Final = {PROPOSED: "a", SHOWN: "b", JUDGED: "c"}


def _legend() -> Iterator[str]:
    shown = (("stop", "stopped and started again"), ("kill", "killed (kill -9) and started again"))
    for place, (style, text) in enumerate(shown):
        x = LEFT + place * 216
        yield f'<line class="{style}" x1="{x}" y1="46" x2="{x + 22}" y2="46"/>'
        yield f'<text class="dim" x="{x + 28}" y="50">{text}</text>'
    for x, style, text in ((LEFT + 486, "backup", "backup"), (LEFT + 576, "judged", "judged window")):
        yield f'<rect class="{style}" x="{x}" y="40" width="22" height="12"/>'
        yield f'<text class="dim" x="{x + 28}" y="50">{text}</text>'


def _happenings(soak: Soak, plan: Plan, minutes: float, top: float) -> Iterator[str]:
    """Yield what was done to the server, behind a panel's curves."""
    began, ended = soak.lives[-1]
    if began + plan.warm_up_s < ended:
        yield _band("judged", _x((began + plan.warm_up_s - soak.began) / 60, minutes), _x(minutes, minutes), top)
    for each in soak.happenings:
        x = _x((each.at - soak.began) / 60, minutes)
        if each.what == BACKUP:
            yield _band("backup", x, _x((each.at + each.took_s - soak.began) / 60, minutes), top)
        else:
            style = "kill" if each.what == KILL else "stop"
            yield f'<line class="{style}" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + PANEL}"/>'


def _band(style: str, start: float, end: float, top: float) -> str:
    width = max(end - start, 1.5)
    return f'<rect class="{style}" x="{start:.1f}" y="{top}" width="{width:.1f}" height="{PANEL}"/>'


def _panel(panel: Panel, minutes: float, top: float) -> Iterator[str]:
    unit = f", {panel.unit}" if panel.unit else ""
    yield f'<text class="name" x="{LEFT}" y="{top - 8}">{escape(panel.title + unit)}</text>'
    x = WIDTH - RIGHT
    for curve in reversed([curve for curve in panel.curves if curve.name]):
        yield f'<text class="dim end" x="{x}" y="{top - 8}">{escape(curve.name)}</text>'
        x -= int(6.1 * len(curve.name)) + 2
        yield f'<line class="{curve.colour}" x1="{x - 22}" y1="{top - 12}" x2="{x - 4}" y2="{top - 12}"/>'
        x -= 36
    values = [value for curve in panel.curves for _, value in curve.points] or [0.0]
    scale = Logarithmic(values) if panel.logarithmic else Linear(values)
    for mark in scale.marks:
        y = top + PANEL - PANEL * scale.share(mark)
        yield f'<line class="rule" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        yield f'<text class="dim end" x="{LEFT - 6}" y="{y + 4:.1f}">{mark:,.10g}</text>'
    for curve in panel.curves:
        places = [
            (_x(minute, minutes), top + PANEL - PANEL * scale.share(value)) for minute, value in _thinned(curve.points)
        ]
        drawn = "L".join(f"{place_x:.1f} {place_y:.1f}" for place_x, place_y in places)
        yield f'<path class="{curve.colour}" d="M{drawn}"/>' if places else ""


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most so many points: of each part the one with the highest value, so that no peak is lost."""
    count = max(math.ceil(len(points) / POINTS), 1)
    return [max(points[start : start + count], key=lambda point: point[1]) for start in range(0, len(points), count)]


def _minutes(minutes: float, y: float) -> Iterator[str]:
    step = next((step for step in (0.1, 0.5, 1, 5, 10, 30) if minutes / step <= 12), 60)  # noqa: PLR2004 - labels that fit
    marks = [number * step for number in range(int(minutes / step) + 1)]
    for mark in marks:
        yield f'<text class="dim mid" x="{_x(mark, minutes):.1f}" y="{y}">{mark:g}</text>'
    yield f'<text class="dim end" x="{WIDTH - RIGHT}" y="{y + 16}">minutes of steady load</text>'


def _x(minute: float, minutes: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * minute / max(minutes, 0.01)
