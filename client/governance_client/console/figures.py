"""Figures: how things stand, what one operator did, how the server is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.events import event_told
from governance_client.console.halts import halt_line
from governance_client.console.inert import name, pad
from governance_client.console.lines import NARROWEST, Line, clip
from governance_client.console.quoting import facts
from governance_client.console.telling import risk_style
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.duration_pb2 import Duration

    from governance import v1

_EVENTS: Final = 12
"""Of an operator's deeds, the most frequent."""


def statistics(response: v1.GetStatisticsResponse, width: int) -> list[Line]:
    """Return how decisions stand, as lines of at most `width` columns."""
    return [clip(line, max(width, NARROWEST)) for line in _statistics(response, max(width, NARROWEST))]


def _statistics(counted: v1.GetStatisticsResponse, width: int) -> Iterator[Line]:
    now_us = words.microseconds(counted.server_time)
    yield from _by_risk(counted)
    yield []
    yield from _by_state(counted)
    yield []
    told = _("approved by policy {approved}, deadline missed and still open {breached}")
    yield [("", told.format(approved=counted.approved_by_policy, breached=counted.open_breached))]
    if counted.alarms:
        told = _("decisions that somebody has to look at (alarms): {count}")
        yield [("class:late", told.format(count=counted.alarms))]
    for halt in counted.halts:
        yield halt_line(halt, now_us, width)
    if counted.HasField("nearest_deadline"):
        left = words.countdown(counted.nearest_deadline, now_us)
        yield [("", _("next deadline in {span}").format(span=left))]
    yield [("class:dim", _served(counted))]


def _by_risk(counted: v1.GetStatisticsResponse) -> Iterator[Line]:
    risk, still_open, ever = pgettext("column", "risk"), pgettext("column", "open"), pgettext("column", "ever")
    yield [("class:header", f"{pad(risk, 10)}{still_open:>8}{ever:>8}")]
    for row in counted.risks:
        yield [(risk_style(row.risk), pad(words.risk(row.risk), 10)), ("", f"{row.open:>8}{row.total:>8}")]


def _by_state(counted: v1.GetStatisticsResponse) -> Iterator[Line]:
    yield [("class:header", f"{pad(pgettext('column', 'state'), 18)}{pgettext('column', 'count'):>8}")]
    for each in counted.states:
        yield [("", f"{pad(words.state_told(each.state), 18)}{each.count:>8}")]


def _served(counted: v1.GetStatisticsResponse) -> str:
    operators = ngettext("{count} operator", "{count} operators", counted.operators_connected)
    cores = ngettext("{count} core", "{count} cores", counted.cores_connected)
    return _("entry {offset}; connected: {operators}, {cores}; serving for {span}").format(
        offset=counted.offset,
        operators=operators.format(count=counted.operators_connected),
        cores=cores.format(count=counted.cores_connected),
        span=words.span(counted.uptime.seconds * words.SECOND_US),
    )


def operator_statistics(response: v1.GetOperatorStatisticsResponse, width: int) -> list[Line]:
    """Return what one operator did, as lines of at most `width` columns."""
    width = max(width, NARROWEST)
    role = words.role(response.role) if response.role else _("no longer let in")
    who = f"{name(response.operator)} ({role})"
    told = _("{who}, connected") if response.connected else _("{who}, not connected")
    return [
        clip([("class:title", told.format(who=who))], width),
        *facts(_verdicts(response), width),
        *_events(response, width),
    ]


def _verdicts(response: v1.GetOperatorStatisticsResponse) -> Iterator[tuple[str, str]]:
    since = words.moment(response.since)
    if response.HasField("first_at"):
        told = _("{since}; first deed {first}, last {last}")
        since = told.format(since=since, first=words.moment(response.first_at), last=words.moment(response.last_at))
    yield "since", since
    judged = response.approved + response.rejected
    if not judged:
        yield "verdicts", _("none")
        return
    told = _("{approved} approved, {rejected} rejected: {rate} approved; {batched} of them in batches")
    yield (
        "verdicts",
        told.format(
            approved=response.approved,
            rejected=response.rejected,
            rate=f"{response.approved / judged:.0%}",
            batched=response.in_batches,
        ),
    )
    if response.HasField("median_to_decide"):
        yield "", _("half of them within {span} of the proposal").format(span=_span(response.median_to_decide))
    if response.HasField("median_reading"):
        yield "", _("half of them after {span} or more in view").format(span=_span(response.median_reading))


def _events(response: v1.GetOperatorStatisticsResponse, width: int) -> Iterator[Line]:
    if not response.events:
        return
    yield []
    yield [("class:header", f"{pad(pgettext('column', 'what'), 26)}{pgettext('column', 'count'):>8}")]
    for each in response.events[:_EVENTS]:
        yield clip([("", f"{pad(event_told(each.event), 26)}{each.count:>8}")], width)


def _span(duration: Duration) -> str:
    return words.span(duration.seconds * words.SECOND_US)


def health(
    serving: bool,
    took_s: float,
    halts: Sequence[v1.Halt] = (),
    *,
    now_us: int = 0,
    width: int = 200,
    status: str = "",
) -> list[Line]:
    """Return how the server is, and what is halted.

    Args:
        serving: It says that it serves.
        took_s: How long the answer took.
        halts: The halts in force.
        now_us: The server's time.
        width: Columns of the terminal; no line is wider.
        status: What it says instead of serving, in words; empty for "not serving".
    """
    style = "class:done" if serving else "class:refused"
    said = pgettext("server", "serving") if serving else status or pgettext("server", "not serving")
    took = _(", answered in {milliseconds} ms").format(milliseconds=f"{took_s * 1000:.1f}")
    return [[(style, said), ("", took)], *(halt_line(each, now_us, width) for each in halts)]
