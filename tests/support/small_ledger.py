"""A small ledger in which each entry is known, and the period that a report about it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from governance import v1
from governance_client.audit.report_period import Period
from governance_server.domain.moment import timestamp
from tests.support.reported import CLOCK, CORE, LOCAL, PEOPLE, START_US

MINUTE_US: Final = 60_000_000
PERIOD: Final = Period(START_US + 5 * MINUTE_US, START_US + 120 * MINUTE_US, START_US + 200 * MINUTE_US)
OP_1, OP_2, LEAD, _NAMESAKE = PEOPLE
_A, _B = b"a" * 32, b"b" * 32


@dataclass
class _Writer:
    """Writes entries, each with its minute."""

    entries: list[v1.Entry] = field(default_factory=list)

    def at(
        self, minute: int, actor: v1.Actor, name: str, *events: v1.Event, read_s: float = -1, batch: str = ""
    ) -> None:
        entry = v1.Entry(
            offset=len(self.entries) + 1,
            recorded_at=timestamp(START_US + minute * MINUTE_US),
            actor=actor,
            decision_id=name,
            events=events,
            batch_id=batch,
        )
        if read_s >= 0:
            entry.presentation.reading.FromMicroseconds(int(read_s * 1_000_000))
        self.entries.append(entry)


def small() -> list[v1.Entry]:
    """Return its entries."""
    ledger = _Writer()
    created = v1.LedgerCreated(ledger_id="ab" * 16)
    ledger.at(0, LOCAL, "", v1.Event(ledger_created=created))
    _before(ledger)
    _within(ledger)
    _after(ledger)
    return ledger.entries


def _before(ledger: _Writer) -> None:
    """One that straddles the beginning, and one that ends before it."""
    ledger.at(1, CORE, "d-1", _proposed(v1.RISK_LEVEL_LOW))
    ledger.at(2, CORE, "d-2", _proposed(v1.RISK_LEVEL_LOW))
    ledger.at(3, OP_1, "d-2", v1.Event(decision_rejected=v1.DecisionRejected(action_digest=_A)), read_s=9)


def _within(ledger: _Writer) -> None:
    ledger.at(5, OP_1, "d-1", _approved(_A), _ordered("d-1"), read_s=2, batch="b-1")
    ledger.at(6, CORE, "d-1", v1.Event(order_accepted=v1.OrderAccepted()))
    ledger.at(7, CORE, "d-1", _outcome(v1.OUTCOME_RESULT_EXECUTED))
    # two have to approve; one does, and another rejects
    ledger.at(10, CORE, "d-3", _proposed(v1.RISK_LEVEL_HIGH, required=2))
    ledger.at(11, OP_1, "d-3", v1.Event(vote_cast=v1.VoteCast(action_digest=_A)), read_s=1.5, batch="b-1")
    ledger.at(14, LEAD, "d-3", v1.Event(decision_rejected=v1.DecisionRejected(action_digest=_A)), read_s=180)
    # the policy approves; nobody knows what became of it, until somebody looks
    automatic = _proposed(v1.RISK_LEVEL_LOW, level=v1.AUTOMATION_LEVEL_FULL)
    ledger.at(20, CORE, "d-4", automatic, _approved(_A, by_policy=True), _ordered("d-4"))
    ledger.at(21, CORE, "d-4", v1.Event(order_accepted=v1.OrderAccepted()))
    alarm = v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN))
    ledger.at(30, CLOCK, "d-4", _outcome(v1.OUTCOME_RESULT_UNKNOWN), alarm)
    settled = v1.OutcomeReconciled(result=v1.OUTCOME_RESULT_EXECUTED)
    ledger.at(40, LEAD, "d-4", v1.Event(outcome_reconciled=settled))
    # nobody decides, neither below nor at the top
    ledger.at(45, CORE, "d-5", _proposed(v1.RISK_LEVEL_CRITICAL, tier=v1.ROLE_SECURITY_MANAGER))
    ledger.at(49, CLOCK, "d-5", v1.Event(sla_warned=v1.SlaWarned()))
    breached = v1.Event(sla_breached=v1.SlaBreached(tier=v1.ROLE_SECURITY_MANAGER))
    ledger.at(50, CLOCK, "d-5", breached, v1.Event(decision_escalated=v1.DecisionEscalated(tier=v1.ROLE_CISO)))
    expired = v1.Event(decision_expired=v1.DecisionExpired(reason=v1.EXPIRY_REASON_NOBODY_DECIDED))
    ledger.at(55, CLOCK, "d-5", v1.Event(sla_breached=v1.SlaBreached(tier=v1.ROLE_CISO)), expired)
    # approved with another action
    ledger.at(60, CORE, "d-6", _proposed(v1.RISK_LEVEL_MEDIUM))
    ledger.at(61, OP_2, "d-6", v1.Event(information_requested=v1.InformationRequested()))
    change = v1.ActionModified(previous_digest=_A, action_digest=_B, narrowing=True)
    ledger.at(64, OP_1, "d-6", v1.Event(action_modified=change), _approved(_B), _ordered("d-6", _B), read_s=30)
    ledger.at(65, CORE, "d-6", v1.Event(order_accepted=v1.OrderAccepted()))
    ledger.at(66, CORE, "d-6", _outcome(v1.OUTCOME_RESULT_EXECUTED))
    ledger.at(67, OP_2, "d-6", v1.Event(undo_requested=v1.UndoRequested()))
    ledger.at(70, LEAD, "", v1.Event(halt_declared=v1.HaltDeclared(halt_id="h-1", all=True)))
    ledger.at(72, LEAD, "", v1.Event(halt_ended=v1.HaltEnded(halt_id="h-1")))
    ledger.at(80, LEAD, "", v1.Event(policy_applied=v1.PolicyApplied(policy_digest=b"p" * 32)))
    ledger.at(110, CORE, "d-7", _proposed(v1.RISK_LEVEL_MEDIUM))


def _after(ledger: _Writer) -> None:
    """The one that straddles the end."""
    ledger.at(120, OP_1, "d-7", v1.Event(decision_rejected=v1.DecisionRejected(action_digest=_A)), read_s=9)


def _proposed(
    risk: v1.RiskLevel.ValueType,
    *,
    required: int = 1,
    level: v1.AutomationLevel.ValueType = v1.AUTOMATION_LEVEL_SUPERVISED,
    tier: v1.Role.ValueType = v1.ROLE_SOC_OPERATOR,
) -> v1.Event:
    assessment = v1.Assessment(risk=risk, automation=level)
    quorum = v1.Quorum(required=required)
    proposed = v1.DecisionProposed(action_digest=_A, assessment=assessment, tier=tier, quorum=quorum)
    return v1.Event(decision_proposed=proposed)


def _approved(digest: bytes, *, by_policy: bool = False) -> v1.Event:
    return v1.Event(decision_approved=v1.DecisionApproved(action_digest=digest, by_policy=by_policy))


def _ordered(name: str, digest: bytes = _A) -> v1.Event:
    return v1.Event(order_issued=v1.OrderIssued(order_id=f"{name}/1", action_digest=digest))


def _outcome(result: v1.OutcomeResult.ValueType) -> v1.Event:
    return v1.Event(outcome_reported=v1.OutcomeReported(result=result))
