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
from governance_client.cli.refusing import sentence_of
from governance_client.console.history import approvals
from governance_client.console.rendering import act, short_id
from governance_client.digest import action_digest
from governance_client.errors import ClientError, NotFoundError, ProtocolError, RefusedError, UnreachableError
from governance_client.language import _
from governance_client.operator import OutcomeUnknownError, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import grpc

    from governance.v1.console_service_pb2_grpc import ConsoleServiceAsyncStub
    from governance_client.cli.context import Context

    Build = Callable[[v1.Decision], v1.OperatorCommand]

_AGAIN_S: Final = 8.0
"""How long a command that met no answer is sent again, under the same request id, which counts once."""


async def send_each(context: Context, words: Sequence[str], done: str, build: Build, partly: str = "") -> int:
    """Send one command for each decision that is named, say what became of each, and go on after a refusal.

    Args:
        context: The invocation.
        words: The decisions' ids, or the starts of them.
        done: What is told of one that was accepted; `{decision}` stands for it.
        build: Makes the command from the decision as it was read.
        partly: What is told of an approval after which more have to approve; `{approvals}` stands for how many have.
    """
    worst = status.DONE
    async with context.channel() as channel:
        for number, word in enumerate(words, 1):
            try:
                decision = await find(channel, word)
                response = await send(channel, build(decision))
                tell(context, response, as_it_stands(named(decision), response.decision, done, partly))
            except (RefusedError, NotFoundError) as error:
                complain(f"{word}: {sentence_of(error)}")
                worst = status.REFUSED
            except ClientError:
                if number < len(words):
                    complain(_("Not tried any more: {words}.").format(words=", ".join(words[number:])))
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
    """Say what became of one command, which is `done` if it was accepted. Raises RefusedError if it was refused."""
    if context.json:
        print_json(response)
    raise_if_refused(response.receipt)
    if not context.json:
        told = _("{done} (entry {offset})").format(done=done, offset=response.receipt.accepted.offset)
        print_lines([[("class:done", told)]])


def named(decision: v1.Decision) -> str:
    """Return a decision's short id and what it would do."""
    return f"{short_id(decision.decision_id)} {act(decision)}"


def as_it_stands(name: str, decision: v1.Decision, done: str, partly: str = "") -> str:
    """Return what is told of a command: nobody is told that something is approved while more have to approve it.

    Args:
        name: The decision's, for `{decision}`.
        decision: As it stands after the command.
        done: What is told.
        partly: What is told in its place where more have to approve.
    """
    if partly and decision.state == v1.DECISION_STATE_PENDING:
        return partly.format(decision=name, approvals=approvals(decision))
    told = done.format(decision=name)
    return _("{done}; a halt holds its order back").format(done=told) if decision.held else told


def raise_if_refused(receipt: v1.Receipt) -> None:
    """Return where a command was accepted. Raises RefusedError, or ClientError for an answer from the future."""
    match receipt.WhichOneof("result"):
        case "accepted":
            return
        case "refused":
            raise RefusedError(receipt.refused)
        case _:
            raise ClientError(_("The server's answer is one that this version does not know. Compare their versions."))


def seen_digest(decision: v1.Decision) -> bytes:
    """Return the digest of the action that was read, computed here: what is decided on is what was shown."""
    computed = action_digest(decision.proposal.action)
    if computed != decision.action_digest:
        raise ProtocolError(
            _(
                "The server names another digest for the action of {id} than the action has. Nothing was decided. "
                "Compare the server's version with this client's."
            ).format(id=decision.decision_id)
        )
    return computed


async def _once(stub: ConsoleServiceAsyncStub, request: v1.SubmitVerdictRequest) -> v1.SubmitVerdictResponse:
    return await answer(stub.SubmitVerdict(request, timeout=CALL_TIMEOUT_S))
