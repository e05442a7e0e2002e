"""The page of one decision: everything that an operator should know before deciding. Pure.

Of a high or critical decision, what it is about and what was found come before what core recommends and before what the
policy makes of it, so that whoever reads it has seen the evidence before anybody's conclusion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.evidence import about, evidence
from governance_client.console.grounds import assessment, recommendation
from governance_client.console.history import alarms, approvals, history
from governance_client.console.inert import name
from governance_client.console.lines import NARROWEST, Line, clip
from governance_client.console.quoting import facts
from governance_client.console.rendering import summary
from governance_client.console.telling import short_id, targets
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVIDENCE_FIRST: Final = frozenset({v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL})


def page(decision: v1.Decision, now_us: int, width: int) -> list[Line]:
    """Return a decision as lines of at most `width` columns."""
    width = max(width, NARROWEST)
    found = [*about(decision, width), *evidence(decision.proposal.evidence, width)]
    parts = [
        _part(_("What was found"), found, width),
        _part(_("What core recommends"), [*recommendation(decision, width)], width),
        _part(_("What the policy makes of it"), [*assessment(decision.assessment, width)], width),
    ]
    if not evidence_first(decision):
        parts.append(parts.pop(0))
    parts.append(_part(_("What has happened so far"), [*history(decision, width)], width))
    return [
        _title(decision, width),
        *alarms(decision, width),
        *facts(_standing(decision, now_us), width),
        *(line for part in parts for line in part),
    ]


def evidence_first(decision: v1.Decision) -> bool:
    """Tell whether a decision's page shows the evidence before the recommendation."""
    return decision.assessment.risk in _EVIDENCE_FIRST


def _part(heading: str, lines: list[Line], width: int) -> list[Line]:
    """Return lines under a heading; nothing where there are none."""
    return [clip([("class:header", heading)], width), *lines] if lines else []


def _title(decision: v1.Decision, width: int) -> Line:
    if not evidence_first(decision):
        return [("class:title", text) for _style, text in summary(decision, 0, width)]
    told = pgettext("title of a page", "About {targets}").format(targets=targets(decision.proposal.action))
    return clip([("class:title", told), ("class:id", f"  {short_id(decision.decision_id)}")], width)


def _standing(decision: v1.Decision, now_us: int) -> Iterator[tuple[str, str]]:
    yield (
        "decision",
        _("{decision}, version {version}, entry {offset}").format(
            decision=name(decision.decision_id), version=decision.version, offset=decision.offset
        ),
    )
    yield "state", _state(decision)
    yield "proposed", _proposed(decision)
    if decision.state == v1.DECISION_STATE_PENDING:
        yield "decides", _decides(decision)
        if decision.schedule.HasField("deadline"):
            yield "deadline", _deadline(decision.schedule, now_us)
        if decision.schedule.HasField("deferred_until"):
            until = words.moment(decision.schedule.deferred_until)
            yield "deferred", _("until {moment}; the deadline stays").format(moment=until)
    if decision.assignee:
        yield "assigned", _("to {who}").format(who=name(decision.assignee))
    if decision.claim.operator:
        told = _("by {who} until {moment}")
        until = words.moment(decision.claim.expires_at)
        yield "claimed", told.format(who=name(decision.claim.operator), moment=until)


def _state(decision: v1.Decision) -> str:
    told = words.state_told(decision.state)
    return f"{told}: {words.expiry(decision.expiry_reason)}" if decision.expiry_reason else told


def _proposed(decision: v1.Decision) -> str:
    told = _("{moment} by core {core}").format(moment=words.moment(decision.proposed_at), core=name(decision.core))
    if decision.occurrences <= 1:
        return told
    often = ngettext("{count} time, the same each time", "{count} times, the same each time", decision.occurrences)
    return f"{told}; {often.format(count=decision.occurrences)}"


def _decides(decision: v1.Decision) -> str:
    told = _("{role} or above").format(role=words.role(decision.tier))
    if decision.quorum.required > 1:
        told = _("{who}, {count} of them").format(who=told, count=decision.quorum.required)
    return f"{told}; {approvals(decision)}" if decision.votes or decision.quorum.required > 1 else told


def _deadline(schedule: v1.Schedule, now_us: int) -> str:
    told = _("{moment} (left: {span})").format(
        moment=words.moment(schedule.deadline), span=words.countdown(schedule.deadline, now_us)
    )
    if not schedule.breaches:
        return told
    missed = ngettext("missed {count} time before", "missed {count} times before", schedule.breaches)
    return f"{told}, {missed.format(count=schedule.breaches)}"
