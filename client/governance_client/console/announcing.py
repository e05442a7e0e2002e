"""Announcements: what is worth a line above the prompt, and how a burst becomes one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.history import approvals
from governance_client.console.rendering import Line, actor, clip, spelled_counts, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_client.operator import Update

LINES_AT_ONCE: Final = 3
"""So many arrivals, and so many other changes, get a line each; more become one line that counts them."""
_MOVED: Final = {
    v1.DECISION_STATE_APPROVED: "approved",
    v1.DECISION_STATE_EXECUTING: "being executed",
    v1.DECISION_STATE_EXECUTED: "executed",
    v1.DECISION_STATE_FAILED: "failed",
    v1.DECISION_STATE_OUTCOME_UNKNOWN: "outcome unknown",
    v1.DECISION_STATE_REJECTED: "rejected",
    v1.DECISION_STATE_EXPIRED: "expired",
    v1.DECISION_STATE_CANCELLED: "cancelled",
}


def snapshot(decisions: Sequence[v1.Decision]) -> Line:
    """Return the line that tells what is open when a stream starts."""
    pending = [each for each in decisions if each.state == v1.DECISION_STATE_PENDING]
    if not pending:
        return [("class:dim", "Nothing waits for a decision.")]
    verb = "waits" if len(pending) == 1 else "wait"
    return [("class:news", f"{len(pending)} {verb} for a decision: {spelled_counts(pending)}. `ls` lists them.")]


def announce(updates: Sequence[Update], now_us: int, width: int) -> list[Line]:
    """Return the lines that tell of changes, bounded in number whatever the storm."""
    arrived = [each.after for each in updates if _is_arrival(each)]
    moved = [(each, told) for each in updates if not _is_arrival(each) and (told := _told(each))]
    lines: list[Line] = []
    if len(arrived) > LINES_AT_ONCE:
        text = f"{len(arrived)} new: {spelled_counts(arrived)}. `ls` lists what waits."
        lines.append(clip([("class:news", text)], width))
    else:
        lines += [clip([("class:news", "new "), *summary(each, now_us, width)], width) for each in arrived]
    if len(moved) > LINES_AT_ONCE:
        lines.append(clip([("class:dim", f"{len(moved)} decisions changed. `ls --all` lists them.")], width))
    else:
        lines += [_moved_line(each, told, width) for each, told in moved]
    return lines


def _is_arrival(update: Update) -> bool:
    return update.before is None and update.after.state == v1.DECISION_STATE_PENDING


def _told(update: Update) -> str:
    """Return what happened to a decision in a few words; empty where it is not worth a line."""
    after, before = update.after, update.before
    if before is None or before.state != after.state:
        return _MOVED.get(after.state, words.state(after.state)) + _by(update)
    if len(after.alarms) > len(before.alarms):
        return f"ALARM, {words.alarm(after.alarms[-1].kind)}"
    if after.held and not before.held:
        return "approved, and held by a halt"
    if after.HasField("undo_requested") and not before.HasField("undo_requested"):
        return f"to be undone{_by(update)}"
    return _still_waiting(update, before)


def _still_waiting(update: Update, before: v1.Decision) -> str:
    """Return what happened to a decision that is where it was."""
    after = update.after
    if after.tier > before.tier:
        return f"now for {words.role(after.tier)}{_by(update)}"
    if after.schedule.warned and not before.schedule.warned:
        return "is running out of time"
    if after.claim.operator and after.claim.operator != before.claim.operator:
        return f"claimed{_by(update)}"
    if after.action_version > before.action_version:
        return f"changed{_by(update)}"
    if len(after.votes) > len(before.votes):
        return f"{approvals(after)}{_by(update)}"
    return "core has answered" if _answers(after) > _answers(before) else ""


def _answers(decision: v1.Decision) -> int:
    return sum(each.HasField("answered_at") for each in decision.inquiries)


def _by(update: Update) -> str:
    return f" by {actor(update.cause.actor)}" if update.cause.HasField("actor") else ""


def _moved_line(update: Update, told: str, width: int) -> Line:
    # what happened stands first, where no long target can push it off the screen
    return clip([("class:moved", told), ("class:dim", ": "), *summary(update.after, 0, width)], width)
