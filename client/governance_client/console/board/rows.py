"""Rows: one decision on one line of a pane, as much of it as there is room for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.inert import fit, inert, pad, width_of
from governance_client.console.refusals import ago
from governance_client.console.rendering import act, actor, clip, risk_style, short_id
from governance_client.language import _, pgettext

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from governance_client.console.rendering import Line

SELECTED: Final = "> "
"""Stands before the selected row, so that it is seen without colours; the same in ASCII."""
_OTHER: Final = "  "
_LEFT: Final = 11
_STANDING: Final = 12
_ID: Final = 12
_NAME: Final = 64
_WORDS_FROM: Final = 72
"""Columns from which a risk is a word, and not its letter alone."""
_ID_FROM: Final = 60
_STANDING_FROM: Final = 50
"""Columns from which there is room for the id, and for who is at it."""


def pending_row(decision: v1.Decision, now_us: int, width: int, *, selected: bool) -> Line:
    """Return a pending decision on a line of at most `width` columns: risk, time left, action, who is at it, id."""
    line: Line = [
        ("class:selected" if selected else "", SELECTED if selected else _OTHER),
        (risk_style(decision.assessment.risk), _risk(decision, width)),
        ("", " "),
        *_left(decision, now_us),
        ("", " "),
    ]
    tail = _tail(decision, width)
    room = max(width - sum(width_of(text) for _style, text in (*line, *tail)), 1)
    line.append(("class:target" if selected else "", pad(act(decision), room)))
    return clip([*line, *tail], width)


def _risk(decision: v1.Decision, width: int) -> str:
    name = words.risk(decision.assessment.risk)
    return pad(name, len("critical")) if width >= _WORDS_FROM else name[:1].upper()


def _left(decision: v1.Decision, now_us: int) -> Line:
    if not decision.schedule.HasField("deadline"):
        return [("class:dim", pad("-", _LEFT))]
    urgent = decision.schedule.warned or decision.schedule.breaches > 0
    left = words.countdown(decision.schedule.deadline, now_us) + ("!" if urgent else "")
    return [("class:late" if urgent else "", pad(left, _LEFT))]


def _tail(decision: v1.Decision, width: int) -> Line:
    tail: Line = []
    if width >= _STANDING_FROM:
        tail += [("", " "), ("class:news", pad(_standing(decision), _STANDING))]
    if width >= _ID_FROM:
        tail += [("", " "), ("class:id", pad(short_id(decision.decision_id), _ID))]
    return tail


def _standing(decision: v1.Decision) -> str:
    """Return the one thing that matters most about who is at it."""
    if decision.alarms:
        return _("ALARM")
    if decision.claim.operator:
        return f"@{inert(decision.claim.operator, limit=_NAME)}"
    if decision.votes:
        return _("{given} of {required} yes").format(
            given=sum(vote.approved for vote in decision.votes), required=max(decision.quorum.required, 1)
        )
    if decision.schedule.HasField("deferred_until"):
        return pgettext("decision", "set aside")
    return _("for {name}").format(name=inert(decision.assignee, limit=_NAME)) if decision.assignee else ""


def ended_lines(decision: v1.Decision, now_us: int, width: int) -> list[Line]:
    """Return a decision that ended, as `lines_of_an_end` many lines: how, when, by whom, and what it was."""
    when, who = _end(decision)
    told = words.state_told(decision.state)
    if when is not None:
        told = f"{ago(when, now_us)} {told}"
    if who is not None:
        told = _("{what} by {who}").format(what=told, who=_short(who, width))
    how: Line = [(_END_STYLES.get(decision.state, ""), told)]
    what: Line = [("", act(decision)), ("class:id", f" {short_id(decision.decision_id)}")]
    parts = [[*how, ("", " "), *what]] if lines_of_an_end(width) == 1 else [how, [("", _OTHER), *what]]
    return [clip(part, width) for part in parts]


def lines_of_an_end(width: int) -> int:
    """Return how many lines an ended decision takes: on a narrow pane one would not name it."""
    return 1 if width >= _ID_FROM else 2


_END_STYLES: Final = {
    v1.DECISION_STATE_REJECTED: "class:refused",
    v1.DECISION_STATE_FAILED: "class:late",
    v1.DECISION_STATE_EXECUTED: "class:done",
}


def _end(decision: v1.Decision) -> tuple[Timestamp | None, v1.Actor | None]:
    """Return when a decision ended, and who decided that."""
    if decision.ending.HasField("resolved_at") or decision.ending.HasField("actor"):
        when = decision.ending.resolved_at if decision.ending.HasField("resolved_at") else None
        return when, decision.ending.actor if decision.ending.HasField("actor") else None
    when = decision.outcome.reported_at if decision.outcome.HasField("reported_at") else None
    return when, decision.approval.actor if decision.approval.HasField("actor") else None


def _short(who: v1.Actor, width: int) -> str:
    """Return who it was: with the role where there is room for it."""
    return actor(who) if width >= _WORDS_FROM else fit(inert(who.name, limit=_NAME) or words.actor_kind(who.kind), 20)
