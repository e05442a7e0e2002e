"""The deeds that are about one decision: verdicts, and all else that is told the server about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.building import about_decision, action_of, stamped
from governance_client.console.doing.confirming import confirmed, reasoned
from governance_client.console.doing.sending import line_of, not_sent, send
from governance_client.console.inert import sentence
from governance_client.console.naming import called
from governance_client.console.refusals import standing
from governance_client.digest import action_digest
from governance_client.errors import ProtocolError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance import v1
    from governance_client.console.talk import Deed, Talk
    from governance_client.console.verbs import Request


async def decide(talk: Talk, request: Request) -> str:
    """Do what a verb does to one decision: approve, reject, modify, escalate, defer, claim and so on.

    What is decided is what was shown: after the questions the decision is compared with what it was before them.
    """
    if not talk.connected:
        not_sent(talk)
        return talk.line
    decision = talk.find(request)
    if decision is None or not _makes_sense(talk, request, decision) or not is_as_named(talk, decision):
        return ""
    whole = await reasoned(talk, request)
    command = _built(talk, whole, decision) if whole is not None else None
    if whole is None or command is None:
        return ""
    if whole.verb.asks and not await confirmed(talk, whole, decision, action_of(command, decision)):
        return ""
    if not is_as_shown(talk, whole, decision):
        return ""
    command = stamped(command, talk.attention.presentation(decision))
    return await send(talk, whole, command, decision, line_of(talk, request, whole))


def _built(talk: Talk, request: Request, decision: v1.Decision) -> v1.OperatorCommand | None:
    """Return the command that a request means; None where what was typed makes no sense. Refuses itself."""
    try:
        return about_decision(request, decision)
    except ValueError as error:
        talk.refuse(_("{why}. Nothing was decided.").format(why=sentence(str(error))))
        return None


def is_as_named(talk: Talk, decision: v1.Decision) -> bool:
    """Say whether the digest is that of the action that is shown; a verdict names the one and means the other.

    Refuses itself where it is not.
    """
    try:
        if action_digest(decision.proposal.action) == decision.action_digest:
            return True
    except ProtocolError as error:
        talk.refuse(str(error))
        return False
    talk.refuse(_("The server names another digest for this action than it has. Nothing was decided."))
    return False


def is_as_shown(talk: Talk, request: Request, decision: v1.Decision) -> bool:
    """Say whether a decision is still what was shown before the questions. Refuses itself where it is not."""
    now = talk.session.replica.get(decision.decision_id)
    if now is None:
        talk.refuse(_("It is no longer known here, so nothing was decided. `queue` lists what is."))
        return False
    if now.action_digest != decision.action_digest:
        talk.refuse(
            _("Its action changed while you were asked, so nothing was decided. {now} Look at it again.").format(
                now=standing(now, talk.now_us)
            )
        )
        return False
    return _makes_sense(talk, request, now)


def _makes_sense(talk: Talk, request: Request, decision: v1.Decision) -> bool:
    """Say whether a verb makes sense for how a decision stands. Refuses itself where it does not."""
    verb = request.verb
    if not verb.in_states or decision.state in verb.in_states:
        return True
    talk.refuse(_("There is nothing to {verb}: {now}").format(verb=called(verb), now=standing(decision, talk.now_us)))
    return False


DEEDS: Final[Mapping[str, Deed]] = dict.fromkeys(
    (
        *("approve", "reject", "modify", "escalate", "defer", "ask", "revise"),
        *("note", "claim", "release", "assign", "reconcile", "undo"),
    ),
    decide,
)
"""By the names of their verbs."""
