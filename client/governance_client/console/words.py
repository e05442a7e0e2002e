"""Words: how states, risks, roles, actions and spans of time are called on a screen.

Names that people type as values (`risk=high`, `block_ip`, `soc_operator`) are the contract's own in every language.
What is only read is told in the language in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.language import _, pgettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.timestamp_pb2 import Timestamp

    Told = Mapping[int, Callable[[], str]]

SECOND_US: Final = 1_000_000
RISKS: Final = (v1.RISK_LEVEL_CRITICAL, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_LOW)
"""Worst first."""
STATES: Final = tuple(state for state in v1.DecisionState.values() if state != v1.DECISION_STATE_UNSPECIFIED)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86400

_STATES: Final[Told] = {
    v1.DECISION_STATE_PENDING: lambda: pgettext("state", "pending"),
    v1.DECISION_STATE_APPROVED: lambda: pgettext("state", "approved"),
    v1.DECISION_STATE_EXECUTING: lambda: pgettext("state", "executing"),
    v1.DECISION_STATE_EXECUTED: lambda: pgettext("state", "executed"),
    v1.DECISION_STATE_FAILED: lambda: pgettext("state", "failed"),
    v1.DECISION_STATE_OUTCOME_UNKNOWN: lambda: pgettext("state", "outcome unknown"),
    v1.DECISION_STATE_REJECTED: lambda: pgettext("state", "rejected"),
    v1.DECISION_STATE_EXPIRED: lambda: pgettext("state", "expired"),
    v1.DECISION_STATE_CANCELLED: lambda: pgettext("state", "cancelled"),
}
_ACTORS: Final[Told] = {
    v1.ACTOR_KIND_CORE: lambda: pgettext("who did it", "core"),
    v1.ACTOR_KIND_OPERATOR: lambda: pgettext("who did it", "operator"),
    v1.ACTOR_KIND_POLICY: lambda: pgettext("who did it", "policy"),
    v1.ACTOR_KIND_TIMEKEEPER: lambda: pgettext("who did it", "timekeeper"),
    v1.ACTOR_KIND_ADMINISTRATOR: lambda: pgettext("who did it", "administrator"),
}
_AUTOMATION: Final[Told] = {
    v1.AUTOMATION_LEVEL_MANUAL: lambda: pgettext("automation", "manual"),
    v1.AUTOMATION_LEVEL_ADVISORY: lambda: pgettext("automation", "advisory"),
    v1.AUTOMATION_LEVEL_SUPERVISED: lambda: pgettext("automation", "supervised"),
    v1.AUTOMATION_LEVEL_FULL: lambda: pgettext("automation", "full"),
}
_CRITICALITY: Final[Told] = {
    v1.CRITICALITY_UNSPECIFIED: lambda: pgettext("criticality", "not said"),
    v1.CRITICALITY_LOW: lambda: pgettext("criticality", "low"),
    v1.CRITICALITY_MEDIUM: lambda: pgettext("criticality", "medium"),
    v1.CRITICALITY_HIGH: lambda: pgettext("criticality", "high"),
    v1.CRITICALITY_CRITICAL: lambda: pgettext("criticality", "critical"),
}
_CLASSIFICATION: Final[Told] = {
    v1.DATA_CLASSIFICATION_PUBLIC: lambda: pgettext("data", "public"),
    v1.DATA_CLASSIFICATION_INTERNAL: lambda: pgettext("data", "internal"),
    v1.DATA_CLASSIFICATION_CONFIDENTIAL: lambda: pgettext("data", "confidential"),
    v1.DATA_CLASSIFICATION_RESTRICTED: lambda: pgettext("data", "restricted"),
    v1.DATA_CLASSIFICATION_TOP_SECRET: lambda: pgettext("data", "top secret"),
}
_FACTORS: Final[Told] = {
    v1.RISK_FACTOR_KIND_THREAT_SCORE: lambda: pgettext("risk factor", "threat score"),
    v1.RISK_FACTOR_KIND_UNCERTAINTY: lambda: pgettext("risk factor", "uncertainty"),
    v1.RISK_FACTOR_KIND_NOVELTY: lambda: pgettext("risk factor", "novelty"),
    v1.RISK_FACTOR_KIND_CRITICALITY: lambda: pgettext("risk factor", "criticality"),
    v1.RISK_FACTOR_KIND_DATA_SENSITIVITY: lambda: pgettext("risk factor", "data sensitivity"),
    v1.RISK_FACTOR_KIND_ASSET_COUNT: lambda: pgettext("risk factor", "asset count"),
    v1.RISK_FACTOR_KIND_FINANCIAL: lambda: pgettext("risk factor", "financial"),
    v1.RISK_FACTOR_KIND_OPERATIONAL: lambda: pgettext("risk factor", "operational"),
    v1.RISK_FACTOR_KIND_REPUTATIONAL: lambda: pgettext("risk factor", "reputational"),
    v1.RISK_FACTOR_KIND_IRREVERSIBILITY: lambda: pgettext("risk factor", "irreversibility"),
    v1.RISK_FACTOR_KIND_AGGRESSIVENESS: lambda: pgettext("risk factor", "aggressiveness"),
    v1.RISK_FACTOR_KIND_SCOPE: lambda: pgettext("risk factor", "scope"),
    v1.RISK_FACTOR_KIND_REGULATORY: lambda: pgettext("risk factor", "regulatory"),
    v1.RISK_FACTOR_KIND_PRIVACY: lambda: pgettext("risk factor", "privacy"),
    v1.RISK_FACTOR_KIND_TIME_OF_DAY: lambda: pgettext("risk factor", "time of day"),
    v1.RISK_FACTOR_KIND_OPERATOR_ABSENCE: lambda: pgettext("risk factor", "operator absence"),
}
_CATEGORIES: Final[Told] = {
    v1.RISK_CATEGORY_THREAT: lambda: pgettext("risk category", "threat"),
    v1.RISK_CATEGORY_ASSET: lambda: pgettext("risk category", "asset"),
    v1.RISK_CATEGORY_BUSINESS: lambda: pgettext("risk category", "business"),
    v1.RISK_CATEGORY_ACTION: lambda: pgettext("risk category", "action"),
    v1.RISK_CATEGORY_COMPLIANCE: lambda: pgettext("risk category", "compliance"),
    v1.RISK_CATEGORY_ENVIRONMENT: lambda: pgettext("risk category", "environment"),
}
_OUTCOMES: Final[Told] = {
    v1.OUTCOME_RESULT_EXECUTED: lambda: pgettext("outcome", "executed"),
    v1.OUTCOME_RESULT_FAILED: lambda: pgettext("outcome", "failed"),
    v1.OUTCOME_RESULT_UNKNOWN: lambda: pgettext("outcome", "unknown"),
}
_EXPIRIES: Final[Told] = {
    v1.EXPIRY_REASON_NOBODY_DECIDED: lambda: _("nobody decided"),
    v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED: lambda: _("order not accepted"),
    v1.EXPIRY_REASON_POLICY_CHANGED: lambda: _("policy changed"),
}
_ALARMS: Final[Told] = {
    v1.ALARM_KIND_NOBODY_REACHABLE: lambda: _("nobody reachable"),
    v1.ALARM_KIND_OUTCOME_UNKNOWN: lambda: _("outcome unknown"),
}


def _word(name: Callable[..., str], value: int, prefix: str) -> str:
    try:
        return name(value).removeprefix(prefix).lower()
    except ValueError:
        return _unknown(value)


def _told(told: Told, value: int) -> str:
    found = told.get(value)
    return found() if found is not None else _unknown(value)


def _unknown(value: int) -> str:
    return _("unknown ({number})").format(number=value)


def risk(value: int) -> str:
    """Return a risk level's name; its number where this version does not know it. So do all of these."""
    return _word(v1.RiskLevel.Name, value, "RISK_LEVEL_")


def state(value: int) -> str:
    """Return a decision state's name, as it is typed."""
    return _word(v1.DecisionState.Name, value, "DECISION_STATE_")


def state_told(value: int) -> str:
    """Return a decision state in words, to be read."""
    return _told(_STATES, value)


def role(value: int) -> str:
    """Return a role's name."""
    return _word(v1.Role.Name, value, "ROLE_")


def actor_kind(value: int) -> str:
    """Return what kind of actor it is, in words."""
    return _told(_ACTORS, value)


def action_type(value: int) -> str:
    """Return an action type's name."""
    return _word(v1.ActionType.Name, value, "ACTION_TYPE_")


def automation(value: int) -> str:
    """Return an automation level in words."""
    return _told(_AUTOMATION, value)


def scope(value: int) -> str:
    """Return an action scope's name."""
    return _word(v1.ActionScope.Name, value, "ACTION_SCOPE_")


def target_kind(value: int) -> str:
    """Return a target kind's name."""
    return _word(v1.TargetKind.Name, value, "TARGET_KIND_")


def criticality(value: int) -> str:
    """Return a criticality in words."""
    return _told(_CRITICALITY, value)


def classification(value: int) -> str:
    """Return how sensitive data is, in words."""
    return _told(_CLASSIFICATION, value)


def factor(value: int) -> str:
    """Return a risk factor in words."""
    return _told(_FACTORS, value)


def category(value: int) -> str:
    """Return a risk category in words."""
    return _told(_CATEGORIES, value)


def outcome(value: int) -> str:
    """Return what became of an order, in words."""
    return _told(_OUTCOMES, value)


def expiry(value: int) -> str:
    """Return why a decision expired, in words."""
    return _told(_EXPIRIES, value)


def alarm(value: int) -> str:
    """Return why somebody has to look, in words."""
    return _told(_ALARMS, value)


def microseconds(moment: Timestamp) -> int:
    """Return a moment in microseconds since the Unix epoch."""
    return moment.seconds * SECOND_US + moment.nanos // 1000


def moment(when: Timestamp) -> str:
    """Return a moment as date and time in UTC, to the second."""
    from datetime import UTC, datetime, timedelta

    try:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=when.seconds)
    except OverflowError:
        return _("{seconds} s after 1970").format(seconds=when.seconds)
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC")


def span(span_us: int) -> str:
    """Return a span of time in as few words as tell it: `9:04`, `2h05`, `3d04h`."""
    total_s = max(span_us, 0) // SECOND_US
    if total_s >= _DAY_S:
        return f"{total_s // _DAY_S}d{total_s % _DAY_S // _HOUR_S:02}h"
    if total_s >= _HOUR_S:
        return f"{total_s // _HOUR_S}h{total_s % _HOUR_S // _MINUTE_S:02}"
    return f"{total_s // _MINUTE_S}:{total_s % _MINUTE_S:02}"


def countdown(deadline: Timestamp, now_us: int) -> str:
    """Return how long there is until a deadline by the server's clock, or that it is over."""
    if not now_us:
        return "?"
    left_us = microseconds(deadline) - now_us
    return span(left_us) if left_us > 0 else pgettext("deadline", "over {span}").format(span=span(-left_us))
