"""The verbs of a core: submit and cancel."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.cli import status
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.cli.finding import find
from governance_client.cli.output import complain, print_json, print_lines
from governance_client.cli.refusing import sentence_of
from governance_client.cli.sending import raise_if_refused
from governance_client.console import words
from governance_client.console.inert import inert
from governance_client.console.rendering import act, risk_style
from governance_client.errors import InvalidRequestError, RefusedError
from governance_client.language import _
from governance_client.operator import new_request_id

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from governance_client.cli.context import Context

_MAX_FILE_BYTES: Final = 256 << 20
"""Of a file of proposals, which is read whole before any of it is submitted: some hundred thousand of them."""


async def submit(context: Context, arguments: Namespace) -> int:
    """Propose everything in a file, or nothing where any of it cannot be read."""
    try:
        proposals = _proposals(_text(arguments.file))
    except (OSError, ValueError, RecursionError, json_format.Error) as error:
        complain(_("{file}: {error}. Nothing was submitted.").format(file=arguments.file, error=_why(error)))
        return status.USAGE
    worst = status.DONE
    async with context.channel() as channel:
        stub = DecisionServiceStub(channel)
        for proposal in proposals:
            try:
                request = v1.SubmitDecisionRequest(proposal=proposal)
                _tell(context, await answer(stub.SubmitDecision(request, timeout=CALL_TIMEOUT_S)))
            except (RefusedError, InvalidRequestError) as error:
                complain(f"{proposal.decision_id}: {sentence_of(error)}")
                worst = max(worst, status.of(error))
    return worst


async def cancel(context: Context, arguments: Namespace) -> int:
    """Withdraw a proposal."""
    async with context.channel() as channel:
        decision = await find(channel, arguments.id)
        request = v1.CancelDecisionRequest(
            request_id=new_request_id(),
            cancel=v1.Cancel(decision_id=decision.decision_id, reason=arguments.reason),
        )
        response = await answer(DecisionServiceStub(channel).CancelDecision(request, timeout=CALL_TIMEOUT_S))
    if context.json:
        print_json(response)
    raise_if_refused(response.receipt)
    if not context.json:
        told = _("cancelled {decision}").format(decision=f"{inert(decision.decision_id)} {act(decision)}")
        print_lines([[("class:done", told)]])
    return status.DONE


def _why(error: Exception) -> str:
    match error:
        case OSError():
            return error.strerror or str(error)
        case UnicodeDecodeError():
            return _("it is not UTF-8 (byte {number})").format(number=error.start + 1)
        case RecursionError():
            return _("it is nested too deeply")
        case _:
            return str(error).rstrip(".")


def _text(name: str) -> str:
    with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
        content = file.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise ValueError(_("it has more than {bytes} bytes; part it").format(bytes=_MAX_FILE_BYTES))
    return content.decode("utf-8-sig")


def _proposals(text: str) -> list[v1.Proposal]:
    proposals = [json_format.ParseDict(each, v1.Proposal()) for each in _objects(text)]
    if not proposals:
        raise ValueError(_("it holds no proposal"))
    return proposals


def _objects(text: str) -> Iterator[Any]:
    """Yield JSON objects, one after the other or within arrays."""
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        value, position = decoder.raw_decode(text, position)
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, dict):
                raise ValueError(_("a proposal is a JSON object"))  # noqa: TRY004 - what is wrong is the file's content
            yield each


def _tell(context: Context, response: v1.SubmitDecisionResponse) -> None:
    if context.json:
        print_json(response)
    raise_if_refused(response.receipt)
    if context.json:
        return
    decision = response.decision
    risk, state = decision.assessment.risk, words.state_told(decision.state)
    joined = response.receipt.accepted.joined
    if joined:
        told = _("{id} joined {other}, which is open and proposes the same (entry {offset})").format(
            id=inert(response.receipt.request_id), other=inert(joined), offset=response.receipt.accepted.offset
        )
        print_lines([[("class:dim", told)]])
    print_lines(
        [
            [
                ("", f"{inert(decision.decision_id)} {act(decision)}: "),
                (risk_style(risk), words.risk(risk)),
                ("", ", " + _("{done} (entry {offset})").format(done=state, offset=response.receipt.accepted.offset)),
            ]
        ]
    )
