"""Verdicts beyond yes and no, and what operators and core say beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration

from governance import v1
from tests.unit.deciding import DECISION_ID

if TYPE_CHECKING:
    from collections.abc import Sequence


def targets(*values: str) -> list[v1.Target]:
    """Make addresses."""
    return [v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value=value) for value in values]


def action(
    *values: str,
    scope: v1.ActionScope.ValueType = v1.ACTION_SCOPE_ORGANIZATION,
    seconds: int = 0,
    parameters: dict[str, str] | None = None,
) -> v1.Action:
    """Make a block of addresses."""
    return v1.Action(
        type=v1.ACTION_TYPE_BLOCK_IP,
        scope=scope,
        targets=targets(*values),
        parameters=parameters,
        duration=Duration(seconds=seconds) if seconds else None,
    )


def wide_proposal(*values: str) -> v1.Proposal:
    """Make a proposal of low or medium risk about several addresses of the organization, for two hours."""
    return v1.Proposal(
        decision_id=DECISION_ID,
        action=action(*(values or ("203.0.113.9", "203.0.113.10")), seconds=7200),
        confidence=0.9,
        threat=v1.Threat(score=0.5, type="port_scan"),
    )


def judged(decision: v1.Decision, verdict: v1.Verdict) -> v1.OperatorCommand:
    """Judge the present version."""
    made = v1.Verdict(decision_id=decision.decision_id, version=decision.version)
    made.MergeFrom(verdict)
    return v1.OperatorCommand(request_id="r", verdict=made)


def modification(decision: v1.Decision, to: v1.Action, comment: str = "") -> v1.OperatorCommand:
    """Approve another action."""
    return judged(decision, v1.Verdict(modify_and_approve=v1.ModifyAndApprove(action=to), comment=comment))


def deferral(decision: v1.Decision, seconds: int, comment: str = "") -> v1.OperatorCommand:
    """Set it aside."""
    return judged(decision, v1.Verdict(defer=v1.Defer(duration=Duration(seconds=seconds)), comment=comment))


def question(decision: v1.Decision, text: str = "Whose address is it?", comment: str = "") -> v1.OperatorCommand:
    """Ask core."""
    asked = v1.RequestInformation(question=text)
    return judged(decision, v1.Verdict(request_information=asked, comment=comment))


def returning(decision: v1.Decision, text: str = "Name the rule.", comment: str = "") -> v1.OperatorCommand:
    """Return it for revision."""
    returned = v1.ReturnForRevision(instructions=text)
    return judged(decision, v1.Verdict(return_for_revision=returned, comment=comment))


def answer(reasoning: str = "A scanner's.", indicators: Sequence[str] = ()) -> v1.CoreCommand:
    """Answer what was asked."""
    evidence = v1.Evidence(reasoning=reasoning, indicators=indicators)
    return v1.CoreCommand(
        request_id="r", provide_information=v1.ProvideInformation(decision_id=DECISION_ID, evidence=evidence)
    )


def noting(text: str = "Seen before.") -> v1.OperatorCommand:
    """Note something."""
    return v1.OperatorCommand(request_id="r", add_note=v1.AddNote(decision_id=DECISION_ID, text=text))


def assigning(operator: str) -> v1.OperatorCommand:
    """Assign the decision."""
    return v1.OperatorCommand(request_id="r", assign=v1.AssignDecision(decision_id=DECISION_ID, operator=operator))
