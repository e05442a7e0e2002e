"""What has happened to a decision so far, as lines of its page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_client.console import words
from governance_client.console.glyphs import GLYPHS
from governance_client.console.halts import needed
from governance_client.console.inert import name, wrap
from governance_client.console.quoting import facts, quoted
from governance_client.console.telling import actor
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.timestamp_pb2 import Timestamp

    from governance_client.console.lines import Line


def history(decision: v1.Decision, width: int) -> Iterator[Line]:
    """Yield what was changed, asked, voted, ordered, done and noted."""
    yield from _modifications(decision, width)
    yield from _inquiries(decision, width)
    yield from _votes(decision, width)
    yield from _resolution("approved", decision.approval, width)
    if decision.held:
        held = _("by a halt; no order is given while it lasts. Lapses {moment}")
        yield from facts([("held", held.format(moment=words.moment(decision.held_until)))], width)
    if decision.HasField("order"):
        yield from facts([("order", _order(decision.order))], width)
    yield from _outcome(decision, width)
    yield from _resolution("ended", decision.ending, width)
    if decision.returned:
        yield from facts([("returned", _("for revision; core may propose it anew"))], width)
    yield from _resolution("undo", decision.undo_requested, width)
    if decision.reversed_by:
        told = _("by decision {decision}").format(decision=name(decision.reversed_by))
        yield from facts([("reversed", told)], width)
    for note in decision.notes:
        yield from facts([("note", done(note.noted_at, note.actor))], width)
        yield from quoted("", note.text, width)


def done(when: Timestamp, who: v1.Actor) -> str:
    """Return when something was done, and by whom."""
    return _("{moment} by {who}").format(moment=words.moment(when), who=actor(who))


def alarms(decision: v1.Decision, width: int) -> Iterator[Line]:
    """Yield what somebody has to look at."""
    for alarm in decision.alarms:
        told = _("ALARM: {alarm}, since {moment}").format(
            alarm=words.alarm(alarm.kind), moment=words.moment(alarm.raised_at)
        )
        yield from ([("class:late", piece)] for piece in wrap(told, width))


def change_lines(changes: Iterable[v1.ActionChange], width: int) -> Iterator[Line]:
    """Yield the differences between two actions, one a line, longer ones over several; what was written is quoted."""
    for change in changes:
        before, after = (each or _("(none)") for each in (change.before, change.after))
        yield from quoted("change", f"{before} {GLYPHS.arrow} {after}", width, title=change.part)


def approvals(decision: v1.Decision) -> str:
    """Return how many have approved the action as it stands, of how many that have to: `1 of 2 approvals`."""
    given = len({vote.actor.name for vote in decision.votes if vote.approved})
    told = _("{given} of {required} approvals")
    return told.format(given=given, required=max(decision.quorum.required, 1))


def approval_told(done: str, seen: v1.Decision, now: v1.Decision | None, offset: int) -> str:
    """Return what is told of an approval that was taken: only what is approved is called so.

    Args:
        done: What is told where it is approved, as in "Approved".
        seen: The decision as it was when the approval was sent.
        now: The decision as it is known now; it may be of before the approval still.
        offset: The entry that recorded the approval.
    """
    if now is not None and now.offset >= offset:
        if now.state != v1.DECISION_STATE_PENDING:
            return _("{done}, held by a halt").format(done=done) if now.held else done
        return _("Approval taken, {approvals}, still pending").format(approvals=approvals(now))
    if len([vote for vote in seen.votes if vote.approved]) + 1 < seen.quorum.required:
        return _("Approval taken, more have to approve")
    return done


def _votes(decision: v1.Decision, width: int) -> Iterator[Line]:
    for vote in decision.votes:
        told = _("for, {who}, {moment}") if vote.approved else _("against, {who}, {moment}")
        told = told.format(who=actor(vote.actor), moment=words.moment(vote.cast_at))
        yield from facts([("vote", told)], width)
        if vote.comment != decision.approval.reason:
            yield from quoted("", vote.comment, width)
    if decision.state == v1.DECISION_STATE_PENDING and (decision.votes or _is_demanding(decision.quorum)):
        yield from facts([("approvals", f"{approvals(decision)}: {needed(decision.quorum)}")], width)


def _is_demanding(quorum: v1.Quorum) -> bool:
    return quorum.required > 1 or bool(quorum.roles)


def _modifications(decision: v1.Decision, width: int) -> Iterator[Line]:
    for modification in decision.modifications:
        told = (
            _("narrowed by {who} at {moment}, version {version} of the action")
            if modification.narrowing
            else _("changed by {who} at {moment}, version {version} of the action")
        )
        told = told.format(
            who=actor(modification.actor),
            moment=words.moment(modification.modified_at),
            version=modification.action_version,
        )
        yield from facts([("modified", told)], width)
        yield from change_lines(modification.changes, width)


def _inquiries(decision: v1.Decision, width: int) -> Iterator[Line]:
    for inquiry in decision.inquiries:
        yield from facts([("asked", done(inquiry.asked_at, inquiry.asked_by))], width)
        yield from quoted("", inquiry.question, width)
        if not inquiry.HasField("answered_at"):
            yield from facts([("answered", _("not yet"))], width)
            continue
        yield from facts([("answered", words.moment(inquiry.answered_at))], width)
        yield from quoted("", inquiry.answer.reasoning, width)
        yield from quoted("", "\n".join(inquiry.answer.indicators), width)
        for exhibit in inquiry.answer.exhibits:
            yield from quoted("", exhibit.text, width, title=exhibit.name)


def _order(order: v1.Order) -> str:
    if order.accepted_by:
        return _("{order}, accepted by {instance} at {moment}").format(
            order=name(order.order_id), instance=name(order.accepted_by), moment=words.moment(order.accepted_at)
        )
    told = _("{order}, waits for core until {moment}")
    return told.format(order=name(order.order_id), moment=words.moment(order.accept_by))


def _outcome(decision: v1.Decision, width: int) -> Iterator[Line]:
    if decision.HasField("outcome"):
        outcome = decision.outcome
        told = _("{result}, {moment} by {who}").format(
            result=words.outcome(outcome.result),
            moment=words.moment(outcome.reported_at),
            who=actor(outcome.reported_by),
        )
        yield from facts([("outcome", told)], width)
        yield from quoted("", outcome.detail, width)


def _resolution(label: str, resolution: v1.Resolution, width: int) -> Iterator[Line]:
    if not resolution.HasField("actor"):
        return
    yield from facts([(label, done(resolution.resolved_at, resolution.actor))], width)
    yield from quoted("", resolution.reason, width)
