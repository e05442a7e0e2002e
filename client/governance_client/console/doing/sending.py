"""Sending: a command goes to the server at once or not at all, and what became of it is told."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from governance_client.console import refusals
from governance_client.console.building import house_told
from governance_client.console.care import APPROVING
from governance_client.console.history import approval_told
from governance_client.console.lines import Line, clip
from governance_client.console.rendering import summary
from governance_client.console.surface import Interrupted
from governance_client.errors import ClientError
from governance_client.language import _
from governance_client.operator import DisconnectedError, OutcomeUnknownError

if TYPE_CHECKING:
    from governance import v1
    from governance_client.console.talk import Talk
    from governance_client.console.verbs import Request

_NO_WIDTH = 1000
"""Wider than any terminal: the line is cut where it is told."""


def not_sent(talk: Talk) -> None:
    """Say that nothing was sent for lack of a connection."""
    told = _("Not sent, nothing changed: there is no connection. {why}")
    if talk.surface.interactive:  # a script has no prompt to keep it at
        told = _("Not sent, nothing changed: there is no connection. {why} Your line is kept.")
    talk.refuse(told.format(why=talk.session.why).rstrip())


def line_of(talk: Talk, asked: Request, whole: Request) -> str:
    """Return what to keep at the prompt: the line as it was typed, and a reason that was given since.

    Args:
        talk: Where it was typed.
        asked: What the line asks for.
        whole: The same with the reason.
    """
    if not talk.line or whole.text == asked.text:
        return talk.line
    return f"{talk.line} --reason {shlex.quote(' '.join(whole.text.split()))}"


async def send(
    talk: Talk, request: Request, command: v1.OperatorCommand, decision: v1.Decision | None, line: str
) -> str:
    """Send a command, tell what became of it, and return what to keep at the prompt.

    Args:
        talk: Where.
        request: What was asked for, whole.
        command: What is sent.
        decision: What it is about, as it was shown; None where it is about none.
        line: What to keep if it cannot be sent.
    """
    talk.heard.said(request.text)
    try:
        receipt = await talk.surface.wait(talk.session.command(command))
    except Interrupted:
        talk.refuse(unknown(_("you stopped waiting")))
    except DisconnectedError:
        not_sent(talk)
        return line
    except OutcomeUnknownError:
        talk.refuse(unknown(_("no receipt came")))
    except ClientError as error:
        talk.refuse(str(error))
    else:
        _tell_receipt(talk, request, decision, receipt)
    return ""


def unknown(why: str) -> str:
    """Return the sentence for a command that may have counted or not."""
    return _("It is unknown whether that counted: {why}. Look at it once connected, then decide.").format(why=why)


def tell_refusal(talk: Talk, receipt: v1.Receipt) -> None:
    """Tell why a command was refused, what is true now, and what the server says to it."""
    refusal = receipt.refused
    talk.tell((), receipt)
    told = refusals.told(refusal, talk.now_us)
    if talk.surface.interactive:
        talk.refuse(told)
        talk.tell(refusals.server_says(refusal, talk.surface.width))
    else:
        talk.refuse(f"{told} “{refusal.message}”" if refusal.message else told)


def _tell_receipt(talk: Talk, request: Request, decision: v1.Decision | None, receipt: v1.Receipt) -> None:
    match receipt.WhichOneof("result"):
        case "accepted":
            talk.tell([_done(talk, request, decision, receipt.accepted.offset)], receipt)
        case "refused":
            tell_refusal(talk, receipt)
        case _other:
            talk.refuse(_("The server's answer is one that this version does not know. Compare their versions."))


def _done(talk: Talk, request: Request, decision: v1.Decision | None, offset: int) -> Line:
    done = _(request.verb.done)
    if decision is not None and request.verb.name in APPROVING:
        now = talk.session.replica.get(decision.decision_id)
        done = approval_told(done, decision, now, offset)
    about: Line = [("", house_told(request))] if decision is None else summary(decision, 0, _NO_WIDTH, short=talk.short)
    told = _("{done}, entry {offset}: ").format(done=done, offset=offset)
    return clip([("class:done", told), *about], talk.surface.width)
