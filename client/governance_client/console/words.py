"""Words: how states, risks, roles, actions and spans of time are called on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.timestamp_pb2 import Timestamp

SECOND_US: Final = 1_000_000
RISKS: Final = (v1.RISK_LEVEL_CRITICAL, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_LOW)
"""Worst first."""
STATES: Final = tuple(state for state in v1.DecisionState.values() if state != v1.DECISION_STATE_UNSPECIFIED)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86400


def _word(name: Callable[..., str], value: int, prefix: str) -> str:
    try:
        return name(value).removeprefix(prefix).lower()
    except ValueError:
        return f"unknown ({value})"


def risk(value: int) -> str:
    """Return a risk level's name; its number where this version does not know it. So do all of these."""
    return _word(v1.RiskLevel.Name, value, "RISK_LEVEL_")


def state(value: int) -> str:
    """Return a decision state's name."""
    return _word(v1.DecisionState.Name, value, "DECISION_STATE_")


def role(value: int) -> str:
    """Return a role's name."""
    return _word(v1.Role.Name, value, "ROLE_")


def actor_kind(value: int) -> str:
    """Return what kind of actor it is."""
    return _word(v1.ActorKind.Name, value, "ACTOR_KIND_")


def action_type(value: int) -> str:
    """Return an action type's name."""
    return _word(v1.ActionType.Name, value, "ACTION_TYPE_")


def automation(value: int) -> str:
    """Return an automation level's name."""
    return _word(v1.AutomationLevel.Name, value, "AUTOMATION_LEVEL_")


def scope(value: int) -> str:
    """Return an action scope's name."""
    return _word(v1.ActionScope.Name, value, "ACTION_SCOPE_")


def target_kind(value: int) -> str:
    """Return a target kind's name."""
    return _word(v1.TargetKind.Name, value, "TARGET_KIND_")


def criticality(value: int) -> str:
    """Return a criticality's name."""
    return _word(v1.Criticality.Name, value, "CRITICALITY_")


def factor(value: int) -> str:
    """Return a risk factor's name, as words."""
    return _word(v1.RiskFactorKind.Name, value, "RISK_FACTOR_KIND_").replace("_", " ")


def category(value: int) -> str:
    """Return a risk category's name."""
    return _word(v1.RiskCategory.Name, value, "RISK_CATEGORY_")


def outcome(value: int) -> str:
    """Return an outcome result's name."""
    return _word(v1.OutcomeResult.Name, value, "OUTCOME_RESULT_")


def expiry(value: int) -> str:
    """Return an expiry reason as words."""
    return _word(v1.ExpiryReason.Name, value, "EXPIRY_REASON_").replace("_", " ")


def alarm(value: int) -> str:
    """Return why somebody has to look, as words."""
    return _word(v1.AlarmKind.Name, value, "ALARM_KIND_").replace("_", " ")


def microseconds(moment: Timestamp) -> int:
    """Return a moment in microseconds since the Unix epoch."""
    return moment.seconds * SECOND_US + moment.nanos // 1000


def moment(when: Timestamp) -> str:
    """Return a moment as date and time in UTC, to the second."""
    from datetime import UTC, datetime, timedelta

    try:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=when.seconds)
    except OverflowError:
        return f"{when.seconds} s after 1970"
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
    return span(left_us) if left_us > 0 else f"over {span(-left_us)}"
