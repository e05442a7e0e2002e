"""How decisions like one ended: counts as bars, and the latest of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.glyphs import bar
from governance_client.console.inert import pad, width_of
from governance_client.console.lines import NARROWEST, Line, clip
from governance_client.console.quoting import quoted
from governance_client.console.telling import act, actor, short_id
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1

_BAR_MOST: Final = 40
_BAR_LEAST: Final = 4
_COUNT: Final = 6
_REASON_LINES: Final = 3
"""Of each reason: who wants all of one looks at its page."""


def similar(response: v1.ListSimilarDecisionsResponse, now_us: int, width: int) -> list[Line]:
    """Return how like decisions ended, as lines of at most `width` columns."""
    width = max(width, NARROWEST)
    total = sum(each.count for each in response.states)
    return [
        clip([("class:title", _title(total, response.open))], width),
        *_counts(response, total, width),
        *_latest(response, now_us, width),
    ]


def _title(total: int, still_open: int) -> str:
    told = (
        ngettext("{count} like it has ended", "{count} like it have ended", total).format(count=total)
        if total
        else _("None like it has ended yet")
    )
    if not still_open:
        return f"{told}."
    waits = ngettext("{count} more is open", "{count} more are open", still_open).format(count=still_open)
    return f"{told}; {waits}."


def _counts(response: v1.ListSimilarDecisionsResponse, total: int, width: int) -> Iterator[Line]:
    label = max((width_of(words.state_told(each.state)) for each in response.states), default=0)
    label = min(label, width - _BAR_LEAST - _COUNT - 2)
    room = min(width - label - _COUNT - 2, _BAR_MOST)
    for each in response.states:
        drawn, rest = bar(each.count / total if total else 0, room)
        line: Line = [
            ("", f"{pad(words.state_told(each.state), label)} "),
            ("class:bar", drawn),
            ("class:bar.rest", rest),
            ("", f" {each.count:>{_COUNT}}"),
        ]
        yield clip(line, width)
    if response.approved_by_policy:
        told = _("approved by policy, without a person: {count}")
        yield clip([("class:dim", told.format(count=response.approved_by_policy))], width)


def _latest(response: v1.ListSimilarDecisionsResponse, now_us: int, width: int) -> Iterator[Line]:
    for each in response.decisions:
        line: Line = [("class:title", words.state_told(each.state))]
        resolution = _decided(each)
        if resolution.HasField("actor"):
            line += _by(resolution, now_us)
        line += [("", f": {act(each)}"), ("class:id", f" {short_id(each.decision_id)}")]
        yield clip(line, width)
        yield from quoted("", resolution.reason, width, most=_REASON_LINES)


def _by(resolution: v1.Resolution, now_us: int) -> Line:
    line: Line = [("", " " + _("by {who}").format(who=actor(resolution.actor)))]
    if now_us and resolution.HasField("resolved_at"):
        ago = words.span(now_us - words.microseconds(resolution.resolved_at))
        line.append(("class:dim", ", " + _("{span} ago").format(span=ago)))
    return line


def _decided(decision: v1.Decision) -> v1.Resolution:
    """Return who or what decided: whoever ended it without its being executed, else whoever approved it."""
    return decision.ending if decision.ending.HasField("actor") else decision.approval
