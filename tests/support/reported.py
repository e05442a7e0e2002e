"""Ledgers made by chance, for reports: decisions in every course that there is, and what happens in the house."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.audit.checkpoints import Checkpoint, text_of
from governance_client.audit.notes import Note
from governance_client.audit.report import Report
from governance_client.audit.report_tally import Tally
from governance_client.audit.verifying import Verified
from governance_client.audit.walk import Walk
from governance_server.domain.moment import timestamp
from tests.support.audited import signer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from governance_client.audit.report_period import Period

START_US: Final = 1_767_225_600_000_000
"""2026-01-01, at midnight."""
LEDGER_ID: Final = "ab" * 16
CORE: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="maximus", role=v1.ROLE_CORE)
CLOCK: Final = v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER)
LOCAL: Final = v1.Actor(kind=v1.ACTOR_KIND_ADMINISTRATOR, name="local")
TIERS: Final = (v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO)
PEOPLE: Final = tuple(
    v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=name, role=role)
    for name, role in zip(("op-1", "op-2", "lead", "maximus"), TIERS, strict=True)  # the last has the core's name
)
RISKS: Final = (v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL)
LEVELS: Final = (
    v1.AUTOMATION_LEVEL_FULL,
    v1.AUTOMATION_LEVEL_SUPERVISED,
    v1.AUTOMATION_LEVEL_ADVISORY,
    v1.AUTOMATION_LEVEL_MANUAL,
)
_LONGEST_US: Final = 2_000_000_000


def reported(entries: Iterable[v1.Entry], period: Period) -> Report:
    """Return a report about entries as they are: signed, but not verified."""
    tally = Tally(period)
    size = 0
    for entry in entries:
        tally.take(entry)
        size = entry.offset
    key = signer(LEDGER_ID)
    origin, root = f"governance-workspace/{LEDGER_ID}", hashlib.sha256(b"root").digest()
    text = text_of(origin, size, root)
    checkpoint = Checkpoint(origin, size, root, Note(text, (key.sign(text),)))
    return Report(tally, Verified(checkpoint, key.verifier, 0, 0, Walk()), 0)


@dataclass
class _Course:
    """A decision on its way."""

    name: str
    digest: bytes
    tier: v1.Role.ValueType
    phase: str = "waiting"
    orders: int = 0


@dataclass
class Fabric:
    """Makes entries that follow each other as the rules allow, by chance.

    Attributes:
        chance: Where the chance comes from.
        us: The moment of the last entry.
        entries: What was made.
    """

    chance: Random
    us: int = START_US
    entries: list[v1.Entry] = field(default_factory=list)
    _open: list[_Course] = field(default_factory=list)
    _done: list[str] = field(default_factory=list)
    _halts: list[str] = field(default_factory=list)
    _count: int = 0

    def grow(self, steps: int) -> list[v1.Entry]:
        """Make at least so many entries more; return all there are."""
        for _ in range(steps):
            self.us += self.chance.choice((0, 1, 50_000, 999_999, self.chance.randrange(_LONGEST_US)))
            drawn = self.chance.random()
            if drawn < 0.1:
                self._keep_house()
            elif drawn < 0.35 or not self._open:
                self._propose()
            else:
                self._go_on(self.chance.choice(self._open))
        return self.entries

    def add(self, actor: v1.Actor, *events: v1.Event, name: str = "", judged: bool = False) -> None:
        """Make the next entry."""
        entry = v1.Entry(
            offset=len(self.entries) + 1,
            recorded_at=timestamp(self.us),
            actor=actor,
            decision_id=name,
            events=events,
        )
        if judged and self.chance.random() < 0.7:
            entry.presentation.reading.FromMicroseconds(self.chance.randrange(90_000_000))
        if judged and self.chance.random() < 0.5:
            entry.batch_id = self.chance.choice(("b-1", "b-2"))
        self.entries.append(entry)

    def _keep_house(self) -> None:
        drawn = self.chance.randrange(5)
        if drawn == 0 or (drawn == 1 and not self._halts):
            self._count += 1
            self._halts.append(f"h-{self._count}")
            halt = v1.HaltDeclared(halt_id=self._halts[-1])
            scope = self.chance.choice(("all", "core", "target"))
            halt.all = True
            if scope == "core":
                halt.core = "maximus"
            elif scope == "target":
                halt.target_digest = bytes(32)
            self.add(self._person(), v1.Event(halt_declared=halt))
        elif drawn == 1:
            halt_id = self._halts.pop(self.chance.randrange(len(self._halts)))
            expired = self.chance.random() < 0.5
            self.add(CLOCK, v1.Event(halt_ended=v1.HaltEnded(halt_id=halt_id, expired=expired)))
        elif drawn == 2:
            self.add(LOCAL, v1.Event(policy_applied=v1.PolicyApplied(policy_digest=self._digest())))
        elif drawn == 3:
            self.add(LOCAL, v1.Event(credential_issued=v1.CredentialIssued(name="new")))
        else:
            self.add(LOCAL, v1.Event(personal_data_erased=v1.PersonalDataErased(decision_id="gone")))

    def _propose(self) -> None:
        self._count += 1
        course = _Course(f"d-{self._count}", self._digest(), self.chance.choice(TIERS))
        level = self.chance.choice(LEVELS)
        proposed = v1.DecisionProposed(
            action_digest=course.digest,
            assessment=v1.Assessment(risk=self.chance.choice(RISKS), automation=level),
            tier=course.tier,
            quorum=v1.Quorum(required=self.chance.choice((1, 1, 2))),
        )
        events = [v1.Event(decision_proposed=proposed)]
        if level == v1.AUTOMATION_LEVEL_FULL:
            approved = v1.DecisionApproved(action_digest=course.digest, by_policy=True)
            events += [v1.Event(decision_approved=approved), self._order(course)]
        self._open.append(course)
        self.add(CORE, *events, name=course.name)

    def _go_on(self, course: _Course) -> None:
        ways: dict[str, tuple[Callable[[_Course], None], ...]] = {
            "waiting": (self._vote, self._vote, self._approve, self._refuse, self._late, self._escalate, self._ask),
            "ordered": (self._accept, self._accept, self._withdraw, self._lapse),
            "held": (self._reorder, self._lapse),
            "executing": (self._report,),
            "unknown": (self._report, self._reconcile),
        }
        self.chance.choice(ways[course.phase])(course)

    def _vote(self, course: _Course) -> None:
        events = self._changed(course)
        events.append(v1.Event(vote_cast=v1.VoteCast(action_digest=course.digest)))
        self.add(self._person(), *events, name=course.name, judged=True)

    def _approve(self, course: _Course) -> None:
        events = self._changed(course)
        events.append(v1.Event(decision_approved=v1.DecisionApproved(action_digest=course.digest)))
        if self.chance.random() < 0.2:
            course.phase = "held"
            events.append(v1.Event(order_held=v1.OrderHeld()))
        else:
            events.append(self._order(course))
        self.add(self._person(), *events, name=course.name, judged=True)

    def _changed(self, course: _Course) -> list[v1.Event]:
        if self.chance.random() < 0.7:
            return []
        before, course.digest = course.digest, self._digest()
        narrowing = self.chance.random() < 0.5
        change = v1.ActionModified(previous_digest=before, action_digest=course.digest, narrowing=narrowing)
        return [v1.Event(action_modified=change)]

    def _refuse(self, course: _Course) -> None:
        rejected = v1.Event(decision_rejected=v1.DecisionRejected(action_digest=course.digest))
        returned = v1.Event(proposal_returned=v1.ProposalReturned(action_digest=course.digest))
        cancelled = v1.Event(decision_cancelled=v1.DecisionCancelled())
        event = self.chance.choice((rejected, returned, cancelled))
        core = event.HasField("decision_cancelled")
        self._end(course, CORE if core else self._person(), event, judged=not core)

    def _late(self, course: _Course) -> None:
        if self.chance.random() < 0.5:
            self.add(CLOCK, v1.Event(sla_warned=v1.SlaWarned()), name=course.name)
            return
        breach = v1.Event(sla_breached=v1.SlaBreached(tier=course.tier))
        higher = [tier for tier in TIERS if tier > course.tier]
        if not higher:
            expired = v1.DecisionExpired(reason=v1.EXPIRY_REASON_NOBODY_DECIDED)
            self._end(course, CLOCK, breach, v1.Event(decision_expired=expired))
            return
        course.tier = higher[0]
        alarm = v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_NOBODY_REACHABLE))
        escalated = v1.Event(decision_escalated=v1.DecisionEscalated(tier=course.tier))
        self.add(CLOCK, breach, escalated, alarm, name=course.name)

    def _escalate(self, course: _Course) -> None:
        course.tier = max(course.tier, self.chance.choice(TIERS))
        escalated = v1.Event(decision_escalated=v1.DecisionEscalated(tier=course.tier))
        self.add(self._person(), escalated, name=course.name)

    def _ask(self, course: _Course) -> None:
        self.add(self._person(), v1.Event(information_requested=v1.InformationRequested()), name=course.name)

    def _withdraw(self, course: _Course) -> None:
        course.phase = "held"
        self.add(CLOCK, v1.Event(order_withdrawn=v1.OrderWithdrawn()), name=course.name)

    def _reorder(self, course: _Course) -> None:
        self.add(CLOCK, self._order(course), name=course.name)

    def _lapse(self, course: _Course) -> None:
        reason = self.chance.choice((v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED, v1.EXPIRY_REASON_POLICY_CHANGED))
        self._end(course, CLOCK, v1.Event(decision_expired=v1.DecisionExpired(reason=reason)))

    def _accept(self, course: _Course) -> None:
        course.phase = "executing"
        self.add(CORE, v1.Event(order_accepted=v1.OrderAccepted()), name=course.name)

    def _report(self, course: _Course) -> None:
        result = self.chance.choice((v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED, v1.OUTCOME_RESULT_UNKNOWN))
        event = v1.Event(outcome_reported=v1.OutcomeReported(result=result))
        if result == v1.OUTCOME_RESULT_UNKNOWN:
            course.phase = "unknown"
            alarm = v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN))
            self.add(self.chance.choice((CORE, CLOCK)), event, alarm, name=course.name)
            return
        self._end(course, CORE, event)
        if result == v1.OUTCOME_RESULT_EXECUTED and self.chance.random() < 0.3:
            self.add(self._person(), v1.Event(undo_requested=v1.UndoRequested()), name=course.name)

    def _reconcile(self, course: _Course) -> None:
        result = self.chance.choice((v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED))
        self._end(course, self._person(), v1.Event(outcome_reconciled=v1.OutcomeReconciled(result=result)))

    def _end(self, course: _Course, actor: v1.Actor, *events: v1.Event, judged: bool = False) -> None:
        self._open.remove(course)
        self.add(actor, *events, name=course.name, judged=judged)

    def _order(self, course: _Course) -> v1.Event:
        course.phase = "ordered"
        course.orders += 1
        order = v1.OrderIssued(order_id=f"{course.name}/{course.orders}", action_digest=course.digest)
        return v1.Event(order_issued=order)

    def _person(self) -> v1.Actor:
        return self.chance.choice(PEOPLE)

    def _digest(self) -> bytes:
        self._count += 1
        return hashlib.sha256(b"%d" % self._count).digest()
