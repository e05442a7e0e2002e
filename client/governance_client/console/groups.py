"""Groups as lines: the list of them, and the page of one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.glyphs import GLYPHS
from governance_client.console.inert import name, pad, width_of
from governance_client.console.lines import NARROWEST, Line, clip
from governance_client.console.quoting import facts
from governance_client.console.telling import act, left, risk_style, short_id, targets
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from governance import v1
    from governance_client.console.grouping import Group

_ID: Final = 12
"""Columns of an id, mostly."""
_KEY: Final = 8
"""Characters of a key that are shown in a list."""
_NUMBERS: Final = frozenset({0, 1, 4})
"""The columns that stand to the right: row, count and score."""
_MEMBERS: Final = 20
"""Members that are listed; those that stand out are listed first and all."""
_DIFFERS: Final[Mapping[str, Callable[[], str]]] = {
    "risk": lambda: pgettext("stands out by", "risk"),
    "action": lambda: pgettext("stands out by", "action"),
    "scope": lambda: pgettext("stands out by", "scope"),
    "targets": lambda: pgettext("stands out by", "number of targets"),
    "confidence": lambda: pgettext("stands out by", "confidence"),
}


def groups(groups: Sequence[Group], now_us: int, width: int, *, first: int = 1) -> list[Line]:
    """Return groups as a table, numbered, a header before them.

    Args:
        groups: What to list; what is listed is drawn, so give one page.
        now_us: The server's time.
        width: Columns of the terminal; no line is wider.
        first: The first row's number.
    """
    width = max(width, NARROWEST)
    rows = [_head(), *(_row(number, group, now_us) for number, group in enumerate(groups, first))]
    sizes = [max(width_of(row[index][1]) for row in rows) for index in range(len(rows[0]) - 1)]
    return [clip(_aligned(row, sizes), width) for row in rows]


def _aligned(row: Line, sizes: Sequence[int]) -> Line:
    """Return a row with its cells filled up; the last stays as it is."""
    line: Line = []
    for column, ((style, text), size) in enumerate(zip(row, sizes, strict=False)):
        filled = " " * (size - width_of(text)) + text if column in _NUMBERS else pad(text, size)
        line += [(style, filled), ("", "  ")]
    return [*line, row[-1]]


def _head() -> Line:
    titles = (
        "#",
        pgettext("column", "count"),
        pgettext("column", "risk"),
        pgettext("column", "sure"),
        pgettext("column", "score"),
        pgettext("column", "left"),
        pgettext("column", "odd"),
        pgettext("column", "group"),
        pgettext("column", "like"),
    )
    return [("class:header", each) for each in titles]


def _row(number: int, group: Group, now_us: int) -> Line:
    odd = len(group.outstanding)
    return [
        ("class:dim", str(number)),
        ("class:title", str(len(group.members))),
        (risk_style(group.risk_high), _risks(group)),
        ("", _confidences(group)),
        ("", f"{group.score:.1f}"),
        ("", _left(group, now_us)),
        ("class:warning", f"{GLYPHS.marker}{odd}" if odd else "-"),
        ("class:id", name(group.key)[:_KEY]),
        ("", act(group.members[0])),
    ]


def group_page(group: Group, now_us: int, width: int, *, short: Callable[[str], str] = short_id) -> list[Line]:
    """Return one group: its counts and ranges, the members that stand out and by what, and the first of the others.

    Args:
        group: Which.
        now_us: The server's time.
        width: Columns of the terminal; no line is wider.
        short: Shortens an id to what is shown of it.
    """
    width = max(width, NARROWEST)
    title = ngettext("{count} decision like {act}", "{count} decisions like {act}", len(group.members))
    told = title.format(count=len(group.members), act=act(group.members[0]))
    odd = {each.decision.decision_id for each in group.outstanding}
    usual = [each for each in group.members if each.decision_id not in odd]
    lines = [
        clip([("class:title", told)], width),
        *facts(_facts(group, now_us), width),
        *_outstanding(group, now_us, width, short),
        *(_member("", each, now_us, width, short) for each in usual[:_MEMBERS]),
    ]
    more = len(usual) - _MEMBERS
    if more > 0:
        and_more = ngettext("and {count} more like these", "and {count} more like these", more).format(count=more)
        lines.append([("class:dim", f"  {GLYPHS.cut} {and_more}")])
    return lines


def _facts(group: Group, now_us: int) -> Iterator[tuple[str, str]]:
    yield "group", name(group.key)
    yield "risk", _("{risks}; scores add up to {score}").format(risks=_risks(group), score=f"{group.score:.2f}")
    yield "", _("core is {confidences} sure").format(confidences=_confidences(group))
    if group.deadline_us:
        yield "deadline", _("the nearest in {span}").format(span=_left(group, now_us))


def _outstanding(group: Group, now_us: int, width: int, short: Callable[[str], str]) -> Iterator[Line]:
    if not group.outstanding:
        return
    count = len(group.outstanding)
    told = ngettext("{count} member stands out:", "{count} members stand out:", count).format(count=count)
    yield [("class:warning", told)]
    for each in group.outstanding:
        yield _member(", ".join(_DIFFERS[trait]() for trait in each.differs), each.decision, now_us, width, short)


def _member(differs: str, decision: v1.Decision, now_us: int, width: int, short: Callable[[str], str]) -> Line:
    assessed = decision.assessment
    line: Line = [
        ("class:warning", f"{GLYPHS.marker} " if differs else "  "),
        ("class:id", f"{_padded(short(decision.decision_id))} "),
        (risk_style(assessed.risk), f"{words.risk(assessed.risk)} {assessed.score:.2f}"),
        ("", f" {decision.proposal.confidence:.0%} {words.action_type(decision.proposal.action.type)} "),
    ]
    if differs:
        line.append(("class:warning", f"({differs}) "))
    line += [*left(decision, now_us), ("", " "), ("class:target", targets(decision.proposal.action))]
    return clip(line, width)


def _padded(shown: str) -> str:
    return pad(shown, max(width_of(shown), _ID))


def _risks(group: Group) -> str:
    if group.risk_low == group.risk_high:
        return words.risk(group.risk_high)
    return f"{words.risk(group.risk_low)}-{words.risk(group.risk_high)}"


def _confidences(group: Group) -> str:
    low, high = f"{group.confidence_low:.0%}", f"{group.confidence_high:.0%}"
    return high if low == high else f"{low[:-1]}-{high}"


def _left(group: Group, now_us: int) -> str:
    if not group.deadline_us:
        return "-"
    if not now_us:
        return "?"
    left_us = group.deadline_us - now_us
    return words.span(left_us) if left_us > 0 else pgettext("deadline", "over {span}").format(span=words.span(-left_us))
