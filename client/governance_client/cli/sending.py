"""Sending an operator's command once, though it may take several attempts, and telling what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.cli import status
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.cli.finding import find
from governance_client.cli.output import complain, print_json, print_lines
from governance_client.console.history import approvals
from governance_client.console.rendering import act, short_id
from governance_client.digest import action_digest
from governance_client.errors import ClientError, NotFoundError, ProtocolError, RefusedError, UnreachableError
from governance_client.operator import OutcomeUnknownError, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import grpc

    from governance.v1.console_service_pb2_grpc import ConsoleServiceAsyncStub
    from governance_client.cli.context import Context

    Build = Callable[[v1.Decision], v1.OperatorCommand]

_AGAIN_S: Final = 8.0
"""How long a command that met no answer is sent again, under the same request id, which counts once."""


async def send_each(context: Context, words: Sequence[str], done: str, build: Build) -> int:
    """Send one command for each decision that is named, say what became of each, and go on after a refusal.

    Args:
        context: The invocation.
        words: The decisions' ids, or the starts of them.
        done: What is told of one that was accepted, as in "approved".
        build: Makes the command from the decision as it was read.
    """
    worst = status.DONE
    async with context.channel() as channel:
        for number, word in enumerate(words, 1):
            try:
                decision = await find(channel, word)
                tell(
                    context,
                    await send(channel, build(decision)),
                    f"{done} {short_id(decision.decision_id)} {act(decision)}",
                )
            except (RefusedError, NotFoundError) as error:
                complain(f"{word}: {error}")
                worst = status.REFUSED
            except ClientError:
                if number < len(words):
                    complain(f"Not tried any more: {', '.join(words[number:])}.")
                raise
    return worst


async def send(channel: grpc.aio.Channel, command: v1.OperatorCommand) -> v1.SubmitVerdictResponse:
    """Send a command until there is an answer.

    Raises:
        OutcomeUnknownError: There was none in time.
        ClientError: Why it was not taken.
    """
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


def tell(context: Context, response: v1.SubmitVerdictResponse, done: str) -> None:
    """Say what became of one command. Raises RefusedError if it was refused."""
    if context.json:
        print_json(response)
    raise_if_refused(response.receipt)
    if not context.json:
        told = f"{_as_it_stands(done, response.decision)} (entry {response.receipt.accepted.offset})"
        print_lines([[("class:done", told)]])


def _as_it_stands(done: str, decision: v1.Decision) -> str:
    """Return what is told of an approval: nobody is told that something is approved while more have to approve it."""
    if decision.state == v1.DECISION_STATE_PENDING:
        return done.replace("approved ", f"approval taken, {approvals(decision)}, still pending: ", 1)
    return f"{done}; a halt holds its order back" if decision.held else done


def raise_if_refused(receipt: v1.Receipt) -> None:
    """Return where a command was accepted. Raises RefusedError, or ClientError for an answer from the future."""
    match receipt.WhichOneof("result"):
        case "accepted":
            return
        case "refused":
            raise RefusedError(receipt.refused)
        case _:
            raise ClientError("The server's answer is one that this version does not know. Compare their versions.")


def seen_digest(decision: v1.Decision) -> bytes:
    """Return the digest of the action that was read, computed here: what is decided on is what was shown."""
    computed = action_digest(decision.proposal.action)
    if computed != decision.action_digest:
        raise ProtocolError(
            f"The server names another digest for the action of {decision.decision_id} than the action has. Nothing "
            "was decided. Compare the server's version with this client's."
        )
    return computed


async def _once(stub: ConsoleServiceAsyncStub, request: v1.SubmitVerdictRequest) -> v1.SubmitVerdictResponse:
    return await answer(stub.SubmitVerdict(request, timeout=CALL_TIMEOUT_S))
