"""The verbs that decide or move a decision, several at a time: approve, reject, escalate, claim, release and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.cli import status
from governance_client.cli.output import complain
from governance_client.cli.sending import seen_digest, send_each
from governance_client.language import _
from governance_client.operator import commands

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context
    from governance_client.cli.sending import Build


async def approve(context: Context, arguments: Namespace) -> int:
    """Approve each decision as it was read."""
    return await send_each(
        context,
        arguments.ids,
        _("approved {decision}"),
        lambda d: commands.approve(d.decision_id, seen_digest(d), arguments.reason),
        partly=_("approval taken, {approvals}, still pending: {decision}"),
    )


async def reject(context: Context, arguments: Namespace) -> int:
    """Reject each decision as it was read."""
    return await _with_reason(
        context,
        arguments,
        _("rejected {decision}"),
        lambda d: commands.reject(d.decision_id, seen_digest(d), arguments.reason),
    )


async def escalate(context: Context, arguments: Namespace) -> int:
    """Send each decision up the chain."""
    return await _with_reason(
        context, arguments, _("escalated {decision}"), lambda d: commands.escalate(d.decision_id, arguments.reason)
    )


async def claim(context: Context, arguments: Namespace) -> int:
    """Take each decision in hand."""
    return await send_each(context, arguments.ids, _("claimed {decision}"), lambda d: commands.claim(d.decision_id))


async def release(context: Context, arguments: Namespace) -> int:
    """Let each decision go."""
    return await send_each(context, arguments.ids, _("released {decision}"), lambda d: commands.release(d.decision_id))


async def undo(context: Context, arguments: Namespace) -> int:
    """Ask core for the reverse of what it executed."""
    return await _with_reason(
        context, arguments, _("asked to undo {decision}"), lambda d: commands.undo(d.decision_id, arguments.reason)
    )


async def _with_reason(context: Context, arguments: Namespace, done: str, build: Build) -> int:
    if not arguments.reason.strip():
        complain(_("`{verb}` needs a reason. Say --reason TEXT.").format(verb=arguments.verb))
        return status.USAGE
    return await send_each(context, arguments.ids, done, build)
