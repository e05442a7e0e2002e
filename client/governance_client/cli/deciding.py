"""The verbs that decide: approve, reject, escalate, claim and release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.cli import status
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.cli.finding import find
from governance_client.cli.output import complain, print_json, print_lines
from governance_client.console.rendering import act, short_id
from governance_client.digest import action_digest
from governance_client.errors import ClientError, NotFoundError, ProtocolError, RefusedError, UnreachableError
from governance_client.operator import OutcomeUnknownError, commands

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    import grpc

    from governance.v1.console_service_pb2_grpc import ConsoleServiceAsyncStub
    from governance_client.cli.context import Context

    Build = Callable[[v1.Decision], v1.OperatorCommand]

_AGAIN_S: Final = 8.0
"""How long a command that met no answer is sent again, under the same request id, which counts once."""


async def approve(context: Context, arguments: Namespace) -> int:
    """Approve each decision as it was read."""
    return await _each(
        context, arguments, "approved", lambda d: commands.approve(d.decision_id, _digest(d), arguments.reason)
    )


async def reject(context: Context, arguments: Namespace) -> int:
    """Reject each decision as it was read."""
    return await _each(
        context, arguments, "rejected", lambda d: commands.reject(d.decision_id, _digest(d), arguments.reason)
    )


async def escalate(context: Context, arguments: Namespace) -> int:
    """Send each decision up the chain."""
    return await _each(context, arguments, "escalated", lambda d: commands.escalate(d.decision_id, arguments.reason))


async def claim(context: Context, arguments: Namespace) -> int:
    """Take each decision in hand."""
    return await _each(context, arguments, "claimed", lambda d: commands.claim(d.decision_id))


async def release(context: Context, arguments: Namespace) -> int:
    """Let each decision go."""
    return await _each(context, arguments, "released", lambda d: commands.release(d.decision_id))


def _digest(decision: v1.Decision) -> bytes:
    """Return the digest of the action that was read, computed here: what is approved is what was shown."""
    computed = action_digest(decision.proposal.action)
    if computed != decision.action_digest:
        raise ProtocolError(
            f"The server names another digest for the action of {decision.decision_id} than the action has. Nothing "
            "was decided. Compare the server's version with this client's."
        )
    return computed


async def _each(context: Context, arguments: Namespace, done: str, build: Build) -> int:
    """Send one command a decision, say what became of each, and go on after a refusal."""
    if "reason" in arguments and arguments.verb != "approve" and not arguments.reason.strip():
        complain(f"`{arguments.verb}` needs a reason. Say --reason TEXT.")
        return status.USAGE
    worst = status.DONE
    async with context.channel() as channel:
        for number, word in enumerate(arguments.ids, 1):
            try:
                decision = await find(channel, word)
                response = await _submit(channel, build(decision))
                _tell(context, decision, response, done)
            except (RefusedError, NotFoundError) as error:
                complain(f"{word}: {error}")
                worst = status.REFUSED
            except ClientError:
                if number < len(arguments.ids):
                    complain(f"Not tried any more: {', '.join(arguments.ids[number:])}.")
                raise
    return worst


async def _submit(channel: grpc.aio.Channel, command: v1.OperatorCommand) -> v1.SubmitVerdictResponse:
    stub = ConsoleServiceStub(channel)
    request = v1.SubmitVerdictRequest(command=command)
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(UnreachableError),
        wait=wait_random_exponential(0.25, 2),
        stop=stop_after_delay(_AGAIN_S),
        reraise=True,
    )
    try:
        response: Any = await retrying(_once, stub, request)
    except UnreachableError as error:
        raise OutcomeUnknownError(commands.decision_of(command), str(error).rstrip(".")) from None
    assert isinstance(response, v1.SubmitVerdictResponse)
    return response


async def _once(stub: ConsoleServiceAsyncStub, request: v1.SubmitVerdictRequest) -> v1.SubmitVerdictResponse:
    return await answer(stub.SubmitVerdict(request, timeout=CALL_TIMEOUT_S))


def _tell(context: Context, decision: v1.Decision, response: v1.SubmitVerdictResponse, done: str) -> None:
    """Say what became of one command. Raises RefusedError if it was refused."""
    if context.json:
        print_json(response)
    receipt = response.receipt
    if receipt.WhichOneof("result") == "refused":
        raise RefusedError(receipt.refused)
    if receipt.WhichOneof("result") is None:
        raise ClientError("The server's answer is one that this version does not know. Compare their versions.")
    if not context.json:
        told = f"{done} {short_id(decision.decision_id)} {act(decision)} (entry {receipt.accepted.offset})"
        print_lines([[("class:done", told)]])
