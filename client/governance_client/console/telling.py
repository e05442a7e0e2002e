"""How a decision and those around it are told of in a few words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.glyphs import GLYPHS
from governance_client.console.inert import name, value
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from governance_client.console.lines import Line

TARGET_CHARACTERS: Final = 160
"""Most characters of a target where it stands among others; the page has all of it."""
_ID_COLUMNS: Final = 12
_ID_SHORT: Final = 8


def risk_style(risk: int) -> str:
    """Return the style that a risk is shown in."""
    return f"class:risk.{words.risk(risk)}" if risk in words.RISKS else "class:risk"


def urgency(decision: v1.Decision) -> tuple[int, bool, int, int, str]:
    """Return what sorts decisions: what waits for a person first, worst risk, nearest deadline, id."""
    return (
        0 if decision.state == v1.DECISION_STATE_PENDING else 1,
        not decision.HasField("schedule"),
        -decision.assessment.risk,
        words.microseconds(decision.schedule.deadline),
        decision.decision_id,
    )


def short_id(decision_id: str) -> str:
    """Return enough of an id to type, mostly. A short id stays whole; what stands before a dash is not counted."""
    text = name(decision_id, _ID_COLUMNS + 1)
    if len(text) <= _ID_COLUMNS or text.startswith(GLYPHS.opening):
        return text
    return text[: min(text.find("-", 0, _ID_SHORT) + 1 + _ID_SHORT, _ID_COLUMNS)]


def targets(action: v1.Action, most: int = 1) -> str:
    """Return what an action acts on: the first targets, and how many more there are."""
    if not action.targets:
        return _("no target")
    named = ", ".join(value(target.value, TARGET_CHARACTERS) for target in action.targets[:most])
    more = len(action.targets) - most
    if more <= 0:
        return named
    return ngettext("{targets} +{count} more", "{targets} +{count} more", more).format(targets=named, count=more)


def act(decision: v1.Decision) -> str:
    """Return an action in a few words: its type and its first target."""
    return f"{words.action_type(decision.proposal.action.type)} {targets(decision.proposal.action)}"


def actor(who: v1.Actor) -> str:
    """Return who did something, with the role it was done in."""
    told = name(who.name) or words.actor_kind(who.kind)
    return f"{told} ({words.role(who.role)})" if who.role else told


def left(decision: v1.Decision, now_us: int) -> Line:
    """Return how long there is until the deadline of what waits; a dash for all else."""
    if not decision.schedule.HasField("deadline") or decision.state != v1.DECISION_STATE_PENDING:
        return [("class:dim", "-")]
    urgent = decision.schedule.warned or decision.schedule.breaches > 0
    return [("class:late" if urgent else "", words.countdown(decision.schedule.deadline, now_us))]


def standing(decision: v1.Decision) -> str:
    """Return how a decision stands in a word or two: who has it, what holds it, how many approved, or its state."""
    if decision.state == v1.DECISION_STATE_PENDING and decision.claim.operator:
        return f"@{name(decision.claim.operator)}"
    if decision.held:
        return pgettext("state", "held")
    if decision.state == v1.DECISION_STATE_PENDING and decision.votes:
        told = pgettext("approvals so far", "{given} of {required} yes")
        return told.format(given=len(decision.votes), required=max(decision.quorum.required, 1))
    return words.state_told(decision.state)
