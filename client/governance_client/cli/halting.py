"""The verbs about stopping, and about being there: halt, release-halt, halts, away, back and who."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.cli import status
from governance_client.cli.clock import CLOCK
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.cli.finding import find
from governance_client.cli.output import complain, print_json, print_lines, width
from governance_client.cli.sending import send, tell
from governance_client.console.halts import halt_line, scope_told, who_lines
from governance_client.console.inert import inert
from governance_client.console.rendering import act, clip, short_id
from governance_client.language import _
from governance_client.operator import commands, scope_of, seconds_of

if TYPE_CHECKING:
    from argparse import Namespace

    import grpc

    from governance_client.cli.context import Context


async def halt(context: Context, arguments: Namespace) -> int:
    """Stop everything, or what is within a scope."""
    try:
        scope = scope_of(arguments.scope)
        for_s = seconds_of(arguments.span) if arguments.span else 0
    except ValueError as error:
        complain(_("{why}. Nothing was halted.").format(why=error))
        return status.USAGE
    if for_s:
        done = _("halted {scope} for {span}").format(scope=scope_told(scope), span=arguments.span)
    else:
        done = _("halted {scope} until it is released").format(scope=scope_told(scope))
    return await _house(context, arguments, commands.halt(scope, arguments.reason, for_s), done)


async def release_halt(context: Context, arguments: Namespace) -> int:
    """Ask to end a halt, and say whether that was enough."""
    command = commands.release_halt(arguments.id, arguments.reason)
    ended = await _house(
        context, arguments, command, _("asked to release halt {halt}").format(halt=inert(arguments.id))
    )
    if ended == status.DONE and not context.json:
        async with context.channel() as channel:
            left = [each for each in await in_force(channel) if each.halt_id == arguments.id]
        print_lines(
            [halt_line(each, CLOCK.now_us(), width()) for each in left]
            or [[("class:done", _("it is over, nothing is held by it"))]]
        )
    return ended


async def halts(context: Context, arguments: Namespace) -> int:
    """List the halts in force."""
    del arguments
    async with context.channel() as channel:
        found = await in_force(channel)
    if context.json:
        for each in found:
            print_json(each)
    else:
        print_lines(
            [halt_line(each, CLOCK.now_us(), width()) for each in found] or [[("class:dim", _("No halt is in force."))]]
        )
    return status.DONE


async def away(context: Context, arguments: Namespace) -> int:
    """Say that one is not there to decide."""
    return await _house(
        context, arguments, commands.availability(away=True), _("you are away: nothing is assigned to you")
    )


async def back(context: Context, arguments: Namespace) -> int:
    """Say that one is there again."""
    return await _house(context, arguments, commands.availability(away=False), _("you are back"))


async def who(context: Context, arguments: Namespace) -> int:
    """List who could decide a decision now, and who of them can be reached."""
    async with context.channel() as channel:
        decision = await find(channel, arguments.id)
        request = v1.ListEligibleOperatorsRequest(decision_id=decision.decision_id)
        found = await answer(ConsoleServiceStub(channel).ListEligibleOperators(request, timeout=CALL_TIMEOUT_S))
    if context.json:
        print_json(found)
    else:
        print_lines([[("class:title", f"{short_id(decision.decision_id)} {act(decision)}")]])
        print_lines(clip(line, width()) for line in who_lines(found))
    return status.DONE


async def in_force(channel: grpc.aio.Channel) -> list[v1.Halt]:
    """Return the halts in force, oldest first."""
    response = await answer(ConsoleServiceStub(channel).ListHalts(v1.ListHaltsRequest(), timeout=CALL_TIMEOUT_S))
    return list(response.halts)


async def _house(context: Context, arguments: Namespace, command: v1.OperatorCommand, done: str) -> int:
    """Send a command that is about no decision."""
    if "reason" in arguments and not arguments.reason.strip():
        complain(_("`{verb}` needs a reason. Say --reason TEXT.").format(verb=arguments.verb))
        return status.USAGE
    async with context.channel() as channel:
        tell(context, await send(channel, command), done)
    return status.DONE
