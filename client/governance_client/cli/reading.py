"""The verbs that read decisions: ls and show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_client.cli import status
from governance_client.cli.clock import CLOCK
from governance_client.cli.finding import find, list_all
from governance_client.cli.output import complain, print_json, print_lines, width
from governance_client.console import words
from governance_client.console.page import page
from governance_client.console.rendering import spelled_counts, table, urgency
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context


async def ls(context: Context, arguments: Namespace) -> int:
    """List decisions, all of them, most urgent first."""
    chosen = _filter(arguments)
    if chosen is None:
        complain(
            _("{names!r} names no type of action; write them as in block_ip or isolate_host.").format(
                names=arguments.action
            )
        )
        return status.USAGE
    async with context.channel() as channel:
        decisions = sorted(await list_all(channel, chosen), key=urgency)
    if arguments.mine:
        me = context.credentials().name
        decisions = [each for each in decisions if me in (each.assignee, each.claim.operator)]
    if context.json:
        for decision in decisions:
            print_json(decision)
    elif decisions:
        print_lines(table(decisions, CLOCK.now_us(), width(), numbered=False))
        count = len(decisions)
        total = ngettext("{count} decision: {risks}", "{count} decisions: {risks}", count)
        print_lines([[("class:dim", total.format(count=count, risks=spelled_counts(decisions)))]])
    else:
        print_lines([[("class:dim", _nothing(arguments))]])
    return status.DONE


def _nothing(arguments: Namespace) -> str:
    if arguments.mine:
        return _("Nothing is assigned to you or claimed by you.")
    return _("No decisions.") if arguments.all else _("Nothing is open.")


async def show(context: Context, arguments: Namespace) -> int:
    """Show one decision."""
    async with context.channel() as channel:
        decision = await find(channel, arguments.id)
    if context.json:
        print_json(decision)
    else:
        print_lines(page(decision, CLOCK.now_us(), width()))
    return status.DONE


def _filter(arguments: Namespace) -> v1.DecisionFilter | None:
    """Return the filter that was asked for; None where it names a type of action that there is not."""
    types = {words.action_type(value): value for value in v1.ActionType.values()}
    if not set(arguments.action or ()) <= types.keys():
        return None
    return v1.DecisionFilter(
        open_only=not arguments.all and not arguments.state,
        states=[v1.DecisionState.Value(f"DECISION_STATE_{name.upper()}") for name in arguments.state or ()],
        risks=[v1.RiskLevel.Value(f"RISK_LEVEL_{name.upper()}") for name in arguments.risk or ()],
        cores=arguments.core or (),
        action_types=[types[name] for name in arguments.action or ()],
    )
