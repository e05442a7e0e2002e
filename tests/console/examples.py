"""Example decisions, small and whole."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.digest import action_digest

NOW_S = 1_800_000_000


def decision(
    decision_id: str = "0a1b2c3d4e5f",
    target: str = "203.0.113.7",
    risk: v1.RiskLevel.ValueType = v1.RISK_LEVEL_HIGH,
    state: v1.DecisionState.ValueType = v1.DECISION_STATE_PENDING,
    version: int = 1,
    offset: int = 5,
    left_s: int = 300,
) -> v1.Decision:
    """Return a decision to block one address, pending unless told otherwise."""
    action = v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value=target)])
    return v1.Decision(
        decision_id=decision_id,
        version=version,
        offset=offset,
        state=state,
        core="maximus",
        proposal=v1.Proposal(decision_id=decision_id, action=action, confidence=0.8),
        action_digest=action_digest(action),
        assessment=v1.Assessment(score=0.6, risk=risk, automation=v1.AUTOMATION_LEVEL_SUPERVISED),
        tier=v1.ROLE_SOC_OPERATOR,
        quorum=v1.Quorum(required=1),
        proposed_at=Timestamp(seconds=NOW_S - 60),
        schedule=v1.Schedule(deadline=Timestamp(seconds=NOW_S + left_s)),
    )


def change(newest: v1.Decision, *events: str, by: str = "") -> v1.Change:
    """Return the change that carries a decision."""
    cause = v1.Cause(events=events)
    if by:
        cause.actor.CopyFrom(operator(by))
    return v1.Change(offset=newest.offset, decision=newest, cause=cause)


def operator(name: str) -> v1.Actor:
    """Return an operator of the first tier."""
    return v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=name, role=v1.ROLE_SOC_OPERATOR)
