"""An operator's commands: each built in one place, under a request id drawn in one place."""

from __future__ import annotations

import uuid
from typing import TypeAlias

from governance import v1

Tier: TypeAlias = v1.Role.ValueType


def new_request_id() -> str:
    """Draw a request id that nobody else has. The only place where one is drawn."""
    return uuid.uuid4().hex


def approve(decision_id: str, action_digest: bytes, comment: str = "") -> v1.OperatorCommand:
    """Return the approval of the action with this digest, whatever version of the decision it is in."""
    verdict = v1.Verdict(decision_id=decision_id, action_digest=action_digest, comment=comment, approve=v1.Approve())
    return v1.OperatorCommand(request_id=new_request_id(), verdict=verdict)


def reject(decision_id: str, action_digest: bytes, reason: str) -> v1.OperatorCommand:
    """Return the rejection of the action with this digest. The server refuses it without a reason."""
    verdict = v1.Verdict(decision_id=decision_id, action_digest=action_digest, comment=reason, reject=v1.Reject())
    return v1.OperatorCommand(request_id=new_request_id(), verdict=verdict)


def escalate(decision_id: str, reason: str, to_role: Tier = v1.ROLE_UNSPECIFIED) -> v1.OperatorCommand:
    """Return the wish to send a decision up the chain: to a role, or to the one that its risk asks for."""
    escalation = v1.Escalate(decision_id=decision_id, reason=reason, to_role=to_role)
    return v1.OperatorCommand(request_id=new_request_id(), escalate=escalation)


def claim(decision_id: str) -> v1.OperatorCommand:
    """Return the wish to take a decision in hand."""
    return v1.OperatorCommand(request_id=new_request_id(), claim=v1.ClaimDecision(decision_id=decision_id))


def release(decision_id: str) -> v1.OperatorCommand:
    """Return the wish to let a claimed decision go."""
    return v1.OperatorCommand(request_id=new_request_id(), release=v1.ReleaseDecision(decision_id=decision_id))


def decision_of(command: v1.OperatorCommand) -> str:
    """Return the id of the decision that a command is about; empty where it is about none."""
    kind = command.WhichOneof("command")
    about = getattr(command, kind) if kind else None
    return str(getattr(about, "decision_id", ""))
