"""What happened to a decision between two looks at it, in a few words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.history import approvals
from governance_client.console.inert import inert
from governance_client.console.rendering import actor
from governance_client.language import _, pgettext

if TYPE_CHECKING:
    from governance_client.operator import Update

_NAME: Final = 64
"""The contract's bound on names."""


def is_arrival(update: Update) -> bool:
    """Say whether a decision has newly come to wait for a person."""
    return update.before is None and update.after.state == v1.DECISION_STATE_PENDING


def has_alarmed(update: Update) -> bool:
    """Say whether somebody newly has to look at a decision."""
    return len(update.after.alarms) > (len(update.before.alarms) if update.before is not None else 0)


def is_assigned(update: Update, me: str) -> bool:
    """Say whether a decision was newly assigned to an operator."""
    before = update.before.assignee if update.before is not None else ""
    return bool(me) and update.after.assignee == me != before


def is_done_by(update: Update, me: str) -> bool:
    """Say whether it was this operator who did it."""
    who = update.cause.actor
    return bool(me) and who.kind == v1.ACTOR_KIND_OPERATOR and who.name == me


def told(update: Update) -> str:
    """Return what happened to a decision in a few inert words; empty where it is not worth a line."""
    after, before = update.after, update.before
    if has_alarmed(update):
        return _("ALARM, {why}").format(why=words.alarm(after.alarms[-1].kind))
    if before is None or before.state != after.state:
        return _by(_moved(after), update)
    if after.held and not before.held:
        return _("approved, and held by a halt")
    if after.HasField("undo_requested") and not before.HasField("undo_requested"):
        return _by(_("to be undone"), update)
    return _still_waiting(update, before)


def _moved(after: v1.Decision) -> str:
    if after.state == v1.DECISION_STATE_EXECUTING:
        return _("being executed")
    return _("returned to core") if after.returned else words.state_told(after.state)


def _still_waiting(update: Update, before: v1.Decision) -> str:
    """Return what happened to a decision that is where it was."""
    after = update.after
    if after.tier > before.tier:
        return _by(_("now for {role}").format(role=words.role(after.tier)), update)
    if after.schedule.breaches > before.schedule.breaches:
        return _("has missed its deadline")
    if after.schedule.warned and not before.schedule.warned:
        return _("is running out of time")
    if _answers(after) > _answers(before):
        return _("core has answered")
    what = _done(after, before)
    return _by(what, update) if what else ""


def _done(after: v1.Decision, before: v1.Decision) -> str:
    """Return what somebody did to a decision that goes on waiting."""
    if after.claim.operator and after.claim.operator != before.claim.operator:
        return pgettext("news", "claimed")
    if after.assignee and after.assignee != before.assignee:
        return _("assigned to {name}").format(name=inert(after.assignee, limit=_NAME))
    if after.action_version > before.action_version:
        return pgettext("news", "changed")
    return approvals(after) if len(after.votes) > len(before.votes) else ""


def _answers(decision: v1.Decision) -> int:
    return sum(each.HasField("answered_at") for each in decision.inquiries)


def _by(what: str, update: Update) -> str:
    if not update.cause.HasField("actor"):
        return what
    return _("{what} by {who}").format(what=what, who=actor(update.cause.actor))
