"""Events: each thing that can stand in the ledger, told in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from governance_client.console import words
from governance_client.console.inert import name, value
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance import v1

_KEY: Final = 160
"""Characters of a verifier key: a name, its id and an Ed25519 key in base64."""
_DIGEST: Final = 12
"""Digits of a digest: enough to tell two of one decision apart."""

_NAMES: Final[Mapping[str, Callable[[], str]]] = {
    "ledger_created": lambda: _("the ledger was created"),
    "credential_issued": lambda: _("let somebody in"),
    "credential_revoked": lambda: _("let somebody in no longer"),
    "policy_applied": lambda: _("applied a policy"),
    "halt_declared": lambda: _("declared a halt"),
    "halt_release_requested": lambda: _("asked to release a halt"),
    "halt_ended": lambda: _("ended a halt"),
    "availability_changed": lambda: _("went away or came back"),
    "checkpoint_key_changed": lambda: _("changed the key of the checkpoints"),
    "personal_data_erased": lambda: _("erased personal data"),
    "entries_pruned": lambda: _("removed old entries"),
    "decision_proposed": lambda: _("proposed"),
    "decision_approved": lambda: _("approved"),
    "decision_rejected": lambda: _("rejected"),
    "decision_escalated": lambda: _("passed up the chain"),
    "decision_claimed": lambda: _("claimed"),
    "decision_released": lambda: _("released a claim"),
    "sla_warned": lambda: _("warned: little time is left"),
    "sla_breached": lambda: _("a deadline passed"),
    "decision_expired": lambda: _("expired"),
    "decision_cancelled": lambda: _("withdrawn by core"),
    "order_issued": lambda: _("order given"),
    "order_accepted": lambda: _("order accepted"),
    "outcome_reported": lambda: _("outcome"),
    "vote_cast": lambda: _("voted for, more have to"),
    "action_modified": lambda: _("changed the action"),
    "decision_deferred": lambda: _("deferred"),
    "information_requested": lambda: _("asked core"),
    "information_provided": lambda: _("core answered"),
    "proposal_returned": lambda: _("returned for revision"),
    "note_added": lambda: _("noted"),
    "decision_assigned": lambda: _("assigned"),
    "order_withdrawn": lambda: _("order withdrawn by a halt"),
    "outcome_reconciled": lambda: _("settled an unknown outcome"),
    "undo_requested": lambda: _("asked core for the reverse"),
    "proposal_repeated": lambda: _("proposed again"),
    "alarm_raised": lambda: _("ALARM"),
    "order_held": lambda: _("held by a halt"),
    "reversal_proposed": lambda: _("core proposed the reverse"),
}
"""By the events' field names."""


def event_told(kind: str) -> str:
    """Return an event's field name in words; the name itself where this version does not know it."""
    found = _NAMES.get(kind)
    return found() if found is not None else name(kind)


def told(event: v1.Event) -> str:
    """Return what happened and its salient facts, in words that are inert."""
    kind = event.WhichOneof("kind")
    if kind is None:
        return _("something that this version does not know")
    facts = _FACTS.get(kind)
    said = ", ".join(each for each in facts(getattr(event, kind)) if each) if facts is not None else ""
    return _("{event}: {facts}").format(event=event_told(kind), facts=said) if said else event_told(kind)


def _proposed(event: v1.DecisionProposed) -> tuple[str, ...]:
    targets = ngettext("on {count} target", "on {count} targets", event.target_count).format(count=event.target_count)
    risk = _("risk {risk} {score}").format(
        risk=words.risk(event.assessment.risk), score=f"{event.assessment.score:.2f}"
    )
    sure = _("core is {confidence} sure").format(confidence=f"{event.confidence:.0%}")
    return (
        words.action_type(event.action_type),
        words.scope(event.action_scope) if event.action_scope else "",
        targets,
        risk,
        sure,
        _tier(event.tier),
        _until(event, "deadline"),
        _digest(event.action_digest),
    )


def _modified(event: v1.ActionModified) -> tuple[str, ...]:
    targets = ngettext("on {count} target", "on {count} targets", event.target_count).format(count=event.target_count)
    narrowing = _("it does no more than before") if event.narrowing else ""
    return (words.action_type(event.action_type), targets, narrowing, _digest(event.action_digest))


def _approved(event: v1.DecisionApproved) -> tuple[str, ...]:
    return (_("by policy, without a person") if event.by_policy else "", _digest(event.action_digest))


def _halt(event: v1.HaltDeclared) -> tuple[str, ...]:
    match event.WhichOneof("scope"):
        case "all":
            scope = _("everything")
        case "core":
            scope = _("core {core}").format(core=name(event.core))
        case "action":
            scope = words.action_type(event.action)
        case "target_digest":
            scope = _("one target")
        case _other:
            scope = _("something that this version does not know")
    return (name(event.halt_id), scope, _until(event, "expires_at") or _("until it is released"))


def _assigned(event: v1.DecisionAssigned) -> tuple[str, ...]:
    to = _("to {who}").format(who=name(event.operator)) if event.operator else _("to nobody")
    return (to, _("by turns") if event.by_turns else "")


def _tier(role: int) -> str:
    return _("for {role} or above").format(role=words.role(role)) if role else ""


def _digest(digest: bytes) -> str:
    return _("digest {digest}").format(digest=digest.hex()[:_DIGEST]) if digest else ""


def _until(event: Any, field: str) -> str:
    """Return until when, if the event says so."""
    return _("until {moment}").format(moment=words.moment(getattr(event, field))) if event.HasField(field) else ""


def _entries(count: int) -> str:
    return ngettext("{count} entry", "{count} entries", count).format(count=count)


def _times(event: v1.ProposalRepeated) -> tuple[str, ...]:
    often = ngettext("{count} time by now", "{count} times by now", event.occurrences).format(count=event.occurrences)
    return (_("as {decision}").format(decision=name(event.repeated_as)), often)


def _credential(event: v1.CredentialIssued) -> tuple[str, ...]:
    return (f"{name(event.name)} ({words.role(event.role)})", name(event.credential_id), _until(event, "expires_at"))


_FACTS: Final[Mapping[str, Callable[[Any], tuple[str, ...]]]] = {
    "ledger_created": lambda event: (name(event.ledger_id),),
    "credential_issued": _credential,
    "credential_revoked": lambda event: (name(event.name), name(event.credential_id)),
    "policy_applied": lambda event: (_digest(event.policy_digest),),
    "halt_declared": _halt,
    "halt_release_requested": lambda event: (name(event.halt_id),),
    "halt_ended": lambda event: (name(event.halt_id), _("its time ran out") if event.expired else ""),
    "availability_changed": lambda event: (name(event.operator), _("away") if event.away else _("there")),
    "checkpoint_key_changed": lambda event: (value(event.verifier_key, _KEY),),
    "personal_data_erased": lambda event: (
        _("of decision {decision}").format(decision=name(event.decision_id)),
        _entries(event.entries),
    ),
    "entries_pruned": lambda event: (
        _entries(event.entries),
        _("up to entry {offset}").format(offset=event.offset),
        _("recorded before {moment}").format(moment=words.moment(event.before)),
    ),
    "decision_proposed": _proposed,
    "decision_approved": _approved,
    "decision_rejected": lambda event: (_digest(event.action_digest),),
    "decision_escalated": lambda event: (_tier(event.tier), _until(event, "deadline")),
    "decision_claimed": lambda event: (_until(event, "expires_at"),),
    "decision_released": lambda event: (_("its time ran out") if event.expired else "",),
    "sla_warned": lambda event: (_until(event, "deadline"),),
    "sla_breached": lambda event: (words.moment(event.deadline), _tier(event.tier)),
    "decision_expired": lambda event: (words.expiry(event.reason),),
    "order_issued": lambda event: (name(event.order_id), _until(event, "accept_by"), _digest(event.action_digest)),
    "order_accepted": lambda event: (
        name(event.order_id),
        _("by {who}").format(who=name(event.instance)),
        _until(event, "report_by"),
    ),
    "outcome_reported": lambda event: (words.outcome(event.result), name(event.order_id)),
    "vote_cast": lambda event: (_digest(event.action_digest),),
    "action_modified": _modified,
    "decision_deferred": lambda event: (_until(event, "until"),),
    "proposal_returned": lambda event: (_digest(event.action_digest),),
    "decision_assigned": _assigned,
    "order_withdrawn": lambda event: (name(event.order_id), _until(event, "held_until")),
    "order_held": lambda event: (_until(event, "held_until"),),
    "outcome_reconciled": lambda event: (words.outcome(event.result), name(event.order_id)),
    "proposal_repeated": _times,
    "reversal_proposed": lambda event: (_("decision {decision}").format(decision=name(event.reversed_by)),),
    "alarm_raised": lambda event: (words.alarm(event.kind),),
}
"""The facts worth telling of each event that has any."""
