"""Requests: what a command is known by, so that the same again gets the same receipt and another one is refused."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.digest import action_digest, content_digest
from governance_server.domain.visibility import visible_to

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from governance_server.domain.command import Command, Reversed, Tick
    from governance_server.engine.ports import KnownRequest


class Request(NamedTuple):
    """A command, and what it is known by: read out of it once, since all of it is asked for more than once.

    Attributes:
        command: The command.
        kind: Which of its caller's commands it is, such as "proposal"; empty for the server's own and for none.
        key: The key under which it is remembered once accepted; empty for the server's own. A proposal is known by its
            decision_id alone, whoever proposed it; any other command by its caller and request_id.
        request_id: The id that its receipt names it by; empty for the server's own.
        subject: The decision that it is about; empty where it is about the house.
        digest: The 32 bytes by which the same command again is told from another one; empty for the server's own.
            A proposal's id is shared by all cores, so whose it is belongs to what is digested.
        action_digest: The digest of the action that it proposes; empty where it proposes none.
        batch_id: The batch that a verdict is of; empty for one that stands alone and for any other command.
        reverses: The decision that it proposes to reverse; empty where it proposes no such thing.
    """

    command: Command
    kind: str = ""
    key: str = ""
    request_id: str = ""
    subject: str = ""
    digest: bytes = b""
    action_digest: bytes = b""
    batch_id: str = ""
    reverses: str = ""

    @property
    def verdict(self) -> v1.Verdict | None:
        """The verdict that the command is; None for any other command."""
        body = self.command.body
        return body.verdict if isinstance(body, v1.OperatorCommand) and self.kind == "verdict" else None


def request_of(command: Command) -> Request:
    """Return a command with what it is known by."""
    actor, body = command
    # What comes on streams first: that a message is of none of several classes takes longer to find out.
    if isinstance(body, v1.CoreCommand):
        caller = "core"
    elif isinstance(body, v1.OperatorCommand):
        caller = "operator"
    else:
        return _of_no_stream(command, actor.name, body)
    name = actor.name
    digest = _digest(name, body)
    kind = body.WhichOneof("command") or ""
    if kind == "proposal":
        assert isinstance(body, v1.CoreCommand)
        proposal = body.proposal
        decision_id = proposal.decision_id
        proposed = action_digest(proposal.action)
        key, reverses = f"proposal/{decision_id}", proposal.reverses
        return Request(command, kind, key, decision_id, decision_id, digest, proposed, "", reverses)
    request_id = body.request_id
    key = f"{caller}/{name}/{request_id}"
    asked = getattr(body, kind) if kind else None
    decision_id = getattr(asked, "decision_id", "")
    batch_id = asked.batch_id if isinstance(asked, v1.Verdict) else ""
    return Request(command, kind, key, request_id, decision_id, digest, b"", batch_id)


def _of_no_stream(command: Command, name: str, body: v1.ApplyPolicyRequest | Tick | Reversed) -> Request:
    if isinstance(body, v1.ApplyPolicyRequest):
        request_id = body.request_id
        return Request(command, "", f"operator/{name}/{request_id}", request_id, "", _digest(name, body))
    return Request(command, subject=body.decision_id)


def _digest(name: str, body: Message) -> bytes:
    return sha256(name.encode() + b"\0" + content_digest(body)).digest()


def recall(request: Request, known: KnownRequest, decision: v1.Decision | None) -> v1.Receipt:
    """Return the receipt of a command whose key is known: the same again, or a refusal.

    Args:
        request: The command that came.
        known: The command that was accepted under its key.
        decision: The decision it names, as it stands.
    """
    current = decision if decision is not None and visible_to(decision, request.command.actor) else None
    request_id = request.request_id
    if known.digest == request.digest:
        return v1.Receipt(request_id=request_id, accepted=v1.Accepted(offset=known.offset, joined=known.joined))
    if request.kind == "proposal":
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
