"""The SDK for people's tools: one `Operate` stream, a replica of what it says, and commands that get their receipt."""

from governance_client.operator.commands import Tier, approve, claim, escalate, new_request_id, reject, release
from governance_client.operator.freshness import Link, News
from governance_client.operator.inflight import DisconnectedError, OutcomeUnknownError
from governance_client.operator.replica import Replica, Update
from governance_client.operator.session import OperatorSession, SessionSettings

__all__ = [
    "DisconnectedError",
    "Link",
    "News",
    "OperatorSession",
    "OutcomeUnknownError",
    "Replica",
    "SessionSettings",
    "Tier",
    "Update",
    "approve",
    "claim",
    "escalate",
    "new_request_id",
    "reject",
    "release",
]
