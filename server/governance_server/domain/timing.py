"""Timing: what the passing of time alone brings about. Each of it once, never early, however often it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.moment import microseconds
from governance_server.domain.passing import escalated, step_up
from governance_server.domain.schedule import next_due_us

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State
    from governance_server.domain.policy import Policy


def tick(state: State, now_us: int) -> Ruling:
    """Rule on a moment: everything that is due by now, in order; nothing where nothing is."""
    decision = state.decision
    if decision is None:
        return Consequence(())
    due_us = next_due_us(decision)
    if due_us is None or now_us < due_us:
        return Consequence(())
    if decision.state == v1.DECISION_STATE_PENDING:
        return Consequence(tuple(_pending(decision, state.house.policy, now_us)))
    if decision.state == v1.DECISION_STATE_APPROVED:
        return Consequence((_expired(v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED),))
    silence = v1.OutcomeReported(order_id=decision.order.order_id, result=v1.OUTCOME_RESULT_UNKNOWN)
    return Consequence((v1.Event(outcome_reported=silence),))


def _pending(decision: v1.Decision, policy: Policy, now_us: int) -> list[v1.Event]:
    schedule = decision.schedule
    events = []
    if decision.HasField("claim") and now_us >= microseconds(decision.claim.expires_at):
        events.append(v1.Event(decision_released=v1.DecisionReleased(expired=True)))
    if not schedule.warned and now_us >= microseconds(schedule.warn_at):
        events.append(v1.Event(sla_warned=v1.SlaWarned(deadline=schedule.deadline)))
    if now_us >= microseconds(schedule.deadline):
        breached = v1.SlaBreached(deadline=schedule.deadline, tier=decision.tier)
        events += (v1.Event(sla_breached=breached), _after_breach(decision, policy, now_us))
    return events


def _after_breach(decision: v1.Decision, policy: Policy, now_us: int) -> v1.Event:
    """Ask the next tier; at the top of the chain, deny: silence is no leave."""
    tier = step_up(policy, decision.tier)
    if tier is None:
        return _expired(v1.EXPIRY_REASON_NOBODY_DECIDED)
    return escalated(policy, decision, tier, now_us)


def _expired(reason: v1.ExpiryReason.ValueType) -> v1.Event:
    return v1.Event(decision_expired=v1.DecisionExpired(reason=reason))
