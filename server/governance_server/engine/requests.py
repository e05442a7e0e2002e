"""Requests: what a command is known by, so that the same again gets the same receipt and another one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Command, Tick
from governance_server.domain.visibility import visible_to

if TYPE_CHECKING:
    from governance_server.engine.ports import KnownRequest


def is_proposal(command: Command) -> bool:
    """Tell whether a command is a proposal."""
    return isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal")


def request_key(command: Command) -> str:
    """Return the key under which an accepted command is remembered; empty for the server's own.

    A proposal is known by its decision_id alone, whoever proposed it; any other command by its caller and request_id.
    """
    if isinstance(command.body, Tick):
        return ""
    if isinstance(command.body, v1.CoreCommand):
        if command.body.HasField("proposal"):
            return f"proposal/{command.body.proposal.decision_id}"
        return f"core/{command.actor.name}/{command.body.request_id}"
    return f"operator/{command.actor.name}/{command.body.request_id}"


def request_id_of(command: Command) -> str:
    """Return the id that a command's receipt names it by; empty for the server's own."""
    if isinstance(command.body, Tick):
        return ""
    if isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
        return command.body.proposal.decision_id
    return command.body.request_id


def subject(command: Command) -> str:
    """Return the id of the decision a command is about; empty where it is about none."""
    if isinstance(command.body, Tick):
        return command.body.decision_id
    kind = command.body.WhichOneof("command")
    if kind is None:
        return ""
    decision_id = getattr(getattr(command.body, kind), "decision_id", "")
    assert isinstance(decision_id, str)
    return decision_id


def recall(command: Command, known: KnownRequest, digest: bytes, decision: v1.Decision | None) -> v1.Receipt:
    """Return the receipt of a command whose key is known: the same again, or a refusal.

    Args:
        command: The command that came.
        known: The command that was accepted under its key.
        digest: The content digest of the command that came.
        decision: The decision it names, as it stands.
    """
    current = decision if decision is not None and visible_to(decision, command.actor) else None
    proposal = is_proposal(command)
    request_id = request_id_of(command)
    if known.digest == digest and (current is not None or not proposal):
        return v1.Receipt(request_id=request_id, accepted=v1.Accepted(offset=known.offset))
    if proposal:
        return v1.Receipt(
            request_id=request_id,
            refused=v1.Refusal(
                reason=v1.REFUSAL_REASON_DECISION_ID_TAKEN,
                message=(
                    f"Decision {request_id} was proposed before with other content; that proposal stands."
                    " Propose this one under an id of its own."
                ),
                current=current,
            ),
        )
    return v1.Receipt(
        request_id=request_id,
        refused=v1.Refusal(
            reason=v1.REFUSAL_REASON_REQUEST_ID_REUSED,
            message=(
                f"Request {request_id} was used before for another command, recorded at offset {known.offset};"
                " this one changed nothing. Send it under an id of its own."
            ),
            current=current,
        ),
    )
