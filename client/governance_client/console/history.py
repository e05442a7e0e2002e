"""What has happened to a decision so far, as lines of its page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_client.console import words
from governance_client.console.halts import needed
from governance_client.console.inert import inert, wrap
from governance_client.console.quoting import facts, quoted
from governance_client.console.rendering import Line, actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def history(decision: v1.Decision, width: int) -> Iterator[Line]:
    """Yield what was changed, asked, voted, ordered, done and noted."""
    yield from _modifications(decision, width)
    yield from _inquiries(decision, width)
    yield from _votes(decision, width)
    yield from _resolution("approved", decision.approval, width)
    if decision.held:
        held = f"by a halt; no order is given while it lasts. Lapses {words.moment(decision.held_until)}"
        yield from facts([("held", held)], width)
    if decision.HasField("order"):
        yield from facts([("order", _order(decision.order))], width)
    yield from _outcome(decision, width)
    yield from _resolution("ended", decision.ending, width)
    if decision.returned:
        yield from facts([("returned", "for revision; core may propose it anew")], width)
    yield from _resolution("undo", decision.undo_requested, width)
    if decision.reversed_by:
        yield from facts([("reversed", f"by decision {inert(decision.reversed_by)}")], width)
    for note in decision.notes:
        yield from facts([("note", f"{words.moment(note.noted_at)} by {actor(note.actor)}")], width)
        yield from quoted("", note.text, width)


def alarms(decision: v1.Decision, width: int) -> Iterator[Line]:
    """Yield what somebody has to look at."""
    for alarm in decision.alarms:
        told = f"ALARM: {words.alarm(alarm.kind)}, since {words.moment(alarm.raised_at)}"
        yield from ([("class:late", piece)] for piece in wrap(told, width))


def change_lines(changes: Iterable[v1.ActionChange], width: int) -> Iterator[Line]:
    """Yield the differences between two actions, one a line, longer ones over several."""
    for change in changes:
        before, after = (inert(each) or "(none)" for each in (change.before, change.after))
        yield from facts([("  change", f"{inert(change.part)}: {before} → {after}")], width)


def approvals(decision: v1.Decision) -> str:
    """Return how many have approved the action as it stands, of how many that have to: `1 of 2 approvals`."""
    given = len({vote.actor.name for vote in decision.votes if vote.approved})
    return f"{given} of {max(decision.quorum.required, 1)} approvals"


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
            return f"{done}, held by a halt" if now.held else done
        return f"Approval taken, {approvals(now)}, still pending"
    if len([vote for vote in seen.votes if vote.approved]) + 1 < seen.quorum.required:
        return "Approval taken, more have to approve"
    return done


def _votes(decision: v1.Decision, width: int) -> Iterator[Line]:
    for vote in decision.votes:
        told = f"{'for' if vote.approved else 'against'}, {actor(vote.actor)}, {words.moment(vote.cast_at)}"
        yield from facts([("vote", told)], width)
        if vote.comment != decision.approval.reason:
            yield from quoted("", vote.comment, width)
    if decision.state == v1.DECISION_STATE_PENDING and (decision.votes or _is_demanding(decision.quorum)):
        yield from facts([("approvals", f"{approvals(decision)}: {needed(decision.quorum)}")], width)


def _is_demanding(quorum: v1.Quorum) -> bool:
    return quorum.required > 1 or bool(quorum.roles)


def _modifications(decision: v1.Decision, width: int) -> Iterator[Line]:
    for modification in decision.modifications:
        kind = "narrowed" if modification.narrowing else "changed"
        told = f"{kind} by {actor(modification.actor)} at {words.moment(modification.modified_at)}"
        yield from facts([("modified", f"{told}, version {modification.action_version} of the action")], width)
        yield from change_lines(modification.changes, width)


def _inquiries(decision: v1.Decision, width: int) -> Iterator[Line]:
    for inquiry in decision.inquiries:
        yield from facts([("asked", f"{words.moment(inquiry.asked_at)} by {actor(inquiry.asked_by)}")], width)
        yield from quoted("", inquiry.question, width)
        if not inquiry.HasField("answered_at"):
            yield from facts([("answered", "not yet")], width)
            continue
        yield from facts([("answered", words.moment(inquiry.answered_at))], width)
        yield from quoted("", inquiry.answer.reasoning, width)
        yield from quoted("", "\n".join(inquiry.answer.indicators), width)
        for exhibit in inquiry.answer.exhibits:
            yield from quoted(inert(exhibit.name, limit=width - 2), exhibit.text, width)


def _order(order: v1.Order) -> str:
    if order.accepted_by:
        return f"{inert(order.order_id)}, accepted by {inert(order.accepted_by)} at {words.moment(order.accepted_at)}"
    return f"{inert(order.order_id)}, waits for core until {words.moment(order.accept_by)}"


def _outcome(decision: v1.Decision, width: int) -> Iterator[Line]:
    if decision.HasField("outcome"):
        outcome = decision.outcome
        told = f"{words.outcome(outcome.result)}, {words.moment(outcome.reported_at)} by {actor(outcome.reported_by)}"
        yield from facts([("outcome", told)], width)
        yield from quoted("", outcome.detail, width)


def _resolution(label: str, resolution: v1.Resolution, width: int) -> Iterator[Line]:
    if not resolution.HasField("actor"):
        return
    told = f"{words.moment(resolution.resolved_at)} by {actor(resolution.actor)}"
    yield from facts([(label, told)], width)
    yield from quoted("", resolution.reason, width)
