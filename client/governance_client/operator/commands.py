"""An operator's commands: each built in one place, under a request id drawn in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.identifiers import new_id

if TYPE_CHECKING:
    from google.protobuf.message import Message

Tier: TypeAlias = v1.Role.ValueType


def new_request_id() -> str:
    """Draw a request id that nobody else has. The only place where one is drawn."""
    return new_id()


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


def modify(decision_id: str, action_digest: bytes, action: v1.Action, comment: str = "") -> v1.OperatorCommand:
    """Return the approval of another action in place of the one with this digest, whole."""
    return _verdict(decision_id, action_digest, comment, modify_and_approve=v1.ModifyAndApprove(action=action))


def defer(decision_id: str, action_digest: bytes, for_s: int) -> v1.OperatorCommand:
    """Return the wish to set a decision aside for so many seconds; its deadline stays."""
    return _verdict(decision_id, action_digest, defer=v1.Defer(duration=Duration(seconds=for_s)))


def ask(decision_id: str, action_digest: bytes, question: str) -> v1.OperatorCommand:
    """Return a question to core."""
    return _verdict(decision_id, action_digest, request_information=v1.RequestInformation(question=question))


def revise(decision_id: str, action_digest: bytes, instructions: str) -> v1.OperatorCommand:
    """Return the wish that core proposes it anew, and how."""
    return _verdict(decision_id, action_digest, return_for_revision=v1.ReturnForRevision(instructions=instructions))


def note(decision_id: str, text: str) -> v1.OperatorCommand:
    """Return a note about a decision."""
    return v1.OperatorCommand(request_id=new_request_id(), add_note=v1.AddNote(decision_id=decision_id, text=text))


def assign(decision_id: str, operator: str) -> v1.OperatorCommand:
    """Return the wish to give a decision to an operator; to nobody where the name is empty."""
    assignment = v1.AssignDecision(decision_id=decision_id, operator=operator)
    return v1.OperatorCommand(request_id=new_request_id(), assign=assignment)


def availability(*, away: bool) -> v1.OperatorCommand:
    """Return the word that one is away, or there again."""
    return v1.OperatorCommand(request_id=new_request_id(), set_availability=v1.SetAvailability(away=away))


def halt(scope: v1.HaltScope, reason: str, for_s: int = 0) -> v1.OperatorCommand:
    """Return the wish to stop what is within a scope: for so many seconds, or until it is released where that is 0."""
    declaration = v1.DeclareHalt(scope=scope, reason=reason)
    if for_s:
        declaration.duration.seconds = for_s
    return v1.OperatorCommand(request_id=new_request_id(), declare_halt=declaration)


def release_halt(halt_id: str, reason: str) -> v1.OperatorCommand:
    """Return the wish to end a halt; it takes as many people as the policy says."""
    release_ = v1.ReleaseHalt(halt_id=halt_id, reason=reason)
    return v1.OperatorCommand(request_id=new_request_id(), release_halt=release_)


def reconcile(decision_id: str, result: v1.OutcomeResult.ValueType, evidence: str) -> v1.OperatorCommand:
    """Return what was found to have become of an order whose outcome is unknown."""
    found = v1.ReconcileOutcome(decision_id=decision_id, outcome=v1.Outcome(result=result, detail=evidence))
    return v1.OperatorCommand(request_id=new_request_id(), reconcile_outcome=found)


def undo(decision_id: str, reason: str) -> v1.OperatorCommand:
    """Return the wish that core proposes the reverse of what it executed."""
    wish = v1.RequestUndo(decision_id=decision_id, reason=reason)
    return v1.OperatorCommand(request_id=new_request_id(), request_undo=wish)


def _verdict(decision_id: str, action_digest: bytes, comment: str = "", **judgement: Message) -> v1.OperatorCommand:
    given: dict[str, Any] = judgement
    verdict = v1.Verdict(decision_id=decision_id, action_digest=action_digest, comment=comment, **given)
    return v1.OperatorCommand(request_id=new_request_id(), verdict=verdict)


def decision_of(command: v1.OperatorCommand) -> str:
    """Return the id of the decision that a command is about; empty where it is about none."""
    kind = command.WhichOneof("command")
    about = getattr(command, kind) if kind else None
    return str(getattr(about, "decision_id", ""))
