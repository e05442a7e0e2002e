"""A naive model of a decision: the promises, kept by counting what happened, without the rules it is held against."""

from __future__ import annotations

from dataclasses import dataclass, field

from governance import v1
from governance_server.domain.moment import microseconds

ENDS = {"decision_rejected", "decision_expired", "decision_cancelled", "proposal_returned"}
AFTER_THE_END = {"note_added", "undo_requested", "reversal_proposed"}
FINAL = {v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED}
OPERATORS_UPWARDS = [v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO]


@dataclass
class Naive:
    """What is known of one decision from its events alone."""

    digest: bytes
    core: str
    tier: v1.Role.ValueType
    warn_us: int
    deadline_us: int
    automatic: bool
    required: int
    version: int = 0
    executed: bool = False
    unknown: bool = False
    alarms: int = 0
    occurrences: int = 1
    voters: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    held_until_us: int = 0
    halted: bool = False
    least_required: int = 1
    ended: bool = False
    approved: bool = False
    ordered: bool = False
    accepted: bool = False
    accept_by_us: int = 0
    report_by_us: int = 0
    claimed_by: str = ""
    claimed_until_us: int = 0
    warned: set[int] = field(default_factory=set)
    breached: set[int] = field(default_factory=set)

    def see(self, event: v1.Event, actor: v1.Actor, now_us: int) -> None:
        """Take note of an event, and check that it may have happened."""
        kind = event.WhichOneof("kind")
        assert kind is not None
        assert not self.ended or kind in AFTER_THE_END, "nothing happens after the end"
        getattr(self, f"_{kind}")(getattr(event, kind), actor, now_us)
        if kind in ENDS:
            self.ended = True

    def _decision_proposed(self, event: v1.DecisionProposed, actor: v1.Actor, now_us: int) -> None:
        assert self.version == 0
        assert actor.kind == v1.ACTOR_KIND_CORE
        assert now_us < microseconds(event.warn_at) < microseconds(event.deadline)

    def _decision_approved(self, event: v1.DecisionApproved, actor: v1.Actor, now_us: int) -> None:
        assert not self.approved, "approved once"
        assert event.action_digest == self.digest, "the action that was proposed"
        if event.by_policy:
            assert self.automatic
        else:
            self._votes(actor, now_us)
            assert len(self.voters) >= max(self.required, self.least_required), "enough people"
        self.approved = True

    def _vote_cast(self, event: v1.VoteCast, actor: v1.Actor, now_us: int) -> None:
        assert not self.approved
        assert event.action_digest == self.digest
        self._votes(actor, now_us)

    def _votes(self, actor: v1.Actor, now_us: int) -> None:
        self._may_decide(actor)
        assert actor.name != self.core, "nobody approves one's own proposal"
        assert actor.name not in self.voters, "nobody votes twice"
        assert self._free_for(actor, now_us), "another has it in hand"
        self.voters.add(actor.name)

    def _action_modified(self, event: v1.ActionModified, actor: v1.Actor, _now_us: int) -> None:
        assert not self.approved
        self._may_decide(actor)
        assert event.previous_digest == self.digest
        assert event.action_digest != self.digest
        self.digest = event.action_digest
        self.voters.clear()  # they saw another action

    def _decision_rejected(self, event: v1.DecisionRejected, actor: v1.Actor, _now_us: int) -> None:
        assert not self.approved
        assert event.action_digest == self.digest
        self._may_decide(actor)

    def _proposal_returned(self, event: v1.ProposalReturned, actor: v1.Actor, _now_us: int) -> None:
        assert not self.approved
        assert event.action_digest == self.digest
        self._may_decide(actor)

    def _decision_deferred(self, event: v1.DecisionDeferred, actor: v1.Actor, _now_us: int) -> None:
        self._may_decide(actor)
        assert microseconds(event.until) <= self.deadline_us, "no deadline moves silently"

    def _information_requested(self, _event: object, actor: v1.Actor, _now_us: int) -> None:
        self._may_decide(actor)

    def _information_provided(self, _event: object, actor: v1.Actor, _now_us: int) -> None:
        self._is_owner(actor)

    def _decision_assigned(self, _event: object, _actor: v1.Actor, _now_us: int) -> None:
        assert not self.approved

    def _note_added(self, _event: object, actor: v1.Actor, _now_us: int) -> None:
        assert actor.kind == v1.ACTOR_KIND_OPERATOR

    def _alarm_raised(self, _event: object, _actor: v1.Actor, _now_us: int) -> None:
        self.alarms += 1

    def _proposal_repeated(self, event: v1.ProposalRepeated, actor: v1.Actor, _now_us: int) -> None:
        self._is_owner(actor)
        self.occurrences += 1
        assert event.occurrences == self.occurrences

    def _undo_requested(self, _event: object, actor: v1.Actor, _now_us: int) -> None:
        assert actor.kind == v1.ACTOR_KIND_OPERATOR
        assert self.executed

    def _reversal_proposed(self, _event: object, _actor: v1.Actor, _now_us: int) -> None:
        assert self.executed

    def _decision_escalated(self, event: v1.DecisionEscalated, actor: v1.Actor, now_us: int) -> None:
        assert not self.approved
        assert actor.kind in (v1.ACTOR_KIND_OPERATOR, v1.ACTOR_KIND_TIMEKEEPER)
        assert event.tier > self.tier, "only ever up"
        if actor.kind == v1.ACTOR_KIND_TIMEKEEPER:
            assert self.deadline_us in self.breached
            assert OPERATORS_UPWARDS.index(event.tier) == OPERATORS_UPWARDS.index(self.tier) + 1
        self.tier = event.tier
        self.warn_us, self.deadline_us = microseconds(event.warn_at), microseconds(event.deadline)
        assert now_us < self.warn_us < self.deadline_us, "a whole time of its own"
        self.claimed_by = ""

    def _decision_claimed(self, event: v1.DecisionClaimed, actor: v1.Actor, now_us: int) -> None:
        assert not self.approved
        self._may_decide(actor)
        assert self._free_for(actor, now_us)
        self.claimed_by, self.claimed_until_us = actor.name, microseconds(event.expires_at)

    def _decision_released(self, event: v1.DecisionReleased, actor: v1.Actor, now_us: int) -> None:
        assert self.claimed_by
        if event.expired:
            assert actor.kind == v1.ACTOR_KIND_TIMEKEEPER
            assert now_us >= self.claimed_until_us, "never early"
        else:
            assert actor.name == self.claimed_by
        self.claimed_by = ""

    def _sla_warned(self, event: v1.SlaWarned, _actor: v1.Actor, now_us: int) -> None:
        assert not self.approved
        assert microseconds(event.deadline) == self.deadline_us
        assert self.deadline_us not in self.warned, "one warning a deadline"
        assert now_us >= self.warn_us, "never early"
        self.warned.add(self.deadline_us)

    def _sla_breached(self, event: v1.SlaBreached, _actor: v1.Actor, now_us: int) -> None:
        assert not self.approved
        assert microseconds(event.deadline) == self.deadline_us
        assert self.deadline_us in self.warned, "the warning comes first"
        assert self.deadline_us not in self.breached, "one breach a deadline"
        assert now_us >= self.deadline_us, "never early"
        self.breached.add(self.deadline_us)

    def _decision_expired(self, event: v1.DecisionExpired, actor: v1.Actor, now_us: int) -> None:
        assert actor.kind == v1.ACTOR_KIND_TIMEKEEPER
        if event.reason == v1.EXPIRY_REASON_NOBODY_DECIDED:
            assert not self.approved
            assert self.tier == v1.ROLE_CISO
            assert self.deadline_us in self.breached
            return
        assert self.approved
        assert not self.accepted
        if event.reason == v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED:
            assert now_us >= (self.accept_by_us if self.ordered else self.held_until_us)
        else:
            assert self.held_until_us, "nothing but what was held is looked at again"
            assert not self.halted

    def _decision_cancelled(self, _event: v1.DecisionCancelled, actor: v1.Actor, _now_us: int) -> None:
        self._is_owner(actor)
        assert not self.accepted, "not once it may have been done"

    def _order_issued(self, event: v1.OrderIssued, _actor: v1.Actor, now_us: int) -> None:
        assert self.approved, "no leave without approval"
        assert not self.ordered, "one order at a time"
        assert not self.accepted
        assert not self.halted, "no leave while a halt covers it"
        assert event.order_id not in self.orders, "never the same order twice"
        assert event.action_digest == self.digest, "leave for what was approved"
        self.orders.add(event.order_id)
        self.ordered, self.held_until_us = True, 0
        self.accept_by_us = microseconds(event.accept_by)
        assert now_us < self.accept_by_us

    def _order_held(self, event: v1.OrderHeld, _actor: v1.Actor, now_us: int) -> None:
        assert self.approved
        assert self.halted, "nothing else holds an order back"
        self.held_until_us = microseconds(event.held_until)
        assert now_us < self.held_until_us

    def _order_withdrawn(self, event: v1.OrderWithdrawn, actor: v1.Actor, _now_us: int) -> None:
        assert actor.kind == v1.ACTOR_KIND_TIMEKEEPER
        assert self.ordered
        assert self.halted
        assert not self.accepted, "not once it may have been done"
        self.ordered, self.held_until_us = False, microseconds(event.held_until)
        assert self.held_until_us == self.accept_by_us, "no time is won"

    def _order_accepted(self, event: v1.OrderAccepted, actor: v1.Actor, now_us: int) -> None:
        self._is_owner(actor)
        assert self.ordered
        assert event.order_id in self.orders
        assert not self.halted, "nothing is accepted while a halt covers it"
        assert not self.accepted, "accepted once"
        assert now_us < self.accept_by_us, "never late"
        self.accepted = True
        self.report_by_us = microseconds(event.report_by)

    def _outcome_reported(self, event: v1.OutcomeReported, actor: v1.Actor, now_us: int) -> None:
        assert self.accepted
        if actor.kind == v1.ACTOR_KIND_TIMEKEEPER:
            assert event.result == v1.OUTCOME_RESULT_UNKNOWN
            assert now_us >= self.report_by_us
        else:
            self._is_owner(actor)
        self._settle(event.result)

    def _outcome_reconciled(self, event: v1.OutcomeReconciled, actor: v1.Actor, _now_us: int) -> None:
        assert self.unknown, "nothing else has to be settled"
        assert event.result in FINAL
        self._may_decide(actor)
        self._settle(event.result)

    def _settle(self, result: v1.OutcomeResult.ValueType) -> None:
        self.ended, self.unknown = result in FINAL, result not in FINAL
        self.executed = result == v1.OUTCOME_RESULT_EXECUTED

    def _may_decide(self, actor: v1.Actor) -> None:
        assert actor.kind == v1.ACTOR_KIND_OPERATOR
        assert actor.role >= self.tier, "of sufficient tier"

    def _free_for(self, actor: v1.Actor, now_us: int) -> bool:
        return self.claimed_by in ("", actor.name) or now_us >= self.claimed_until_us

    def _is_owner(self, actor: v1.Actor) -> None:
        assert actor.kind == v1.ACTOR_KIND_CORE
        assert actor.name == self.core
