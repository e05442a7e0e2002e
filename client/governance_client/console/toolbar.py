"""The toolbar: how we stand, who we are, what waits, what is hidden, and what is due next. Pure.

What does not fit is left out by importance: that a filter hides something is told before who we are. Drawing it takes
the same time however many decisions there are: everything counted is counted as news come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console import words
from governance_client.console.choosing import EVERYTHING
from governance_client.console.halts import scope_told
from governance_client.console.inert import fit, inert
from governance_client.console.rendering import Line, act, clip, line_width, risk_style, short_id
from governance_client.language import N_, _, ngettext
from governance_client.operator import Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance import v1
    from governance_client.console.desk import Desk
    from governance_client.operator import OperatorSession

_GAP: Final = "  "
_ACT_COLUMNS: Final = 28
"""So much is told of an action; its page tells the rest."""
_FILTER_COLUMNS: Final = 24
_COUNTDOWN: Final = 2
"""Fragments of what is due that tell how long there is."""


class View(NamedTuple):
    """What the toolbar shows.

    Attributes:
        link: How the session stands.
        you: Who we are.
        counts: How many decisions wait for a person, by risk.
        halts: The halts in force.
        alarms: How many open decisions somebody has to look at.
        due: The pending decision whose deadline is the nearest.
        now_us: The server's time.
        filtered: The filter that is on, as it is typed; empty for none.
        hidden: How many pending decisions it hides.
        focus: The decision in focus.
    """

    link: Link
    you: v1.Actor
    counts: Mapping[int, int]
    halts: Sequence[v1.Halt] = ()
    alarms: int = 0
    due: v1.Decision | None = None
    now_us: int = 0
    filtered: str = ""
    hidden: int = 0
    focus: v1.Decision | None = None


_LINKS: Final = {
    Link.UP: ("class:link.up", N_("connected")),
    Link.CONNECTING: ("class:link.down", N_("connecting")),
    Link.DOWN: ("class:link.down", N_("no connection")),
    Link.ENDED: ("class:link.down", N_("ended")),
}


def view(session: OperatorSession, desk: Desk) -> View:
    """Return what there is to show now. Nothing is counted here."""
    replica = session.replica
    return View(
        link=session.link,
        you=session.you,
        counts=replica.counts,
        halts=tuple(replica.halts.values()),
        alarms=replica.alarmed,
        due=replica.next_due(),
        now_us=session.clock.now_us(),
        filtered="" if desk.selection == EVERYTHING else desk.selection.told(),
        hidden=desk.hidden,
        focus=replica.get(desk.focus) if desk.focus else None,
    )


def toolbar(view: View, width: int) -> Line:
    """Return the toolbar's line, at most `width` columns."""
    parts = _parts(view, _due(view))
    if sum(len(_GAP) + line_width(part) for _importance, part in parts if part) - len(_GAP) > width:
        parts = _parts(view, _due(view)[:_COUNTDOWN])  # what is due is told by its page; who we are by nothing else
    shown = _fitting(parts, width)
    line: Line = []
    for part in shown:
        line += [*([("", _GAP)] if line else []), *part]
    return clip(line, width)


def _parts(view: View, due: Line) -> list[tuple[int, Line]]:
    """Return the parts in the order in which they stand; the number says which is left out first: the highest."""
    return [
        (0, _link(view)),
        (7, [("", f"{inert(view.you.name)} {words.role(view.you.role)}")]),
        (2, _counts(view.counts)),
        (1, _halts(view.halts)),
        (3, [("class:late", _("ALARM {count}").format(count=view.alarms))] if view.alarms else []),
        (4, _filter(view)),
        (6, _focus(view)),
        (5, due),
    ]


def _fitting(parts: list[tuple[int, Line]], width: int) -> list[Line]:
    """Return the parts that there is room for, the most important ones first served; the first has it in any case."""
    room, kept = width + len(_GAP), set[int]()
    for importance, part in sorted(parts, key=lambda each: each[0]):
        room -= len(_GAP) + line_width(part) if part else 0
        if room < 0 and importance:
            break
        kept.add(importance)
    return [part for importance, part in parts if part and importance in kept]


def _link(view: View) -> Line:
    style, text = _LINKS[view.link]
    return [(style, _(text))]


def _counts(counts: Mapping[int, int]) -> Line:
    """Return how many decisions there are of each risk, as letters, worst first: `C1 H0 M4 L2`."""
    line: Line = []
    for risk in words.RISKS:
        count = counts.get(risk, 0)
        style = risk_style(risk) if count else "class:dim"
        line += [(style, f"{words.risk(risk)[0].upper()}{count}"), ("", " ")]
    return line[:-1]


def _halts(halts: Sequence[v1.Halt]) -> Line:
    if not halts:
        return []
    text = _("HALTED {scope}").format(scope=fit(scope_told(halts[0].scope), _ACT_COLUMNS))
    if len(halts) > 1:
        text = _("{halted} +{count} more").format(halted=text, count=len(halts) - 1)
    return [("class:late", text)]


def _filter(view: View) -> Line:
    if not view.filtered:
        return []
    shown = fit(inert(view.filtered), _FILTER_COLUMNS)
    text = ngettext("filter {filter} (hides {count})", "filter {filter} (hides {count})", view.hidden)
    return [("class:news", text.format(filter=shown, count=view.hidden))]


def _focus(view: View) -> Line:
    return [("class:id", _("focus {id}").format(id=short_id(view.focus.decision_id)))] if view.focus else []


def _due(view: View) -> Line:
    if view.due is None:
        return []
    return [
        ("", _("next due ")),
        (risk_style(view.due.assessment.risk), words.countdown(view.due.schedule.deadline, view.now_us)),
        ("", " " + fit(act(view.due), _ACT_COLUMNS)),
    ]
