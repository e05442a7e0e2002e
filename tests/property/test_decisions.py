"""Random commands by random callers at random moments keep the promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from governance import v1
from governance_server.domain.command import Body, Command, Consequence, State, Surroundings, Tick
from governance_server.domain.decide import decide
from governance_server.domain.digest import action_digest
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import microseconds, timestamp
from governance_server.domain.schedule import next_due_us
from tests.property.naive import Naive
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    BOB,
    CISO,
    CORE,
    MINUTE_US,
    NOON_US,
    OTHER_CORE,
    SUPERVISOR,
    TIMEKEEPER,
    critical_proposal,
    proposal,
)

if TYPE_CHECKING:
    from google.protobuf.message import Message

IDS = ("decision-a", "decision-b")
CORES = (CORE, OTHER_CORE)
MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
ANYBODY = (ALICE, BOB, SUPERVISOR, MANAGER, CISO, AUDITOR, CORE)

ids = st.sampled_from(IDS)
cores = st.sampled_from(CORES)
operators = st.sampled_from(ANYBODY)
strangers = st.integers(0, 3)
"""0: the other core asks; above: the one whose decision it is."""
results = st.sampled_from(v1.OutcomeResult.values())
roles = st.sampled_from(v1.Role.values())


class Decisions(RuleBasedStateMachine):
    """Two decisions of two cores, everybody at them, and a clock that runs as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = NOON_US
        self.offset = 0
        self.decisions: dict[str, v1.Decision] = {}
        self.naive: dict[str, Naive] = {}

    @rule(decision_id=ids, core=cores, confidence=st.sampled_from([0.0, 0.7, 0.9, 1.0]), critical=st.booleans())
    def propose(self, decision_id: str, core: v1.Actor, confidence: float, critical: bool) -> None:
        made = critical_proposal() if critical else proposal(confidence=confidence)
        made.decision_id = decision_id
        self.ask(decision_id, core, v1.CoreCommand(proposal=made))

    @rule(decision_id=ids, actor=operators, behind=st.integers(0, 1), approve=st.booleans(), by_digest=st.booleans())
    def judge(self, decision_id: str, actor: v1.Actor, behind: int, approve: bool, by_digest: bool) -> None:
        decision = self.decisions.get(decision_id, v1.Decision(version=1))
        verdict = v1.Verdict(decision_id=decision_id, comment="because")
        if by_digest:
            verdict.action_digest = decision.action_digest if not behind else bytes(32)
        else:
            verdict.version = max(0, decision.version - behind)
        if approve:
            verdict.approve.SetInParent()
        else:
            verdict.reject.SetInParent()
        accepted = self.ask(decision_id, actor, v1.OperatorCommand(verdict=verdict))
        assert not (accepted and behind), "a verdict on what was not seen"

    @rule(decision_id=ids, actor=operators)
    def claim(self, decision_id: str, actor: v1.Actor) -> None:
        self.ask(decision_id, actor, v1.OperatorCommand(claim=v1.ClaimDecision(decision_id=decision_id)))

    @rule(decision_id=ids, actor=operators)
    def release(self, decision_id: str, actor: v1.Actor) -> None:
        self.ask(decision_id, actor, v1.OperatorCommand(release=v1.ReleaseDecision(decision_id=decision_id)))

    @rule(decision_id=ids, actor=operators, to_role=roles)
    def escalate(self, decision_id: str, actor: v1.Actor, to_role: v1.Role.ValueType) -> None:
        command = v1.Escalate(decision_id=decision_id, to_role=to_role, reason="because")
        self.ask(decision_id, actor, v1.OperatorCommand(escalate=command))

    @rule(decision_id=ids)
    def go_on(self, decision_id: str) -> None:
        """Do what brings a decision further, so that its late states are met as often as its early ones."""
        decision = self.decisions.get(decision_id)
        if decision is None:
            self.propose(decision_id, CORE, 0.9, critical=False)
        elif decision.state == v1.DECISION_STATE_PENDING:
            self.judge(decision_id, CISO, 0, approve=True, by_digest=True)
        elif decision.state == v1.DECISION_STATE_APPROVED:
            self.accept_order(decision_id, whose=3, right=True)

    @rule(decision_id=ids, actor=operators)
    def claim_and_interfere(self, decision_id: str, actor: v1.Actor) -> None:
        """Have one operator claim, and another, high enough, approve at once."""
        self.claim(decision_id, actor)
        self.judge(decision_id, CISO, 0, approve=True, by_digest=True)

    @rule(decision_id=ids, whose=strangers)
    def cancel(self, decision_id: str, whose: int) -> None:
        self.ask(decision_id, self.core(decision_id, whose), v1.CoreCommand(cancel=v1.Cancel(decision_id=decision_id)))

    @rule(decision_id=ids, whose=strangers, right=st.booleans())
    def accept_order(self, decision_id: str, whose: int, right: bool) -> None:
        digest = self.decisions[decision_id].action_digest if decision_id in self.decisions and right else bytes(32)
        command = v1.AcceptOrder(
            decision_id=decision_id, order_id=f"{decision_id}/1", action_digest=digest, instance="core-1"
        )
        accepted = self.ask(decision_id, self.core(decision_id, whose), v1.CoreCommand(accept_order=command))
        assert right or not accepted, "leave for another action"

    @rule(decision_id=ids, whose=strangers, result=results)
    def report_order(self, decision_id: str, whose: int, result: v1.OutcomeResult.ValueType) -> None:
        digest = self.decisions[decision_id].action_digest if decision_id in self.decisions else bytes(32)
        command = v1.ReportOrder(
            decision_id=decision_id,
            order_id=f"{decision_id}/1",
            action_digest=digest,
            outcome=v1.Outcome(result=result, detail="done"),
        )
        self.ask(decision_id, self.core(decision_id, whose), v1.CoreCommand(report_order=command))

    @rule(span_us=st.integers(0, 20 * MINUTE_US))
    def wait(self, span_us: int) -> None:
        self.now_us += span_us

    @rule(decision_id=ids)
    def tick(self, decision_id: str) -> None:
        self.look_at_the_clock(decision_id)

    @precondition(lambda self: any(next_due_us(decision) for decision in self.decisions.values()))
    @rule(decision_id=ids, early_us=st.integers(0, 1), look=st.booleans())
    def wait_until_due(self, decision_id: str, early_us: int, look: bool) -> None:
        decision = self.decisions.get(decision_id)
        due_us = None if decision is None else next_due_us(decision)
        if due_us is not None:
            self.now_us = max(self.now_us, due_us - early_us)
        if look:
            self.look_at_the_clock(decision_id)

    def core(self, decision_id: str, whose: int) -> v1.Actor:
        """Return the core that proposed the decision; sometimes the other one."""
        decision = self.decisions.get(decision_id)
        owner = CORE if decision is None or decision.core == CORE.name else OTHER_CORE
        return next(core for core in CORES if (core == owner) == (whose > 0))

    def look_at_the_clock(self, decision_id: str) -> None:
        """Tick, twice: the second time nothing is left to do, and the next thing lies ahead."""
        decision = self.decisions.get(decision_id)
        due_us = None if decision is None else next_due_us(decision)
        happened = self.ask(decision_id, TIMEKEEPER, Tick(decision_id))
        assert happened == (due_us is not None and due_us <= self.now_us), "what is due, when it is due"
        assert not self.ask(decision_id, TIMEKEEPER, Tick(decision_id)), "each once"
        if decision is not None:
            after_us = next_due_us(self.decisions[decision_id])
            assert after_us is None or after_us > self.now_us

    def ask(self, decision_id: str, actor: v1.Actor, body: Body) -> bool:
        """Decide a command, apply what it brings about and check it; tell whether anything happened."""
        decision = self.decisions.get(decision_id)
        opened = sum(is_open(other.state) for other in self.decisions.values())
        before = frozen(decision)
        ruling = decide(State(decision, House(), Surroundings(opened)), Command(actor, body), self.now_us)
        assert frozen(decision) == before, "deciding changes nothing"
        if isinstance(ruling, v1.Refusal):
            self.check_refusal(ruling, decision, actor)
            return False
        if ruling.events:
            self.apply(decision_id, actor, ruling)
        else:
            assert isinstance(body, Tick)
        return bool(ruling.events)

    def check_refusal(self, refusal: v1.Refusal, decision: v1.Decision | None, actor: v1.Actor) -> None:
        """Hold a refusal to what every refusal promises."""
        assert refusal.reason
        assert refusal.message
        if refusal.HasField("current"):
            assert refusal.current == decision
            assert actor.kind != v1.ACTOR_KIND_CORE or refusal.current.core == actor.name

    def apply(self, decision_id: str, actor: v1.Actor, consequence: Consequence) -> None:
        """Evolve, from the values and from their bytes, and let the naive model see the events."""
        self.offset += 1
        entry = v1.Entry(
            offset=self.offset,
            recorded_at=timestamp(self.now_us),
            actor=actor,
            decision_id=decision_id,
            events=consequence.events,
        )
        decision = self.decisions.get(decision_id)
        inputs: list[Message | None] = [decision, entry, consequence.personal]
        before = [frozen(message) for message in inputs]
        following = evolve(decision, entry, consequence.personal)
        assert [frozen(message) for message in inputs] == before, "evolving changes no input"
        again = evolve(
            None if decision is None else v1.Decision.FromString(decision.SerializeToString()),
            v1.Entry.FromString(entry.SerializeToString()),
            None
            if consequence.personal is None
            else v1.PersonalData.FromString(consequence.personal.SerializeToString()),
        )
        assert following == again
        assert following.version == (0 if decision is None else decision.version) + 1
        assert following.offset == self.offset
        self.decisions[decision_id] = following
        self.check(decision_id, entry, consequence)

    def check(self, decision_id: str, entry: v1.Entry, consequence: Consequence) -> None:
        """Let the naive model see what happened, and compare what it knows with the decision."""
        following = self.decisions[decision_id]
        naive = self.naive.get(decision_id)
        if naive is None:
            assert consequence.personal is not None
            naive = self.naive[decision_id] = first_sight(consequence.events[0], consequence.personal, entry.actor)
        for event in consequence.events:
            naive.see(event, entry.actor, self.now_us)
        naive.version += 1
        assert following.version == naive.version
        assert is_open(following.state) != naive.ended
        assert following.HasField("order") == naive.ordered
        assert following.HasField("approval") == naive.approved
        assert following.order.HasField("accepted_at") == naive.accepted
        assert following.HasField("schedule") == (following.state == v1.DECISION_STATE_PENDING)
        assert following.tier == naive.tier


def first_sight(event: v1.Event, personal: v1.PersonalData, actor: v1.Actor) -> Naive:
    """Begin a naive model from what was proposed."""
    proposed = event.decision_proposed
    return Naive(
        digest=action_digest(personal.proposal.action),
        core=actor.name,
        tier=v1.ROLE_SOC_OPERATOR,
        warn_us=microseconds(proposed.warn_at),
        deadline_us=microseconds(proposed.deadline),
        automatic=proposed.assessment.automation == v1.AUTOMATION_LEVEL_FULL,
    )


def frozen(message: Message | None) -> bytes | None:
    """Return a message's bytes, to see later whether it changed."""
    return None if message is None else message.SerializeToString(deterministic=True)


# too_slow: on a busy machine the first example alone takes longer than Hypothesis likes; the bound below is what counts
Decisions.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDecisions = Decisions.TestCase
