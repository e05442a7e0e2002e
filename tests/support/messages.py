"""Proposals, commands and actors that tests speak with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.digest import action_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

CORE = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="maximus", role=v1.ROLE_CORE)
OTHER_CORE = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="minimus", role=v1.ROLE_CORE)
OPERATOR_1 = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="operator-1", role=v1.ROLE_SOC_OPERATOR)
OPERATOR_2 = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="operator-2", role=v1.ROLE_SOC_OPERATOR)
PLAIN_ADDRESSES = 250


def proposal(number: int = 1, *, confidence: float = 0.85, threat: float = 0.5) -> v1.Proposal:
    """A proposal to block an address, another for each number; of low risk by day, and supervised.

    At night, when nobody is expected to be there, it is of medium risk; with a threat of 0.4 or less it never is.
    """
    address = (
        f"192.0.2.{number + 1}" if number < PLAIN_ADDRESSES else f"198.18.{number // 250 % 250}.{number % 250 + 1}"
    )
    return v1.Proposal(
        decision_id=f"decision-{number:06d}",
        action=v1.Action(
            type=v1.ACTION_TYPE_BLOCK_IP,
            scope=v1.ACTION_SCOPE_HOST,
            targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value=address)],
        ),
        confidence=confidence,
        threat=v1.Threat(score=threat, type="port_scan"),
        evidence=v1.Evidence(reasoning="Seen scanning.", indicators=[address]),
        assets=[v1.Asset(name="web-1", type="server", criticality=v1.CRITICALITY_MEDIUM)],
    )


def make_critical(made: v1.Proposal) -> None:
    """Have a proposal be of critical risk, which two people have to approve."""
    made.confidence = 0
    made.data_classification = v1.DATA_CLASSIFICATION_TOP_SECRET
    made.action.type = v1.ACTION_TYPE_DELETE_DATA
    made.action.scope = v1.ACTION_SCOPE_GLOBAL
    made.threat.CopyFrom(v1.Threat(score=1, novelty=v1.NOVELTY_ZERO_DAY))
    made.assets[0].criticality = v1.CRITICALITY_CRITICAL
    made.business_impact.CopyFrom(v1.BusinessImpact(estimated_cost_usd=1e6, operational=1, reputational=1))
    made.compliance_tags.append("GDPR")
    made.data_type = "PII"


def proposing(number: int = 1, actor: v1.Actor = CORE) -> Command:
    """A core's proposal as a command."""
    return Command(actor, v1.CoreCommand(proposal=proposal(number)))


def approval(decision: v1.Decision, request_id: str = "approve-1") -> v1.OperatorCommand:
    """The approval of a decision as it was seen."""
    verdict = v1.Verdict(decision_id=decision.decision_id, action_digest=decision.action_digest, approve=v1.Approve())
    return v1.OperatorCommand(request_id=request_id, verdict=verdict)


def rejection(decision: v1.Decision, request_id: str = "reject-1", reason: str = "Not ours.") -> v1.OperatorCommand:
    """The rejection of a decision as it was seen."""
    verdict = v1.Verdict(
        decision_id=decision.decision_id, action_digest=decision.action_digest, comment=reason, reject=v1.Reject()
    )
    return v1.OperatorCommand(request_id=request_id, verdict=verdict)


def acceptance(decision: v1.Decision, request_id: str = "accept-1", instance: str = "instance-1") -> v1.CoreCommand:
    """Core's acceptance of a decision's order."""
    return v1.CoreCommand(
        request_id=request_id,
        accept_order=v1.AcceptOrder(
            decision_id=decision.decision_id,
            order_id=decision.order.order_id,
            action_digest=action_digest(decision.proposal.action),
            instance=instance,
        ),
    )


def core_frame(commands: Sequence[v1.CoreCommand], sequence: int = 2) -> v1.ProposeRequest:
    """A frame from core."""
    return v1.ProposeRequest(sequence=sequence, commands=v1.CoreCommands(commands=commands))


def operator_frame(commands: Sequence[v1.OperatorCommand], sequence: int = 2) -> v1.OperateRequest:
    """A frame from an operator."""
    return v1.OperateRequest(sequence=sequence, commands=v1.OperatorCommands(commands=commands))
