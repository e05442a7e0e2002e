"""The toolbar: how we stand, who we are, what waits and what is due next. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance_client.console import words
from governance_client.console.halts import scope_told
from governance_client.console.inert import inert
from governance_client.console.rendering import Line, act, clip, counts, risk_style
from governance_client.operator import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1


class View(NamedTuple):
    """What the toolbar shows.

    Attributes:
        link: How the session stands.
        you: Who we are.
        pending: What waits for a person.
        halts: The halts in force.
        alarms: How many open decisions somebody has to look at.
        now_us: The server's time.
    """

    link: Link
    you: v1.Actor
    pending: Sequence[v1.Decision]
    halts: Sequence[v1.Halt]
    alarms: int
    now_us: int


_LINKS = {
    Link.UP: ("class:link.up", "connected"),
    Link.CONNECTING: ("class:link.down", "connecting"),
    Link.DOWN: ("class:link.down", "no connection"),
    Link.ENDED: ("class:link.down", "ended"),
}


def toolbar(view: View, width: int) -> Line:
    """Return the toolbar's line, at most `width` columns."""
    line: Line = [
        _LINKS[view.link],
        ("", f"  {inert(view.you.name)} {words.role(view.you.role)}  "),
        *counts(view.pending),
    ]
    if view.halts:
        more = f" +{len(view.halts) - 1} more" if len(view.halts) > 1 else ""
        line += [("", "  "), ("class:late", f"HALTED {scope_told(view.halts[0].scope)}{more}")]
    if view.alarms:
        line += [("", "  "), ("class:late", f"ALARM {view.alarms}")]
    due = min(
        (each for each in view.pending if each.schedule.HasField("deadline")),
        key=lambda each: words.microseconds(each.schedule.deadline),
        default=None,
    )
    if due is not None:
        line += [
            ("", "  next due "),
            (risk_style(due.assessment.risk), words.countdown(due.schedule.deadline, view.now_us)),
            ("", f" {act(due)}"),
        ]
    return clip(line, width)
