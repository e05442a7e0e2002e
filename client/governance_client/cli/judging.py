"""The verbs beyond yes and no: modify, defer, ask, revise, note, assign and reconcile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.cli import status
from governance_client.cli.clock import CLOCK
from governance_client.cli.finding import find
from governance_client.cli.output import complain, drawn, print_lines, width
from governance_client.cli.sending import as_it_stands, named, seen_digest, send, send_each, tell
from governance_client.console.care import says_yes, yes_word
from governance_client.console.history import change_lines
from governance_client.console.rendering import summary
from governance_client.digest import action_digest
from governance_client.language import _
from governance_client.operator import commands, differences, modified, seconds_of

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context
    from governance_client.cli.sending import Build

_SETTLED: Final = {
    "executed": lambda: _("settled as executed: {decision}"),
    "failed": lambda: _("settled as failed: {decision}"),
}
_RESULTS: Final = {"executed": v1.OUTCOME_RESULT_EXECUTED, "failed": v1.OUTCOME_RESULT_FAILED}


async def modify(context: Context, arguments: Namespace) -> int:
    """Approve another action in a decision's place, once the difference was shown and agreed to."""
    async with context.channel() as channel:
        decision = await find(channel, arguments.id)
        seen = seen_digest(decision)
        before = decision.proposal.action
        try:
            after = modified(before, arguments.changes)
        except ValueError as error:
            complain(_("{why}. Nothing was decided.").format(why=error))
            return status.USAGE
        if not arguments.yes and not _agreed(decision, after):
            complain(_("Nothing was decided. Say yes, or --yes where nobody can be asked."))
            return status.REFUSED
        response = await send(channel, commands.modify(decision.decision_id, seen, after, arguments.reason))
        done = _("modified and approved {decision}")
        partly = _("modified and approval taken, {approvals}, still pending: {decision}")
        tell(context, response, as_it_stands(named(decision), response.decision, done, partly))
    return status.DONE


def _agreed(decision: v1.Decision, after: v1.Action) -> bool:
    """Show what would be approved, and return whether `yes` was typed after that. Nobody to ask is no."""
    if not sys.stdin.isatty():
        return False
    print_lines([summary(decision, CLOCK.now_us(), width())])
    print_lines(change_lines(differences(decision.proposal.action, after), width()))
    print_lines([[("class:dim", _("digest {digest}").format(digest=action_digest(after).hex()))]])
    sys.stdout.write(drawn(_("type {yes} to approve it so: ").format(yes=yes_word())))
    sys.stdout.flush()
    return says_yes(sys.stdin.readline())


async def defer(context: Context, arguments: Namespace) -> int:
    """Set a decision aside for a while."""
    try:
        for_s = seconds_of(arguments.span)
    except ValueError as error:
        complain(f"{error}.")
        return status.USAGE
    return await _one(
        context, arguments, _("deferred {decision}"), lambda d: commands.defer(d.decision_id, seen_digest(d), for_s)
    )


async def ask(context: Context, arguments: Namespace) -> int:
    """Ask core something."""
    return await _one(
        context,
        arguments,
        _("asked about {decision}"),
        lambda d: commands.ask(d.decision_id, seen_digest(d), arguments.text),
    )


async def revise(context: Context, arguments: Namespace) -> int:
    """Return a proposal to core, with what to do otherwise."""
    return await _one(
        context,
        arguments,
        _("returned for revision {decision}"),
        lambda d: commands.revise(d.decision_id, seen_digest(d), arguments.text),
    )


async def note(context: Context, arguments: Namespace) -> int:
    """Note something."""
    return await _one(
        context, arguments, _("noted on {decision}"), lambda d: commands.note(d.decision_id, arguments.text)
    )


async def assign(context: Context, arguments: Namespace) -> int:
    """Give a decision to somebody, or to nobody."""
    if arguments.nobody == bool(arguments.name):
        complain(_("Name who is to have it, or say --nobody."))
        return status.USAGE
    return await _one(
        context,
        arguments,
        _("given to nobody: {decision}") if arguments.nobody else _("assigned {decision}"),
        lambda d: commands.assign(d.decision_id, arguments.name),
    )


async def reconcile(context: Context, arguments: Namespace) -> int:
    """Settle an outcome that nobody knew."""
    if not arguments.evidence.strip():
        complain(_("`reconcile` needs to say how it was found out. Say --evidence TEXT."))
        return status.USAGE
    result = _RESULTS[arguments.result]
    return await _one(
        context,
        arguments,
        _SETTLED[arguments.result](),
        lambda d: commands.reconcile(d.decision_id, result, arguments.evidence),
    )


async def _one(context: Context, arguments: Namespace, done: str, build: Build) -> int:
    if "text" in arguments and not arguments.text.strip():
        complain(_("`{verb}` needs something to say.").format(verb=arguments.verb))
        return status.USAGE
    return await send_each(context, [arguments.id], done, build)
