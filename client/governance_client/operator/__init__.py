"""The SDK for people's tools: one `Operate` stream, a replica of what it says, and commands that get their receipt."""

from governance_client.operator.commands import Tier, approve, claim, escalate, new_request_id, reject, release
from governance_client.operator.freshness import Link, News
from governance_client.operator.inflight import DisconnectedError, OutcomeUnknownError
from governance_client.operator.modification import differences, modified
from governance_client.operator.questions import Health, JudgementRequiredError
from governance_client.operator.replica import Replica, Update
from governance_client.operator.scopes import scope_of
from governance_client.operator.session import OperatorSession, SessionSettings
from governance_client.operator.spans import seconds_of

__all__ = [
    "DisconnectedError",
    "Health",
    "JudgementRequiredError",
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
    "differences",
    "escalate",
    "modified",
    "new_request_id",
    "reject",
    "release",
    "scope_of",
    "seconds_of",
]
