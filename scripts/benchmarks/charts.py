"""Charts: rows of bars, spans and steps, each with its figure beside it, drawn as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from benchmarks.drawing import TEXT, Linear, Logarithmic, document, sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH: Final = 820
LEFT: Final = 190
RIGHT: Final = 210
"""Room for the figure beside a bar that reaches the end of the axis."""
TOP: Final = 44
HEAD: Final = 40
"""Above a panel's rows: its title."""
ROW: Final = 24
BAR: Final = 14
GAP: Final = 12
"""Between groups of rows."""
FOOT: Final = 24
"""Below a panel's rows: the axis."""
_ADVANCE: Final = 6.2
"""How wide a character is, about."""
_FIXED: Final = f"""\
{TEXT}.spread{{stroke-width:1.4}}.span{{stroke-width:3}}.rule{{stroke-width:1}}.halo{{stroke-width:4.5}}\
.open{{stroke-width:2}}.beside{{stroke-width:4;paint-order:stroke}}"""
_FILLS: Final = {
    "text": "ink",
    "text.dim": "dim",
    ".paper,.open": "paper",
    "rect.ours,.full.ours": "a",
    "rect.others,.full.others": "dim",
    "rect.part": "b",
}
_STROKES: Final = {
    ".rule": "rule",
    ".spread": "ink",
    ".halo,.beside": "paper",
    ".span.ours,.open.ours": "a",
    ".span.others,.open.others": "dim",
}
_STYLE: Final = sheet(_FIXED, _FILLS, _STROKES)
OURS: Final = "ours"
OTHERS: Final = "others"
PART: Final = "part"


class Row(NamedTuple):
    """What is drawn in a row.

    Attributes:
        label: What it is about.
        text: What is told of it beside the drawing.
        values: Where something is drawn: a bar's end; a span's beginning and end; a step's beginning and end.
        kind: Whose it is: OURS, OTHERS, or PART of a whole.
        spread: Between which values the rounds lay; empty where there was one.
    """

    label: str
    text: str
    values: tuple[float, ...]
    kind: str = OURS
    spread: tuple[float, ...] = ()


class Panel(NamedTuple):
    """What shares an axis.

    Attributes:
        title: What is shown, and in which unit.
        groups: The rows; between groups there is a gap.
        logarithmic: The axis has powers of ten, and no 0.
        spans: Two values are a span from the one to the other, as of p50 and p99; otherwise a step of a whole.
    """

    title: str
    groups: Sequence[Sequence[Row]]
    logarithmic: bool = False
    spans: bool = False

    @property
    def height(self) -> int:
        """How high it is."""
        rows = sum(len(group) for group in self.groups)
        return HEAD + rows * ROW + (len(self.groups) - 1) * GAP + FOOT


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of figures.

    Attributes:
        name: What its file is called, without its ending.
        title: What it shows.
        panels: Its panels, from the top.
    """

    name: str
    title: str
    panels: Sequence[Panel]

    @property
    def description(self) -> str:
        """What is to be seen in it, in words."""
        return " ".join(
            f"{panel.title}: {'; '.join(f'{row.label} {row.text}' for group in panel.groups for row in group)}."
            for panel in self.panels
        )


def drawn(chart: Chart) -> str:
    """Return a chart as an SVG document: the same bytes for the same chart."""
    body = [f'<text class="head" x="16" y="26">{escape(chart.title)}</text>']
    top = TOP
    for panel in chart.panels:
        body += _panel(panel, top)
        top += panel.height
    return document((WIDTH, top + 8), chart.title, _STYLE, body, chart.description)


def _panel(panel: Panel, top: int) -> Iterator[str]:
    rows = [row for group in panel.groups for row in group]
    values = [value for row in rows for value in (*row.values, *row.spread)]
    scale = Logarithmic(values) if panel.logarithmic else Linear(values)
    bottom = top + panel.height - FOOT
    yield f'<text class="name" x="16" y="{top + 22}">{escape(panel.title)}</text>'
    for mark in _not_too_many(scale.marks):
        x = _x(scale.share(mark))
        yield f'<line class="rule" x1="{x}" y1="{top + HEAD - 4}" x2="{x}" y2="{bottom}"/>'
        yield f'<text class="dim mid" x="{x}" y="{bottom + 14}">{mark:,.10g}</text>'
    y = top + HEAD
    for group in panel.groups:
        for row in group:
            yield from _row(row, scale, y, spans=panel.spans)
            y += ROW
        y += GAP


def _not_too_many(marks: Sequence[float]) -> Sequence[float]:
    """Return every mark, or every second where their texts would run into each other."""
    room = (WIDTH - LEFT - RIGHT) / max(len(marks) - 1, 1)
    return marks if room >= _ADVANCE * (len(f"{marks[-1]:,.10g}") + 2) else marks[::2]


def _row(row: Row, scale: Linear | Logarithmic, top: float, *, spans: bool) -> Iterator[str]:
    middle = top + BAR / 2
    places = [_x(scale.share(value)) for value in row.values]
    yield f'<text class="end" x="{LEFT - 10}" y="{middle + 4:g}">{escape(row.label)}</text>'
    if spans:
        yield from _span(row.kind, places[0], places[-1], middle)
    else:
        yield _bar(row.kind, places[0] if len(places) > 1 else _x(0.0), places[-1], top)
    end = places[-1]
    if row.spread and max(row.spread) > min(row.spread):
        low, high = (_x(scale.share(value)) for value in (min(row.spread), max(row.spread)))
        end = max(end, high)
        for kind in ("halo", "spread"):
            yield f'<line class="{kind}" x1="{low}" y1="{middle:g}" x2="{high}" y2="{middle:g}"/>'
    yield f'<text class="dim beside" x="{end + 9:g}" y="{middle + 4:g}">{escape(row.text)}</text>'


def _bar(kind: str, start: float, end: float, top: float) -> str:
    width = max(end - start, 1.0)
    return f'<rect class="{kind}" x="{start}" y="{top:g}" width="{width:.1f}" height="{BAR}" rx="1.5"/>'


def _span(kind: str, start: float, end: float, middle: float) -> Iterator[str]:
    """Yield an open circle at its beginning, a full one at its end, and the line between them."""
    yield f'<line class="span {kind}" x1="{start}" y1="{middle:g}" x2="{end}" y2="{middle:g}"/>'
    yield f'<circle class="full {kind}" cx="{end}" cy="{middle:g}" r="5"/>'
    yield f'<circle class="open {kind}" cx="{start}" cy="{middle:g}" r="4"/>'


def _x(share: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)
