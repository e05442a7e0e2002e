"""Promise 5, time is kept: what is due happens once, never early, and soon enough while the server is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from tests.simulation.checkers.moments import SECOND_US, us
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from tests.simulation.checkers.ledger import Ledger, Row
    from tests.simulation.history import Served


class Punctuality:
    """Computes every due time from the entries, and holds the timekeeper to it."""

    def __init__(self, ledger: Ledger, slack_us: int) -> None:
        self._ledger = ledger
        self._slack_us = slack_us
        self._recorded_us = 0
        self._up_since_us: int | None = None
        self._looked_us = 0

    def served(self, served: Served) -> None:
        """Note since when the server is there."""
        self._up_since_us = served.at_us if served.phase == "started" else None
        self._looked_us = 0

    def entry(self, row: Row) -> None:
        """Check that time does not go back."""
        _assure(row.recorded_us >= self._recorded_us, row, "was recorded before the entry ahead of it")
        self._recorded_us = row.recorded_us

    def event(self, row: Row, event: v1.Event, now: v1.Decision) -> None:
        """Check an event that has its time."""
        self._sla(row, event, now)
        self._order(row, event, now)
        if event.HasField("halt_ended") and event.halt_ended.expired:
            halt = self._ledger.halts.get(event.halt_ended.halt_id)
            _assure(halt is not None and halt.expires_us is not None, row, "ends a halt that has no end")
            self._due(row, (halt.expires_us if halt else None) or 0)

    def _sla(self, row: Row, event: v1.Event, now: v1.Decision) -> None:
        """Check what has to do with a verdict that is waited for."""
        match event.WhichOneof("kind"):
            case "decision_proposed":
                risk = event.decision_proposed.assessment.risk
                self._times(row, risk, event.decision_proposed.warn_at, event.decision_proposed.deadline)
            case "decision_escalated":
                self._escalated(row, event.decision_escalated, now)
            case "sla_warned":
                same = us(event.sla_warned.deadline) == us(now.schedule.deadline)
                _assure(same and not now.schedule.warned, row, "warns a second time")
                self._due(row, us(now.schedule.warn_at))
            case "sla_breached":
                _assure(us(event.sla_breached.deadline) == us(now.schedule.deadline), row, "is about another deadline")
                _assure(now.schedule.warned, row, "comes before the warning")
                _assure(row.kinds.count("sla_breached") == 1, row, "breaches a deadline twice")
                self._due(row, us(now.schedule.deadline))
            case "decision_claimed":
                _after(row, event.decision_claimed.expires_at, row.rules.claim_s)
            case "decision_released" if event.decision_released.expired:
                self._due(row, us(now.claim.expires_at))
            case "decision_expired":
                self._expired(row, event.decision_expired, now)

    def _order(self, row: Row, event: v1.Event, now: v1.Decision) -> None:
        """Check what has to do with an order."""
        match event.WhichOneof("kind"):
            case "outcome_reported" if _by_time(row):
                unknown = event.outcome_reported.result == v1.OUTCOME_RESULT_UNKNOWN
                _assure(unknown and now.state == v1.DECISION_STATE_EXECUTING, row, "knows what nobody reported")
                self._due(row, us(now.order.report_by))
            case "order_accepted":
                _after(row, event.order_accepted.report_by, row.rules.report_s)
            case "order_held":
                _after(row, event.order_held.held_until, row.rules.accept_s)

    def server_time(self, at_us: int, now_us: int) -> None:
        """Check, from time to time, that nothing is due for long, by the server's own clock."""
        if now_us < self._looked_us + self._slack_us // 4:
            return
        self._looked_us = now_us
        since_us = self._since_us
        if since_us is None or at_us - since_us < self._slack_us:
            return
        for decision in self._ledger.open.values():
            due_us = _next_due_us(decision)
            if due_us and due_us < now_us - self._slack_us:
                late_s = (now_us - due_us) / SECOND_US
                raise BrokenPromiseError(5, f"{decision.decision_id} has been due for {late_s:.0f} s, and waits")
        for halt in self._ledger.halts.values():
            if halt.expires_us is not None and halt.expires_us < now_us - self._slack_us:
                raise BrokenPromiseError(5, f"{halt.halt_id} should have ended, and is in force")

    def _due(self, row: Row, due_us: int) -> None:
        """Check that something came when it was due, or as soon as the server was there again."""
        early_s = (due_us - row.recorded_us) / SECOND_US
        _assure(row.recorded_us >= due_us, row, f"comes {early_s} s early")
        since_us = self._since_us
        if since_us is not None:
            late_us = min(row.recorded_us - due_us, row.at_us - since_us)
            _assure(late_us <= self._slack_us, row, f"comes {late_us / SECOND_US} s late")

    @property
    def _since_us(self) -> int | None:
        """Since when the server could know what is due: it is there, and no other process has moved the time since."""
        return None if self._up_since_us is None else max(self._up_since_us, self._ledger.jumped_at_us)

    def _times(self, row: Row, risk: int, warn_at: Timestamp, deadline: Timestamp) -> None:
        span_us = row.rules.sla_s[risk] * SECOND_US
        _assure(us(deadline) == row.recorded_us + span_us, row, "has another deadline than the policy gives")
        warn_us = row.recorded_us + span_us * row.rules.warn_share
        _assure(abs(us(warn_at) - warn_us) <= 1, row, "is warned about at another time than the policy says")

    def _escalated(self, row: Row, event: v1.DecisionEscalated, now: v1.Decision) -> None:
        self._times(row, now.assessment.risk, event.warn_at, event.deadline)
        _assure(event.tier > now.tier, row, "does not go up")
        if _by_time(row):
            _assure(_breached(row), row, "goes up by itself, and no deadline passed")
            _assure(event.tier == row.rules.above(now.tier), row, "leaves out a tier")

    def _expired(self, row: Row, event: v1.DecisionExpired, now: v1.Decision) -> None:
        if event.reason == v1.EXPIRY_REASON_NOBODY_DECIDED:
            _assure(_breached(row), row, "expires, and no deadline passed")
            _assure(row.rules.above(now.tier) is None, row, "expires below the top of the chain")
            _assure(now.state == v1.DECISION_STATE_PENDING, row, "expires for want of a verdict that it has")
        elif event.reason == v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED:
            _assure(now.state == v1.DECISION_STATE_APPROVED, row, "expires for want of an acceptance")
            self._due(row, us(now.held_until if now.held else now.order.accept_by))
        else:
            _assure(now.held, row, "expires as if it had been held")


def _by_time(row: Row) -> bool:
    return row.entry.actor.kind == v1.ACTOR_KIND_TIMEKEEPER


def _breached(row: Row) -> bool:
    """Tell whether an entry says that a deadline passed, which it did."""
    late = row.before is not None and row.recorded_us >= us(row.before.schedule.deadline)
    return late and "sla_breached" in row.kinds


def _after(row: Row, moment: Timestamp, seconds: int) -> None:
    _assure(us(moment) == row.recorded_us + seconds * SECOND_US, row, "has another time than the policy gives")


def _next_due_us(decision: v1.Decision) -> int:
    """Return when something is due next; 0 for nothing."""
    if decision.state == v1.DECISION_STATE_PENDING:
        schedule = decision.schedule
        due_us = us(schedule.deadline if schedule.warned else schedule.warn_at)
        return min(due_us, us(decision.claim.expires_at)) if decision.HasField("claim") else due_us
    if decision.state == v1.DECISION_STATE_APPROVED:
        return us(decision.held_until if decision.held else decision.order.accept_by)
    if decision.state == v1.DECISION_STATE_EXECUTING:
        return us(decision.order.report_by)
    return 0


def _assure(holds: bool, row: Row, sentence: str) -> None:
    if not holds:
        about = f" on {row.entry.decision_id}" if row.entry.decision_id else ""
        raise BrokenPromiseError(5, f"entry {row.offset} ({', '.join(row.kinds)}{about}) {sentence}")
