"""Commands that stop, go on, settle and undo."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from governance import v1


def declaration(
    scope: v1.HaltScope | None = None, *, reason: str = "Core blocks the wrong hosts.", for_s: int = 0, key: str = "h-1"
) -> v1.OperatorCommand:
    """Stop; everything, unless a scope is named."""
    halt = v1.DeclareHalt(
        scope=v1.HaltScope(all=True) if scope is None else scope,
        reason=reason,
        duration=Duration(seconds=for_s) if for_s else None,
    )
    return v1.OperatorCommand(request_id=key, declare_halt=halt)


def releasing(halt_id: str, *, reason: str = "Core was mended.", key: str = "g-1") -> v1.OperatorCommand:
    """Go on."""
    return v1.OperatorCommand(request_id=key, release_halt=v1.ReleaseHalt(halt_id=halt_id, reason=reason))


def finding(
    decision_id: str, result: v1.OutcomeResult.ValueType, evidence: str = "The firewall has the rule.", key: str = "f-1"
) -> v1.OperatorCommand:
    """Settle an unknown outcome."""
    outcome = v1.Outcome(result=result, detail=evidence)
    command = v1.ReconcileOutcome(decision_id=decision_id, outcome=outcome)
    return v1.OperatorCommand(request_id=key, reconcile_outcome=command)


def undoing(decision_id: str, *, reason: str = "It was a printer.", key: str = "u-1") -> v1.OperatorCommand:
    """Ask core for the reverse."""
    return v1.OperatorCommand(request_id=key, request_undo=v1.RequestUndo(decision_id=decision_id, reason=reason))
