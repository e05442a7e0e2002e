"""Requests: what a command is known by, so that the same again gets the same receipt and another one is refused."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Command, Reversed, Tick
from governance_server.domain.digest import action_digest, content_digest
from governance_server.domain.visibility import visible_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.engine.ports import KnownRequest


def is_proposal(command: Command) -> bool:
    """Tell whether a command is a proposal."""
    return isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal")


def request_key(command: Command) -> str:
    """Return the key under which an accepted command is remembered; empty for the server's own.

    A proposal is known by its decision_id alone, whoever proposed it; any other command by its caller and request_id.
    """
    if isinstance(command.body, Tick | Reversed):
        return ""
    if isinstance(command.body, v1.CoreCommand):
        if command.body.HasField("proposal"):
            return f"proposal/{command.body.proposal.decision_id}"
        return f"core/{command.actor.name}/{command.body.request_id}"
    return f"operator/{command.actor.name}/{command.body.request_id}"


def request_id_of(command: Command) -> str:
    """Return the id that a command's receipt names it by; empty for the server's own."""
    if isinstance(command.body, Tick | Reversed):
        return ""
    if isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
        return command.body.proposal.decision_id
    return command.body.request_id


def verdict_of(command: Command) -> v1.Verdict | None:
    """Return the verdict that a command is; None for any other command."""
    if isinstance(command.body, v1.OperatorCommand) and command.body.HasField("verdict"):
        return command.body.verdict
    return None


def subject(command: Command) -> str:
    """Return the id of the decision a command is about; empty where it is about the house."""
    if isinstance(command.body, Tick | Reversed):
        return command.body.decision_id
    if isinstance(command.body, v1.ApplyPolicyRequest):
        return ""
    kind = command.body.WhichOneof("command")
    if kind is None:
        return ""
    decision_id = getattr(getattr(command.body, kind), "decision_id", "")
    assert isinstance(decision_id, str)
    return decision_id


def needed(command: Command, *, known: bool) -> Iterator[str]:
    """Return the decisions that a command is decided on.

    Args:
        command: The command.
        known: It was accepted before. A decision exists exactly when its proposal was, so a new one need not be looked
            for.
    """
    if isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
        if known:
            yield command.body.proposal.decision_id
        if command.body.proposal.reverses:
            yield command.body.proposal.reverses
    elif named := subject(command):
        yield named


def proposed_digest(command: Command) -> bytes:
    """Return the digest of the action that a command proposes; empty where it proposes none."""
    if isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
        return action_digest(command.body.proposal.action)
    return b""


def request_digest(command: Command) -> bytes:
    """Return the 32 bytes by which the same command again is told from another one; empty for the server's own.

    A proposal's id is shared by all cores, so whose it is belongs to what is digested.
    """
    if isinstance(command.body, Tick | Reversed):
        return b""
    return hashlib.sha256(command.actor.name.encode() + b"\0" + content_digest(command.body)).digest()


def recall(command: Command, known: KnownRequest, digest: bytes, decision: v1.Decision | None) -> v1.Receipt:
    """Return the receipt of a command whose key is known: the same again, or a refusal.

    Args:
        command: The command that came.
        known: The command that was accepted under its key.
        digest: The content digest of the command that came.
        decision: The decision it names, as it stands.
    """
    current = decision if decision is not None and visible_to(decision, command.actor) else None
    request_id = request_id_of(command)
    if known.digest == digest:
        return v1.Receipt(request_id=request_id, accepted=v1.Accepted(offset=known.offset, joined=known.joined))
    if is_proposal(command):
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
