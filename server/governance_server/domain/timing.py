"""Timing: what the passing of time alone brings about, and what becomes of an order when the halts change.

Each of it once, never early, however often it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.eligibility import nobody_reachable, reachable
from governance_server.domain.executing import reported
from governance_server.domain.house import covering_halts
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.domain.ordering import leave
from governance_server.domain.passing import asked_of, step_up
from governance_server.domain.schedule import next_due_us
from governance_server.domain.sufficiency import satisfied_under

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State


def tick(state: State, now_us: int) -> Ruling:
    """Rule on a moment: everything that is due by now, in order; nothing where nothing is."""
    decision = state.decision
    if decision is None:
        return Consequence(())
    if decision.state == v1.DECISION_STATE_APPROVED:
        event = _held(state, decision, now_us) if decision.held else _ordered(state, decision, now_us)
        return Consequence(() if event is None else (event,))
    due_us = next_due_us(decision)
    if due_us is None or now_us < due_us:
        return Consequence(())
    if decision.state == v1.DECISION_STATE_PENDING:
        return Consequence(tuple(_pending(state, decision, now_us)))
    return Consequence(reported(decision, v1.OUTCOME_RESULT_UNKNOWN))


def _ordered(state: State, decision: v1.Decision, now_us: int) -> v1.Event | None:
    """Let an order lapse that core did not accept, or withdraw it where a halt covers it by now."""
    order = decision.order
    if now_us >= microseconds(order.accept_by):
        return _expired(v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED)
    if not covering_halts(state.house, decision):
        return None
    return v1.Event(order_withdrawn=v1.OrderWithdrawn(order_id=order.order_id, held_until=order.accept_by))


def _held(state: State, decision: v1.Decision, now_us: int) -> v1.Event | None:
    """Give the order that was held back, once no halt covers it; before that, the rules run once more."""
    house = state.house
    if now_us >= microseconds(decision.held_until):
        return _expired(v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED)
    if covering_halts(house, decision):
        return None
    if not satisfied_under(house.policy, decision, now_us):
        return _expired(v1.EXPIRY_REASON_POLICY_CHANGED)
    return leave(house, decision, now_us)


def _pending(state: State, decision: v1.Decision, now_us: int) -> list[v1.Event]:
    schedule = decision.schedule
    breached = now_us >= microseconds(schedule.deadline)
    events = []
    if decision.HasField("claim") and now_us >= microseconds(decision.claim.expires_at):
        events.append(v1.Event(decision_released=v1.DecisionReleased(expired=True)))
    if not schedule.warned and now_us >= microseconds(schedule.warn_at):
        events.append(v1.Event(sla_warned=v1.SlaWarned(deadline=schedule.deadline)))
        if not breached:  # after a breach another tier is asked, and looked for
            events += _unreachable(state, decision)
    if breached:
        breach = v1.SlaBreached(deadline=schedule.deadline, tier=decision.tier)
        events += (v1.Event(sla_breached=breach), *_after_breach(state, decision, now_us))
    return events


def _after_breach(state: State, decision: v1.Decision, now_us: int) -> tuple[v1.Event, ...]:
    """Ask the next tier; at the top of the chain, deny: silence is no leave."""
    tier = step_up(state.house.policy, decision.tier)
    if tier is None:
        return (_expired(v1.EXPIRY_REASON_NOBODY_DECIDED),)
    return asked_of(state, decision, tier, now_us)


def _unreachable(state: State, decision: v1.Decision) -> list[v1.Event]:
    """Return the alarm that is due with a warning: nobody is there, and nobody was told so since the tier was asked.

    The schedule does not say when that was; the time that a tier has under the policy in force tells it.
    """
    if reachable(state.house, state.around, decision):
        return []
    span_us = state.house.policy.sla_s[decision.assessment.risk] * SECOND_US
    asked_us = microseconds(decision.schedule.deadline) - span_us
    waiting = v1.Decision(assessment=decision.assessment)
    waiting.alarms.extend(alarm for alarm in decision.alarms if microseconds(alarm.raised_at) >= asked_us)
    return nobody_reachable(waiting)


def _expired(reason: v1.ExpiryReason.ValueType) -> v1.Event:
    return v1.Event(decision_expired=v1.DecisionExpired(reason=reason))
