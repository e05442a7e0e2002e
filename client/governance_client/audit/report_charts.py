"""Charts for the page of a report, drawn into it as SVG: no script, nothing fetched. Pure.

Every number that they show is in the page's text too.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.audit.pack_markup import Markup, element
from governance_client.audit.report_counts import How
from governance_client.audit.report_figures import automation_shares, how_told
from governance_client.audit.report_values import Instant, Span, told
from governance_client.console import words
from governance_client.console.inert import filed
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from governance_client.audit.report_operators import Operator
    from governance_client.audit.report_tally import Tally

_WIDTH: Final = 960
_LEFT: Final = 60
_RIGHT: Final = 940
_TOP: Final = 18
_HEIGHT: Final = 200
"""Of what is drawn; the words below it come on top."""
_BELOW: Final = 28
_ROW: Final = 30
_LABELS: Final = 150
"""Columns of a row's name."""
_TICKS: Final = 6
_MOST_DOTS: Final = 40
"""More operators than that are not drawn; the table has all."""
_NAME_CHARACTERS: Final = 20
_LETTER: Final = 7
_LINE: Final = 14
"""About how wide a letter is and how high a line: names that would cover each other are moved apart."""
_HOUR_MINUTES: Final = 60
_DAY_MINUTES: Final = 24 * 60
_RISK_INKS: Final = dict(zip(words.RISKS, (0, 1, 2, 3), strict=True))
_HOW_INKS: Final = {
    How.APPROVED: 4,
    How.REJECTED: 0,
    How.RETURNED: 5,
    How.BY_POLICY: 2,
    How.UNDECIDED: 1,
    How.WITHDRAWN: 3,
}
_LEVEL_INKS: Final = (2, 4, 5, 1, 3)


class _Part(NamedTuple):
    """A part of a column or a bar."""

    ink: int
    name: str
    number: int


def charts() -> Mapping[str, Callable[[Tally], Iterator[Markup]]]:
    """Return what draws the charts of a section, by the section's key."""
    return {"decisions": _decisions, "times": _times, "operators": _operators}


def _decisions(tally: Tally) -> Iterator[Markup]:
    counts = tally.counts
    spans = range(tally.period.spans)
    proposed = [
        [_Part(ink, words.risk(risk), counts.proposed_in[span, risk]) for risk, ink in _RISK_INKS.items()]
        for span in spans
    ]
    settled = [
        [_Part(ink, how_told(how), counts.settled_in[span, how]) for how, ink in _HOW_INKS.items()] for span in spans
    ]
    title = _("Proposals by risk; a column is {span}").format(span=_length(tally.period.span_us))
    yield _figure(title, _columns(tally, proposed), proposed[0])
    yield _figure(_("How decisions were settled, and when"), _columns(tally, settled), settled[0])
    shares = [
        _Part(_LEVEL_INKS[min(number, len(_LEVEL_INKS) - 1)], words.automation(level), share.part)
        for number, (level, share) in enumerate(automation_shares(tally))
    ]
    ways = [_Part(ink, how_told(how), counts.settled_how(how)) for how, ink in _HOW_INKS.items()]
    yield _figure(_("Automation levels of the proposals"), _bar(shares), shares)
    yield _figure(_("How decisions were settled, in all"), _bar(ways), ways)


def _length(span_us: int) -> str:
    """Return how long a column is, in words."""
    minutes = max(span_us // (60 * words.SECOND_US), 1)
    if minutes % _DAY_MINUTES == 0:
        return ngettext("{count} day", "{count} days", minutes // _DAY_MINUTES).format(count=minutes // _DAY_MINUTES)
    if minutes % _HOUR_MINUTES == 0:
        return ngettext("{count} hour", "{count} hours", minutes // _HOUR_MINUTES).format(
            count=minutes // _HOUR_MINUTES
        )
    return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)


def _figure(title: str, drawn: Markup, legend: Sequence[_Part] = (), note: str = "") -> Markup:
    items = [
        element("li", element("svg", _box(0, 0, 10, 10, each.ink), viewBox="0 0 10 10", aria_hidden="true"), each.name)
        for each in legend
    ]
    below = [element("ul", *items, class_="legend")] if items else []
    below += [element("p", note)] if note else []
    return element("figure", element("figcaption", title), drawn, *below)


def _chart(height: int, *drawn: Markup) -> Markup:
    return element("svg", *drawn, class_="chart", viewBox=f"0 0 {_WIDTH} {height}", role="img")


def _columns(tally: Tally, columns: Sequence[Sequence[_Part]]) -> Markup:
    """Draw a column for each span of the period, its parts on top of each other."""
    most = max((sum(part.number for part in column) for column in columns), default=0)
    step, bottom = (_RIGHT - _LEFT) / len(columns), _TOP + _HEIGHT
    drawn = [*_scale(most)]
    for number, column in enumerate(columns):
        at = float(bottom)
        for part in column:
            if part.number:
                height = _HEIGHT * part.number / most
                at -= height
                said = f"{_when(tally, number)}: {part.name}: {part.number}"
                drawn.append(_box(_LEFT + number * step + step * 0.1, at, step * 0.8, height, part.ink, said))
    every = -(-len(columns) // _TICKS)
    drawn += [
        _text(_LEFT + number * step, bottom + 18, _when(tally, number)) for number in range(0, len(columns), every)
    ]
    return _chart(bottom + _BELOW, *drawn)


def _when(tally: Tally, number: int) -> str:
    """Return when a column of the period begins: the day, or the time of the day where columns are shorter."""
    period = tally.period
    moment = told(Instant(period.from_us + number * period.span_us))
    return moment[:10] if period.span_us >= 24 * 3600 * words.SECOND_US else moment[5:16]


def _scale(most: int) -> Iterator[Markup]:
    """Draw the lines of a scale from nothing to the most there is."""
    for value in sorted({0, most // 2, most}):
        y = _TOP + _HEIGHT * (1 - value / most) if most else _TOP + _HEIGHT
        yield _line(_LEFT, y, _RIGHT, y, "grid")
        yield _text(_LEFT - 8, y + 4, str(value), "right")


def _bar(parts: Sequence[_Part]) -> Markup:
    """Draw one bar, its parts beside each other."""
    whole, at, drawn = sum(part.number for part in parts), float(_LEFT), []
    for part in parts:
        width = (_RIGHT - _LEFT) * part.number / whole if whole else 0
        if part.number:
            drawn.append(_box(at, 14, max(width - 1, 1), 26, part.ink, f"{part.name}: {part.number}"))
        at += width
    if not whole:
        drawn.append(_text(_LEFT, 32, _("none")))
    return _chart(54, *drawn)


def _times(tally: Tally) -> Iterator[Markup]:
    """Draw, for each risk, the line from the median to the 95th percentile."""
    times = tally.counts.times
    found = {risk: times[risk] for risk in words.RISKS}
    most = max((each.p95 or 0 for each in found.values()), default=0)
    drawn, bottom = [], _TOP + _ROW * len(found)
    for tick in range(_TICKS):
        x = _along(tick, _TICKS - 1)
        drawn.append(_line(x, _TOP - 6, x, bottom, "grid"))
        drawn.append(_text(x, bottom + 18, told(Span(most * tick // (_TICKS - 1))), "middle"))
    for number, (risk, spread) in enumerate(found.items()):
        y, ink = _TOP + _ROW * number + _ROW / 2, _RISK_INKS[risk]
        drawn.append(_text(_LABELS - 14, y + 4, words.risk(risk), "right name"))
        if spread.median is not None and spread.p95 is not None:
            left, right = _along(spread.median, most), _along(spread.p95, most)
            said = f"{words.risk(risk)}: {told(Span(spread.median))}, {told(Span(spread.p95))}"
            drawn.append(_box(left, y - 4, max(right - left, 1), 8, ink, said))
            drawn.append(_dot(left, y, 7, ink, said))
    title = _("Time to decide: from the median (the dot) to the 95th percentile")
    yield _figure(title, _chart(bottom + _BELOW, *drawn))


def _along(value: int, most: int) -> float:
    right = _RIGHT - 30  # the last word's half
    return _LABELS + (right - _LABELS) * value / most if most else float(_LABELS)


def _operators(tally: Tally) -> Iterator[Markup]:
    """Draw a dot for each operator: how long decisions were read, and how many of them approved."""
    judged = {name: each for name, each in tally.operators.items() if each.verdicts and each.reading.count}
    first = sorted(judged.items(), key=lambda each: (-each[1].verdicts, each[0]))[:_MOST_DOTS]
    most = max((each.reading.median or 0 for _name, each in first), default=0)
    bottom = _TOP + _HEIGHT
    drawn = [_line(_LEFT, bottom, _RIGHT, bottom, "axis")]
    for percent in (0, 50, 100):
        y = _TOP + _HEIGHT * (1 - percent / 100)
        drawn += [_line(_LEFT, y, _RIGHT, y, "grid"), _text(_LEFT - 8, y + 4, f"{percent} %", "right")]
    for tick in range(_TICKS):
        x = _LEFT + (_RIGHT - 130 - _LEFT) * tick / (_TICKS - 1)
        drawn.append(_text(x, bottom + 18, told(Span(most * tick // (_TICKS - 1)))))
    drawn += _dots(first, most)
    note = _(
        "Across: median reading time. Up: approval rate. The larger the dot, the more verdicts. Who stands at the top "
        "left approves nearly everything, and fast. Operators whose consoles said no reading time are in the table "
        "only."
    )
    yield _figure(_("Reading and approving"), _chart(bottom + _BELOW, *drawn), note=note)


def _dots(operators: Iterable[tuple[str, Operator]], most: int) -> Iterator[Markup]:
    found = list(operators)
    busiest = max((each.verdicts for _name, each in found), default=1)
    labels: list[tuple[float, float, float]] = []
    names = []
    for name, each in found:
        x = _LEFT + (_RIGHT - 130 - _LEFT) * (each.reading.median or 0) / most if most else float(_LEFT)
        y = _TOP + _HEIGHT * (1 - each.approved / each.verdicts)
        size = 5 + 9 * (each.verdicts / busiest) ** 0.5
        who = filed(name, _NAME_CHARACTERS)
        yield _dot(x, y, size, 2, who)
        left, right, at = x + size + 4, x + size + 4 + _LETTER * len(who), y + 4
        while any(abs(at - other) < _LINE and left < end and start < right for start, end, other in labels):
            at += _LINE
        labels.append((left, right, at))
        names.append(_text(left, at, who, "name"))
    yield from names  # on top of the dots


def _box(x: float, y: float, width: float, height: float, ink: int, said: str = "") -> Markup:
    title = [element("title", _plain(said))] if said else []
    return element(
        "rect", *title, x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{height:.1f}", class_=f"ink-{ink}"
    )


def _dot(x: float, y: float, radius: float, ink: int, said: str) -> Markup:
    return element(
        "circle",
        element("title", _plain(said)),
        cx=f"{x:.1f}",
        cy=f"{y:.1f}",
        r=f"{radius:.1f}",
        class_=f"dot ink-{ink}",
    )


def _line(x: float, y: float, to_x: float, to_y: float, class_: str) -> Markup:
    return element("line", x1=f"{x:.1f}", y1=f"{y:.1f}", x2=f"{to_x:.1f}", y2=f"{to_y:.1f}", class_=class_)


def _text(x: float, y: float, written: str, class_: str = "") -> Markup:
    return element("text", _plain(written), x=f"{x:.1f}", y=f"{y:.1f}", class_=class_)


def _plain(written: str) -> Markup:
    """Return words of ours, or inert ones, as markup that is text alone: other elements have no place in a drawing."""
    return Markup(html.escape(written))
