"""Notices: which entries of the ledger people outside are told of, and in which words.

A notice holds ids, the risk, the action's type and times: never parameters, targets, evidence or anything that somebody
wrote, since mail and chat are read by more people than the console is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.engine.ports import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.timestamp_pb2 import Timestamp


class NoticeKind(Enum):
    """What a notice is about. The values are the words of `server.toml`, in the order a notice names them."""

    HALT_DECLARED = "halt_declared"
    HALT_ENDED = "halt_ended"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NOBODY_REACHABLE = "nobody_reachable"
    SLA_BREACH = "sla_breach"
    ESCALATION = "escalation"
    SLA_WARNING = "sla_warning"


_ORDER: Final = tuple(NoticeKind)
_LABELS: Final = {
    NoticeKind.HALT_DECLARED: "Halt declared",
    NoticeKind.HALT_ENDED: "Halt ended",
    NoticeKind.OUTCOME_UNKNOWN: "Outcome unknown",
    NoticeKind.NOBODY_REACHABLE: "Nobody reachable",
    NoticeKind.SLA_BREACH: "SLA breach",
    NoticeKind.ESCALATION: "Escalation",
    NoticeKind.SLA_WARNING: "SLA warning",
}
_EVENTS: Final = {
    "halt_declared": NoticeKind.HALT_DECLARED,
    "halt_ended": NoticeKind.HALT_ENDED,
    "sla_warned": NoticeKind.SLA_WARNING,
    "sla_breached": NoticeKind.SLA_BREACH,
    "decision_escalated": NoticeKind.ESCALATION,
}
_ALARMS: Final = {
    v1.ALARM_KIND_NOBODY_REACHABLE: NoticeKind.NOBODY_REACHABLE,
    v1.ALARM_KIND_OUTCOME_UNKNOWN: NoticeKind.OUTCOME_UNKNOWN,
}
REMINDERS: Final = frozenset({NoticeKind.SLA_WARNING, NoticeKind.SLA_BREACH, NoticeKind.ESCALATION})
"""Kinds that remind of a decision that waits; every other kind is urgent."""


class Notice(NamedTuple):
    """One entry that people outside are told of.

    Attributes:
        offset: The entry.
        recorded_at_us: When it was recorded, in microseconds since the epoch.
        kinds: What it is about, at least one, in the order of NoticeKind.
        subject: The decision, or the halt.
        about: The rest of what is told of it.
        risk: The decision's; unspecified where it is about the house.
    """

    offset: int
    recorded_at_us: int
    kinds: tuple[NoticeKind, ...]
    subject: str
    about: str
    risk: v1.RiskLevel.ValueType = v1.RISK_LEVEL_UNSPECIFIED


def kinds_of(entry: v1.Entry) -> tuple[NoticeKind, ...]:
    """Return what an entry has to be told for, in the order of NoticeKind; nothing for most entries."""
    found = {kind for event in entry.events if (kind := _kind(event)) is not None}
    return tuple(sorted(found, key=_ORDER.index)) if found else ()


def notice_of_house(entry: v1.Entry, kinds: tuple[NoticeKind, ...]) -> Notice:
    """Return the notice of an entry about a halt."""
    halt_id, about = "", ""
    for event in entry.events:
        if event.HasField("halt_declared"):
            halt_id, about = event.halt_declared.halt_id, _extent(event.halt_declared)
        elif event.HasField("halt_ended"):
            halt_id = event.halt_ended.halt_id
            about = "its time ran out" if event.halt_ended.expired else "released"
    return Notice(entry.offset, microseconds(entry.recorded_at), kinds, halt_id, about)


def notice_of_decision(entry: v1.Entry, kinds: tuple[NoticeKind, ...], decision: v1.Decision) -> Notice:
    """Return the notice of an entry about a decision, which may have gone on since."""
    risk, deadline = decision.assessment.risk, _deadline(entry, decision)
    about = f"risk {_risk(risk)}, action {_action(decision.proposal.action.type)}"
    if deadline is not None:
        about += f", deadline {_moment(microseconds(deadline))}"
    return Notice(entry.offset, microseconds(entry.recorded_at), kinds, decision.decision_id, about, risk)


def message_of(notices: Sequence[Notice]) -> Message:
    """Return one message about at least one notice, a line for each in the order of the ledger."""
    first, *others = notices
    title = f"Governance: {_labels(first)}: {_inert(first.subject)}"
    if others:
        title += f" and {len(others)} more"
    urgent = any(kind not in REMINDERS for notice in notices for kind in notice.kinds)
    return Message(title, "\n".join(map(_line, notices)), urgent)


def _kind(event: v1.Event) -> NoticeKind | None:
    if event.HasField("alarm_raised"):
        return _ALARMS.get(event.alarm_raised.kind)
    if event.HasField("outcome_reported"):
        unknown = event.outcome_reported.result == v1.OUTCOME_RESULT_UNKNOWN
        return NoticeKind.OUTCOME_UNKNOWN if unknown else None
    return _EVENTS.get(event.WhichOneof("kind") or "")


def _deadline(entry: v1.Entry, decision: v1.Decision) -> Timestamp | None:
    """Return the deadline that the entry speaks of, the newest; else the one the decision has now, if it has one."""
    told = None
    for event in entry.events:
        if event.HasField("decision_escalated"):
            return event.decision_escalated.deadline
        if event.HasField("sla_warned"):
            told = event.sla_warned.deadline
        elif event.HasField("sla_breached"):
            told = event.sla_breached.deadline
    if told is None and decision.schedule.HasField("deadline"):
        return decision.schedule.deadline
    return told


def _extent(halt: v1.HaltDeclared) -> str:
    scope = halt.WhichOneof("scope")
    about = "everything"
    if scope == "core":
        about = f"core {_inert(halt.core)}"
    elif scope == "action":
        about = f"action {_action(halt.action)}"
    elif scope == "target_digest":
        about = "one target"
    until = f"until {_moment(microseconds(halt.expires_at))}" if halt.HasField("expires_at") else "until released"
    return f"{about}, {until}"


def _line(notice: Notice) -> str:
    subject = f"{_labels(notice)}: {_inert(notice.subject)}, {notice.about}"
    return f"{subject} (entry {notice.offset}, {_moment(notice.recorded_at_us)})"


def _labels(notice: Notice) -> str:
    return ", ".join(_LABELS[kind] for kind in notice.kinds)


def _moment(moment_us: int) -> str:
    return datetime.fromtimestamp(moment_us // SECOND_US, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _risk(risk: v1.RiskLevel.ValueType) -> str:
    known = risk in v1.RiskLevel.values()
    return v1.RiskLevel.Name(risk).removeprefix("RISK_LEVEL_").lower() if known else "unknown"


def _action(action: v1.ActionType.ValueType) -> str:
    known = action in v1.ActionType.values()
    return v1.ActionType.Name(action).removeprefix("ACTION_TYPE_").lower() if known else "unknown"


def _inert(text: str) -> str:
    """Return a text that cannot forge a line or a mail's header, whatever wrote it."""
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode("ascii")
