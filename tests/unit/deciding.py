"""One decision under test: commands go in, rulings come out, and what they bring about is applied."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from governance import v1
from governance_server.domain.command import Body, Command, Consequence, Ruling, State, Surroundings, Tick
from governance_server.domain.decide import decide
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from tests.support.messages import make_critical

T = TypeVar("T")
NOON_US: Final = 1_767_355_200 * SECOND_US
"""2026-01-02T12:00:00Z."""
MINUTE_US: Final = 60 * SECOND_US

CORE: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="maximus", role=v1.ROLE_CORE)
OTHER_CORE: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="minimus", role=v1.ROLE_CORE)
ALICE: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="alice", role=v1.ROLE_SOC_OPERATOR)
BOB: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="bob", role=v1.ROLE_SOC_OPERATOR)
SUPERVISOR: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="sue", role=v1.ROLE_SOC_SUPERVISOR)
CISO: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="chris", role=v1.ROLE_CISO)
AUDITOR: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="audrey", role=v1.ROLE_AUDITOR)
TIMEKEEPER: Final = v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER, name="timekeeper")

DECISION_ID: Final = "decision-1"
ORDER_ID: Final = "decision-1/1"


def proposal(*, confidence: float = 0.9, decision_id: str = DECISION_ID) -> v1.Proposal:
    """Make a proposal of medium risk, whose time is 15 minutes."""
    return v1.Proposal(
        decision_id=decision_id,
        action=v1.Action(
            type=v1.ACTION_TYPE_BLOCK_IP,
            scope=v1.ACTION_SCOPE_HOST,
            targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value="203.0.113.9")],
        ),
        confidence=confidence,
        threat=v1.Threat(score=0.8, type="port_scan"),
        assets=[v1.Asset(name="web-1", criticality=v1.CRITICALITY_HIGH)],
        business_impact=v1.BusinessImpact(operational=0.2, reputational=0.1),
    )


def critical_proposal() -> v1.Proposal:
    """Make a proposal of critical risk, whose time is 5 minutes."""
    made = proposal()
    make_critical(made)
    return made


def by_risk(low: T, medium: T, high: T, critical: T) -> dict[v1.RiskLevel.ValueType, T]:
    """Return a table of a policy that has a value for each risk."""
    return dict(zip(sorted(DEFAULT_POLICY.risk_from), (low, medium, high, critical), strict=True))


def kinds(consequence: Consequence) -> list[str]:
    """Return the kinds of the events, in order."""
    return [event.WhichOneof("kind") or "" for event in consequence.events]


@dataclass
class Desk:
    """A decision and the moment. Asking changes the decision where the command is accepted."""

    now_us: int = NOON_US
    decision: v1.Decision | None = None
    policy: Policy = DEFAULT_POLICY
    open_decisions: int = 0
    house: House = field(default_factory=House)
    around: Surroundings = field(default_factory=Surroundings)
    offset: int = 0
    entries: list[tuple[v1.Entry, v1.PersonalData | None]] = field(default_factory=list)

    @property
    def current(self) -> v1.Decision:
        """The decision, which exists."""
        assert self.decision is not None
        return self.decision

    def rule(self, actor: v1.Actor, body: Body) -> Ruling:
        """Return the ruling and apply nothing."""
        around = self.around._replace(open_decisions=self.open_decisions)
        state = State(self.decision, replace(self.house, policy=self.policy), around)
        return decide(state, Command(actor, body), self.now_us)

    def ask(self, actor: v1.Actor, body: Body) -> Ruling:
        """Return the ruling and apply what it brings about."""
        ruling = self.rule(actor, body)
        if isinstance(ruling, Consequence) and ruling.events:
            self.apply(actor, ruling)
        return ruling

    def apply(self, actor: v1.Actor, consequence: Consequence) -> None:
        """Write the entry and evolve."""
        self.offset += 3  # other decisions' entries lie between
        entry = v1.Entry(
            offset=self.offset,
            recorded_at=timestamp(self.now_us),
            actor=actor,
            decision_id=DECISION_ID if self.decision is None else self.decision.decision_id,
            events=consequence.events,
        )
        self.entries.append((entry, consequence.personal))
        self.decision = evolve(self.decision, entry, consequence.personal)

    def wait(self, span_us: int) -> Desk:
        """Let time pass; nobody looks at the clock meanwhile."""
        self.now_us += span_us
        return self

    def accepted(self, actor: v1.Actor, body: Body) -> Consequence:
        """Ask, and expect that it takes effect."""
        ruling = self.ask(actor, body)
        assert isinstance(ruling, Consequence), ruling
        return ruling

    def refused(self, actor: v1.Actor, body: Body) -> v1.Refusal:
        """Ask, and expect a refusal."""
        ruling = self.ask(actor, body)
        assert isinstance(ruling, v1.Refusal), ruling
        assert ruling.message.endswith("."), ruling.message
        return ruling

    def tick(self) -> Consequence:
        """Let the timekeeper look at the clock."""
        return self.accepted(TIMEKEEPER, Tick(DECISION_ID))

    def propose(self, made: v1.Proposal | None = None) -> Desk:
        """Propose."""
        self.accepted(CORE, v1.CoreCommand(proposal=made or proposal()))
        return self

    def approve(self, actor: v1.Actor = ALICE) -> Desk:
        """Propose if need be, and approve."""
        if self.decision is None:
            self.propose()
        self.accepted(actor, approval(self.current))
        return self

    def execute(self) -> Desk:
        """Approve if need be, and accept the order."""
        if self.decision is None:
            self.approve()
        self.accepted(CORE, acceptance(self.current))
        return self

    def report(self, result: v1.OutcomeResult.ValueType = v1.OUTCOME_RESULT_EXECUTED) -> Desk:
        """Accept the order if need be, and report."""
        if self.decision is None:
            self.execute()
        self.accepted(CORE, outcome(self.current, result))
        return self


def approval(decision: v1.Decision, comment: str = "") -> v1.OperatorCommand:
    """Approve what is there."""
    return verdict(decision, comment=comment, approve=v1.Approve())


def rejection(decision: v1.Decision, reason: str = "Known scanner of ours.") -> v1.OperatorCommand:
    """Reject what is there."""
    return verdict(decision, comment=reason, reject=v1.Reject())


def verdict(
    decision: v1.Decision, *, comment: str = "", approve: v1.Approve | None = None, reject: v1.Reject | None = None
) -> v1.OperatorCommand:
    """Judge the present version."""
    return v1.OperatorCommand(
        request_id="r",
        verdict=v1.Verdict(
            decision_id=decision.decision_id, version=decision.version, comment=comment, approve=approve, reject=reject
        ),
    )


def claiming() -> v1.OperatorCommand:
    """Claim the decision."""
    return v1.OperatorCommand(request_id="r", claim=v1.ClaimDecision(decision_id=DECISION_ID))


def releasing() -> v1.OperatorCommand:
    """Release the decision."""
    return v1.OperatorCommand(request_id="r", release=v1.ReleaseDecision(decision_id=DECISION_ID))


def escalation(
    to_role: v1.Role.ValueType = v1.ROLE_UNSPECIFIED, reason: str = "Not mine to decide."
) -> v1.OperatorCommand:
    """Escalate the decision."""
    command = v1.Escalate(decision_id=DECISION_ID, to_role=to_role, reason=reason)
    return v1.OperatorCommand(request_id="r", escalate=command)


def withdrawal(reason: str = "") -> v1.CoreCommand:
    """Cancel the decision."""
    return v1.CoreCommand(request_id="r", cancel=v1.Cancel(decision_id=DECISION_ID, reason=reason))


def acceptance(decision: v1.Decision, instance: str = "core-1") -> v1.CoreCommand:
    """Accept the decision's order."""
    command = v1.AcceptOrder(
        decision_id=decision.decision_id,
        order_id=decision.order.order_id or ORDER_ID,
        action_digest=decision.action_digest,
        instance=instance,
    )
    return v1.CoreCommand(request_id="r", accept_order=command)


def outcome(
    decision: v1.Decision,
    result: v1.OutcomeResult.ValueType = v1.OUTCOME_RESULT_EXECUTED,
    detail: str = "",
) -> v1.CoreCommand:
    """Report on the decision's order."""
    command = v1.ReportOrder(
        decision_id=decision.decision_id,
        order_id=decision.order.order_id or ORDER_ID,
        action_digest=decision.action_digest,
        outcome=v1.Outcome(result=result, detail=detail),
    )
    return v1.CoreCommand(request_id="r", report_order=command)
