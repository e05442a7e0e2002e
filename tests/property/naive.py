"""A naive model of a decision: the promises, kept by counting what happened, without the rules it is held against."""

from __future__ import annotations

from dataclasses import dataclass, field

from governance import v1
from governance_server.domain.moment import microseconds

ENDS = {"decision_rejected", "decision_expired", "decision_cancelled"}
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
    version: int = 0
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
        assert not self.ended, "nothing happens after the end"
        kind = event.WhichOneof("kind")
        assert kind is not None
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
            self._may_decide(actor)
            assert self._free_for(actor, now_us), "another has it in hand"
        self.approved = True

    def _decision_rejected(self, event: v1.DecisionRejected, actor: v1.Actor, _now_us: int) -> None:
        assert not self.approved
        assert event.action_digest == self.digest
        self._may_decide(actor)

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
        else:
            assert self.ordered
            assert not self.accepted
            assert now_us >= self.accept_by_us

    def _decision_cancelled(self, _event: v1.DecisionCancelled, actor: v1.Actor, _now_us: int) -> None:
        self._is_owner(actor)
        assert not self.accepted, "not once it may have been done"

    def _order_issued(self, event: v1.OrderIssued, _actor: v1.Actor, now_us: int) -> None:
        assert self.approved, "no leave without approval"
        assert not self.ordered, "one order"
        assert event.action_digest == self.digest
        self.ordered = True
        self.accept_by_us = microseconds(event.accept_by)
        assert now_us < self.accept_by_us

    def _order_accepted(self, event: v1.OrderAccepted, actor: v1.Actor, now_us: int) -> None:
        self._is_owner(actor)
        assert self.ordered
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
        self.ended = event.result in FINAL

    def _may_decide(self, actor: v1.Actor) -> None:
        assert actor.kind == v1.ACTOR_KIND_OPERATOR
        assert actor.role >= self.tier, "of sufficient tier"

    def _free_for(self, actor: v1.Actor, now_us: int) -> bool:
        return self.claimed_by in ("", actor.name) or now_us >= self.claimed_until_us

    def _is_owner(self, actor: v1.Actor) -> None:
        assert actor.kind == v1.ACTOR_KIND_CORE
        assert actor.name == self.core
