"""Refusals: the answer no, said so that people know what happened, what is true now and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_server.domain.moment import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_REMARKS: Final[Mapping[str, int]] = {"notes": 64, "inquiries": 8, "modifications": 16}
"""With 144 KiB an answer and 16 KiB a modified action, a decision stays below the 4 MiB of a message."""

_ENDS: Final[Mapping[v1.DecisionState.ValueType, str]] = {
    v1.DECISION_STATE_REJECTED: "Rejected",
    v1.DECISION_STATE_CANCELLED: "Withdrawn",
    v1.DECISION_STATE_EXECUTED: "Executed, as reported",
    v1.DECISION_STATE_FAILED: "Tried and failed, as reported",
}
_EXPIRIES: Final[Mapping[v1.ExpiryReason.ValueType, str]] = {
    v1.EXPIRY_REASON_NOBODY_DECIDED: "nobody decided in time",
    v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED: "core did not accept its order in time",
    v1.EXPIRY_REASON_POLICY_CHANGED: "it was held by a halt, and the policy then in force asks for more",
}


def refuse(
    reason: v1.RefusalReason.ValueType,
    message: str,
    current: v1.Decision | None = None,
    *,
    retry_after_us: int = 0,
) -> v1.Refusal:
    """Return a refusal.

    Args:
        reason: Why, for programs.
        message: Why, for people. Holds nothing that core or an operator wrote freely.
        current: The decision as it stands; only where the caller may see it.
        retry_after_us: When to come back; 0 where coming back does not help.
    """
    return v1.Refusal(
        reason=reason,
        message=message,
        current=current,
        retry_after=duration(retry_after_us) if retry_after_us else None,
    )


def not_found() -> v1.Refusal:
    """Refuse what names no decision, or none that the caller may know of: the two look the same."""
    return refuse(
        v1.REFUSAL_REASON_DECISION_NOT_FOUND,
        "There is no such decision, or none that you may see. Nothing was changed; check the id.",
    )


def unknown_command() -> v1.Refusal:
    """Refuse what this server does not know."""
    return refuse(
        v1.REFUSAL_REASON_UNKNOWN_COMMAND,
        "This server does not know that command; it may come from a newer client. Nothing was changed; "
        "use a command this server knows, or update it.",
    )


def too_often(retry_after_us: int) -> v1.Refusal:
    """Refuse a caller that asks faster than it may."""
    return refuse(
        v1.REFUSAL_REASON_RATE_LIMITED,
        f"You ask more often than the policy allows. Nothing was changed; ask again in {retry_after_us / 1e6:.0f} s.",
        retry_after_us=retry_after_us,
    )


def crowded(decision: v1.Decision, remarks: str) -> v1.Refusal | None:
    """Refuse to add to a decision that holds as much as fits a message; None while there is room.

    Args:
        decision: The decision.
        remarks: What would be added to: "notes", "inquiries" or "modifications".
    """
    if len(getattr(decision, remarks)) < MOST_REMARKS[remarks]:
        return None
    return refuse(
        v1.REFUSAL_REASON_TOO_MANY_REMARKS,
        f"{MOST_REMARKS[remarks]} {remarks} are all that a decision holds. Nothing was changed; decide it, or return "
        "it for revision.",
        decision,
    )


def wrong_caller(needed: str, actor: v1.Actor) -> v1.Refusal:
    """Refuse a command that another kind of caller gives."""
    return refuse(
        v1.REFUSAL_REASON_ROLE_TOO_LOW,
        f"Only {needed} may ask for this; your credential is that of {who(actor)}. Nothing was changed; "
        "use another credential.",
    )


def below_tier(decision: v1.Decision, actor: v1.Actor) -> v1.Refusal | None:
    """Refuse an operator whose role is below the decision's tier; None for one who may decide it."""
    if actor.role >= decision.tier:
        return None
    return refuse(
        v1.REFUSAL_REASON_ROLE_TOO_LOW,
        f"This decision waits for {role_name(decision.tier)} or above; you are {role_name(actor.role)}. "
        "Nothing was changed; leave it to them.",
        decision,
    )


def claimed_by_another(decision: v1.Decision) -> v1.Refusal:
    """Refuse an approval or a claim of what another operator has in hand."""
    claim = decision.claim
    return refuse(
        v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER,
        f"{claim.operator} has it in hand until {when(claim.expires_at)}. Nothing was changed; "
        "reject or escalate it, or wait until it is released.",
        decision,
    )


def closed(decision: v1.Decision, whose: str) -> v1.Refusal:
    """Refuse what comes after the end, with who ended it and when."""
    return refuse(
        v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED, f"{ending(decision)}; your {whose} was not counted.", decision
    )


def approved(decision: v1.Decision, whose: str) -> v1.Refusal:
    """Refuse a judgement of what was approved already, with who approved it and when."""
    approval = decision.approval
    return refuse(
        v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED,
        f"Approved by {who(approval.actor)} at {when(approval.resolved_at)}; your {whose} was not counted.",
        decision,
    )


def ending(decision: v1.Decision) -> str:
    """Say how a decision ended, by whom and when."""
    if decision.state == v1.DECISION_STATE_EXPIRED:
        return f"Expired at {when(decision.ending.resolved_at)} because {_EXPIRIES[decision.expiry_reason]}"
    if decision.HasField("ending"):
        return f"{_ENDS[decision.state]} by {who(decision.ending.actor)} at {when(decision.ending.resolved_at)}"
    outcome = decision.outcome
    return f"{_ENDS[decision.state]} by {who(outcome.reported_by)} at {when(outcome.reported_at)}"


def who(actor: v1.Actor) -> str:
    """Name an actor with its role, as "bob (soc_operator)"."""
    if actor.kind == v1.ACTOR_KIND_POLICY:
        return "the policy"
    return f"{actor.name} ({role_name(actor.role)})"


def when(moment: Timestamp) -> str:
    """Write a moment for people, to the second, in UTC."""
    return Timestamp(seconds=moment.seconds).ToJsonString()


def role_name(role: v1.Role.ValueType) -> str:
    """Return a role as it is written outside of the contract, such as "soc_operator"."""
    return v1.Role.Name(role).removeprefix("ROLE_").lower()
