"""Refusals: why the server did not take something, and what is true now, in the operator's words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.care import APPROVING
from governance_client.console.inert import inert
from governance_client.console.quoting import quoted
from governance_client.console.rendering import actor, short_id
from governance_client.language import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from google.protobuf.timestamp_pb2 import Timestamp

    from governance_client.console.lines import Line

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86400
SENTENCES: Final[Mapping[int, str]] = {
    v1.REFUSAL_REASON_DECISION_NOT_FOUND: N_("There is no such decision, or none that you may see."),
    v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED: N_("It has ended already."),
    v1.REFUSAL_REASON_DECISION_ALREADY_APPROVED: N_("It was approved already."),
    v1.REFUSAL_REASON_DECISION_ID_TAKEN: N_("That id belongs to another decision."),
    v1.REFUSAL_REASON_REQUEST_ID_REUSED: N_("Another command had the same request id. Type it again."),
    v1.REFUSAL_REASON_VERSION_STALE: N_("It has changed since you saw it. Look at it again."),
    v1.REFUSAL_REASON_ACTION_CHANGED: N_("Its action has changed since you saw it. Look at it again."),
    v1.REFUSAL_REASON_ROLE_TOO_LOW: N_("Your role may not do that."),
    v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER: N_("Another operator has it in hand."),
    v1.REFUSAL_REASON_NOT_CLAIMED: N_("You do not have it in hand."),
    v1.REFUSAL_REASON_NO_HIGHER_TIER: N_("That is no step up the chain."),
    v1.REFUSAL_REASON_REASON_REQUIRED: N_("It needs a reason."),
    v1.REFUSAL_REASON_ORDER_NOT_FOUND: N_("There is no such order."),
    v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED: N_("The order was accepted already."),
    v1.REFUSAL_REASON_ORDER_NOT_ACCEPTED: N_("The order was not accepted yet."),
    v1.REFUSAL_REASON_ORDER_LAPSED: N_("The order has lapsed."),
    v1.REFUSAL_REASON_TOO_MANY_OPEN: N_("Too many decisions are open."),
    v1.REFUSAL_REASON_RATE_LIMITED: N_("That is asked too often. Wait a little."),
    v1.REFUSAL_REASON_HALTED: N_("A halt covers it. `halts` lists them."),
    v1.REFUSAL_REASON_ALREADY_VOTED: N_("You have voted on it already. Another has to."),
    v1.REFUSAL_REASON_OWN_PROPOSAL: N_("You stand behind the proposal. Another has to decide it."),
    v1.REFUSAL_REASON_UNKNOWN_COMMAND: N_("The server does not know that command. It is older than this console."),
    v1.REFUSAL_REASON_NOT_OFFERED: N_("The server does not offer that."),
    v1.REFUSAL_REASON_NOT_NARROWER: N_("You may only narrow an action, and this one does more or something else."),
    v1.REFUSAL_REASON_NOTHING_CHANGED: N_("That leaves the action as it is."),
    v1.REFUSAL_REASON_BEYOND_DEADLINE: N_("That is beyond its deadline."),
    v1.REFUSAL_REASON_HALT_NOT_FOUND: N_("There is no such halt in force. `halts` lists them."),
    v1.REFUSAL_REASON_ALREADY_RELEASED_BY_YOU: N_("You asked to release it already. Another has to."),
    v1.REFUSAL_REASON_NOTHING_ASKED: N_("Nothing was asked, or it was answered already."),
    v1.REFUSAL_REASON_OPERATOR_NOT_ELIGIBLE: N_("There is no such operator connected who may decide it."),
    v1.REFUSAL_REASON_OUTCOME_KNOWN: N_("Its outcome is known. There is nothing to settle."),
    v1.REFUSAL_REASON_NOTHING_TO_UNDO: N_("There is nothing to undo."),
    v1.REFUSAL_REASON_TOO_MANY_REMARKS: N_("It holds as many notes, questions and changes as it can."),
    v1.REFUSAL_REASON_READ_TOO_SHORTLY: N_("The policy wants it read for longer before it is approved."),
    v1.REFUSAL_REASON_NOT_IN_BATCH: N_("It cannot be decided along with others. Decide it alone."),
}
"""By RefusalReason. Where one is missing, only the server's own sentence is told."""
_ENDED: Final[Mapping[int, str]] = {
    v1.DECISION_STATE_REJECTED: N_("{id} was rejected {when} by {who}."),
    v1.DECISION_STATE_EXPIRED: N_("{id} expired {when}, by {who}."),
    v1.DECISION_STATE_CANCELLED: N_("{id} was withdrawn {when} by {who}."),
}


def sentence(refusal: v1.Refusal) -> str:
    """Return why something was refused, in the language in use; empty where this version does not know the reason."""
    known = SENTENCES.get(refusal.reason)
    return _(known) if known else ""


def told(refusal: v1.Refusal, now_us: int) -> str:
    """Return a refusal in the operator's words: why, and how the decision stands now. Inert.

    Args:
        refusal: The server's.
        now_us: The server's time; 0 where it is unknown.
    """
    why = sentence(refusal)
    parts = [_("Refused: {why}").format(why=why) if why else _("Refused.")]
    if refusal.HasField("current"):
        parts.append(standing(refusal.current, now_us, refusal.reason))
    return " ".join(parts)


def foreseen(verb: str, decision: v1.Decision, you: v1.Actor, now_us: int) -> str:
    """Return why the server would refuse an approval or a modification, by what is known here; empty for nothing.

    Only for telling people before they are asked: the server decides.

    Args:
        verb: The verb's name; of another one nothing is foreseen.
        decision: As it stands.
        you: Who would decide.
        now_us: The server's time, by which claims end; 0 where it is unknown.
    """
    reason = _foreseen(verb, decision, you, now_us)
    if reason == v1.REFUSAL_REASON_UNSPECIFIED:
        return ""
    told = _("As things stand the server will refuse that: {why} {now}")
    return told.format(why=_(SENTENCES[reason]), now=standing(decision, now_us, reason))


def _foreseen(verb: str, decision: v1.Decision, you: v1.Actor, now_us: int) -> v1.RefusalReason.ValueType:
    if verb not in APPROVING:
        return v1.REFUSAL_REASON_UNSPECIFIED
    if you.role < decision.tier:
        return v1.REFUSAL_REASON_ROLE_TOO_LOW
    lives = not now_us or now_us < words.microseconds(decision.claim.expires_at)
    if decision.claim.operator not in {"", you.name} and lives:
        return v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER
    digest = decision.action_digest
    mine = [each for each in decision.votes if each.approved and each.actor.name == you.name]
    if verb == "approve" and any(each.action_digest == digest for each in mine):
        return v1.REFUSAL_REASON_ALREADY_VOTED
    return v1.REFUSAL_REASON_UNSPECIFIED


def server_says(refusal: v1.Refusal, width: int) -> Iterator[Line]:
    """Yield the server's own sentence, marked as a quotation; nothing where it said nothing."""
    if refusal.message:
        yield [("class:dim", _("The server says:"))]
        yield from quoted("", refusal.message, width)


def standing(decision: v1.Decision, now_us: int, asked: int = v1.REFUSAL_REASON_UNSPECIFIED) -> str:
    """Return how a decision stands, who brought it there and how long ago, as a sentence. Inert.

    Args:
        decision: As it stands.
        now_us: The server's time; 0 where it is unknown.
        asked: The reason of the refusal that is explained; it tells what matters of a pending one.
    """
    name = short_id(decision.decision_id)
    if decision.returned and decision.ending.HasField("actor"):
        return _by(_("{id} was returned for revision {when} by {who}."), name, decision.ending, now_us)
    if decision.ending.HasField("actor") and decision.state in _ENDED:
        return _by(_(_ENDED[decision.state]), name, decision.ending, now_us)
    if decision.state == v1.DECISION_STATE_PENDING:
        return _pending(decision, name, now_us, asked)
    if decision.approval.HasField("actor"):
        approved = _by(_("{id} was approved {when} by {who}."), name, decision.approval, now_us)
        if decision.state == v1.DECISION_STATE_APPROVED:
            return approved
        return approved + " " + _("It is {state} now.").format(state=words.state_told(decision.state))
    return _("{id} is {state}.").format(id=name, state=words.state_told(decision.state))


def _pending(decision: v1.Decision, name: str, now_us: int, asked: int) -> str:
    """Return what matters of a decision that still waits."""
    claim = decision.claim
    if asked == v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER and claim.operator:
        when = ago(claim.claimed_at, now_us)
        return _("{id} was claimed {when} by {who}.").format(id=name, when=when, who=inert(claim.operator))
    if asked in {v1.REFUSAL_REASON_ACTION_CHANGED, v1.REFUSAL_REASON_VERSION_STALE} and decision.modifications:
        last = decision.modifications[-1]
        when = ago(last.modified_at, now_us)
        return _("{id} was modified {when} by {who}.").format(id=name, when=when, who=actor(last.actor))
    if asked == v1.REFUSAL_REASON_ROLE_TOO_LOW:
        return _("{id} waits for {role} or above.").format(id=name, role=words.role(decision.tier))
    given = [vote for vote in decision.votes if vote.approved]
    if given:
        return _("{id} has {given} of {required} approvals, the last {when} by {who}.").format(
            id=name,
            given=len({vote.actor.name for vote in given}),
            required=max(decision.quorum.required, 1),
            when=ago(given[-1].cast_at, now_us),
            who=actor(given[-1].actor),
        )
    return _("{id} is {state}.").format(id=name, state=words.state_told(decision.state))


def ago(moment: Timestamp, now_us: int) -> str:
    """Return how long ago something was by the server's clock: `2 s ago`; the moment itself where that is unknown."""
    if not now_us:
        return words.moment(moment)
    passed_s = max(now_us - words.microseconds(moment), 0) // words.SECOND_US
    if passed_s < _MINUTE_S:
        return ngettext("{count} s ago", "{count} s ago", passed_s).format(count=passed_s)
    if passed_s < _HOUR_S:
        count = passed_s // _MINUTE_S
        return ngettext("{count} min ago", "{count} min ago", count).format(count=count)
    if passed_s < _DAY_S:
        count = passed_s // _HOUR_S
        return ngettext("{count} h ago", "{count} h ago", count).format(count=count)
    count = passed_s // _DAY_S
    return ngettext("{count} day ago", "{count} days ago", count).format(count=count)


def _by(template: str, name: str, resolution: v1.Resolution, now_us: int) -> str:
    return template.format(id=name, when=ago(resolution.resolved_at, now_us), who=actor(resolution.actor))
