"""Random commands by random callers at random moments keep the promises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from governance import v1
from governance_server.domain.command import Body, Command, Consequence, State, Surroundings, Tick
from governance_server.domain.decide import decide
from governance_server.domain.digest import action_digest
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House, evolve_house, house_of, house_rows
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import SECOND_US, microseconds, timestamp
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.schedule import next_due_us
from tests.property.naive import Naive
from tests.support.halts import declaration, releasing
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

IDS = ("decision-a", "decision-b", "decision-c")
CORES = (CORE, OTHER_CORE)
MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
DEPUTY = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="dana", role=v1.ROLE_CISO)
NAMESAKE = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=CORE.name, role=v1.ROLE_CISO)
ANYBODY = (ALICE, BOB, SUPERVISOR, MANAGER, CISO, DEPUTY, NAMESAKE, AUDITOR, CORE)
STRICT = replace(
    DEFAULT_POLICY,
    required_approvals={risk: count + 1 for risk, count in DEFAULT_POLICY.required_approvals.items()},
    full_from_confidence=1.0,
    assignment="by_turns",
    reading_s={risk: 10 * risk for risk in DEFAULT_POLICY.reading_s},
)
SCOPES = (
    v1.HaltScope(all=True),
    v1.HaltScope(core=CORE.name),
    v1.HaltScope(core=OTHER_CORE.name),
    v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP),
    v1.HaltScope(target="203.0.113.9"),
)

EXECUTED = v1.OUTCOME_RESULT_EXECUTED

ids = st.sampled_from(IDS)
cores = st.sampled_from(CORES)
operators = st.sampled_from(ANYBODY)
strangers = st.integers(0, 3)
"""0: the other core asks; above: the one whose decision it is."""
results = st.sampled_from(v1.OutcomeResult.values())
roles = st.sampled_from(v1.Role.values())


class Stop(NamedTuple):
    """A halt as its author meant it, and who asked to end it."""

    scope: v1.HaltScope
    ends_us: int | None
    people: set[str]


class Decisions(RuleBasedStateMachine):
    """A few decisions of two cores, everybody at them, halts, two policies, and a clock that runs as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = NOON_US
        self.recorded_us = NOON_US
        self.offset = 0
        self.requests = 0
        self.hurried = False
        self.house = House()
        self.connected: dict[str, v1.Role.ValueType] = {}
        self.decisions: dict[str, v1.Decision] = {}
        self.naive: dict[str, Naive] = {}
        self.joined: set[str] = set()
        self.stops: dict[str, Stop] = {}

    @rule(
        decision_id=ids,
        core=cores,
        confidence=st.sampled_from([0.0, 0.7, 0.9, 1.0]),
        critical=st.booleans(),
        alike=st.booleans(),
        reverses=st.sampled_from(("", "", *IDS)),
    )
    def propose(
        self, decision_id: str, core: v1.Actor, confidence: float, critical: bool, alike: bool, reverses: str
    ) -> None:
        if decision_id in self.joined:
            return  # the engine knows the request, and does not ask again
        made = critical_proposal() if critical else proposal(confidence=confidence)
        made.decision_id, made.reverses = decision_id, reverses
        if not alike:
            made.action.targets[0].value = decision_id
        self.ask(decision_id, core, v1.CoreCommand(proposal=made))

    @rule(
        decision_id=ids,
        actor=operators,
        behind=st.integers(0, 1),
        approve=st.booleans(),
        by_digest=st.booleans(),
        read_s=st.sampled_from((60, 60, 20, 0)),
    )
    def judge(
        self, decision_id: str, actor: v1.Actor, behind: int, approve: bool, by_digest: bool, read_s: int = 60
    ) -> None:
        verdict = self.verdict(decision_id, behind, by_digest=by_digest)
        verdict.presentation.reading.seconds = read_s
        if approve:
            verdict.approve.SetInParent()
        else:
            verdict.reject.SetInParent()
        accepted = self.ask(decision_id, actor, v1.OperatorCommand(verdict=verdict))
        assert not (accepted and behind), "a verdict on what was not seen"
        risk = self.decisions.get(decision_id, v1.Decision()).assessment.risk
        if accepted and approve:
            assert read_s >= self.house.policy.reading_s[risk], "an approval of what was not read"

    def verdict(self, decision_id: str, behind: int = 0, *, by_digest: bool = True) -> v1.Verdict:
        """Make a verdict that does not say what yet."""
        decision = self.decisions.get(decision_id, v1.Decision(version=1))
        verdict = v1.Verdict(decision_id=decision_id, comment="because")
        verdict.presentation.version = max(1, decision.version)
        verdict.presentation.reading.seconds = 60
        if by_digest:
            verdict.action_digest = decision.action_digest if not behind else bytes(32)
        else:
            verdict.version = max(0, decision.version - behind)
        return verdict

    @rule(decision_id=ids, actor=operators, kind=st.integers(0, 3), wider=st.booleans())
    def judge_otherwise(self, decision_id: str, actor: v1.Actor, kind: int, wider: bool) -> None:
        verdict = self.verdict(decision_id)
        if kind == 0:
            action = self.decisions.get(decision_id, v1.Decision()).proposal.action
            verdict.modify_and_approve.action.CopyFrom(action)
            changed = verdict.modify_and_approve.action
            changed.scope = v1.ACTION_SCOPE_GLOBAL if wider else v1.ACTION_SCOPE_UNSPECIFIED
        elif kind == 1:
            verdict.defer.duration.seconds = 6000 if wider else 60
        elif kind == 2:
            verdict.request_information.question = "Why?"
        else:
            verdict.return_for_revision.instructions = "Ask the owner first."
        self.ask(decision_id, actor, v1.OperatorCommand(verdict=verdict))

    @rule(decision_id=ids, actor=operators, kind=st.integers(0, 3), other=st.sampled_from(("", "alice", "chris")))
    def accompany(self, decision_id: str, actor: v1.Actor, kind: int, other: str) -> None:
        command = v1.OperatorCommand()
        if kind == 0:
            command.add_note.decision_id, command.add_note.text = decision_id, "Seen before."
        elif kind == 1:
            command.assign.decision_id, command.assign.operator = decision_id, other
        elif kind == 2:
            command.request_undo.decision_id, command.request_undo.reason = decision_id, "A printer."
        else:
            information = v1.ProvideInformation(decision_id=decision_id, evidence=v1.Evidence(reasoning="So."))
            self.ask(decision_id, self.core(decision_id, 1), v1.CoreCommand(provide_information=information))
            return
        self.ask(decision_id, actor, command)

    @rule(decision_id=ids, actor=operators, result=results)
    def reconcile(self, decision_id: str, actor: v1.Actor, result: v1.OutcomeResult.ValueType) -> None:
        found = v1.ReconcileOutcome(decision_id=decision_id, outcome=v1.Outcome(result=result, detail="The log."))
        self.ask(decision_id, actor, v1.OperatorCommand(reconcile_outcome=found))

    @rule(actor=operators, scope=st.sampled_from(SCOPES), for_s=st.sampled_from((0, 60, 1200)))
    def stop(self, actor: v1.Actor, scope: v1.HaltScope, for_s: int) -> None:
        self.requests += 1
        self.manage(actor, declaration(scope, for_s=for_s, key=f"h-{self.requests}"))

    @precondition(lambda self: self.stops)
    @rule(actor=st.sampled_from((ALICE, SUPERVISOR, MANAGER, CISO)), which=st.integers(0, 2))
    def go_on_again(self, actor: v1.Actor, which: int) -> None:
        names = list(self.stops)
        self.manage(actor, releasing(names[which % len(names)]))

    @rule()
    def tick_house(self) -> None:
        self.manage(TIMEKEEPER, Tick(""))

    @rule(strict=st.booleans())
    def apply_policy(self, strict: bool) -> None:
        self.house = replace(self.house, policy=STRICT if strict else DEFAULT_POLICY)

    @rule(who=st.lists(st.sampled_from((ALICE, SUPERVISOR, CISO)), max_size=3), hurried=st.integers(0, 4))
    def connect(self, who: list[v1.Actor], hurried: int) -> None:
        self.connected = {actor.name: actor.role for actor in who}
        self.hurried = hurried == 1

    @rule(step_us=st.integers(-60 * MINUTE_US, 60 * MINUTE_US))
    def restart(self, step_us: int) -> None:
        """Begin again with a clock that was set; it is not believed where it lies before what is recorded."""
        self.now_us = max(self.recorded_us, self.now_us + step_us)

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
            self.propose(decision_id, CORE, 0.9, critical=False, alike=False, reverses="")
        elif decision.state == v1.DECISION_STATE_PENDING:
            for actor in (CISO, DEPUTY, MANAGER):
                self.judge(decision_id, actor, 0, approve=True, by_digest=True)
        elif decision.state == v1.DECISION_STATE_APPROVED:
            self.accept_order(decision_id, whose=3, right=True, number=0)
        elif decision.state == v1.DECISION_STATE_EXECUTING:
            self.report_order(decision_id, 3, v1.OUTCOME_RESULT_UNKNOWN if self.now_us % 2 else EXECUTED)
        elif decision.state == v1.DECISION_STATE_OUTCOME_UNKNOWN:
            self.reconcile(decision_id, CISO, EXECUTED)
        elif decision.state == v1.DECISION_STATE_EXECUTED:
            self.accompany(decision_id, ALICE, 2, "")

    @rule(decision_id=ids, scope=st.sampled_from(SCOPES), before=st.integers(0, 2), during=st.integers(0, 2))
    def interrupt(self, decision_id: str, scope: v1.HaltScope, before: int, during: int) -> None:
        """Bring a decision further, stop, bring it further still, and let everything go on."""
        for _ in range(before):
            self.go_on(decision_id)
        self.stop(SUPERVISOR, scope, 0)
        for _ in range(during):
            self.go_on(decision_id)
        for name in list(self.stops):
            for actor in (SUPERVISOR, MANAGER, CISO):
                if name in self.stops:
                    self.manage(actor, releasing(name))
        self.go_on(decision_id)

    @rule(decision_id=ids, actor=operators)
    def claim_and_interfere(self, decision_id: str, actor: v1.Actor) -> None:
        """Have one operator claim, and another, high enough, approve at once."""
        self.claim(decision_id, actor)
        self.judge(decision_id, CISO, 0, approve=True, by_digest=True)

    @rule(decision_id=ids, whose=strangers)
    def cancel(self, decision_id: str, whose: int) -> None:
        self.ask(decision_id, self.core(decision_id, whose), v1.CoreCommand(cancel=v1.Cancel(decision_id=decision_id)))

    @rule(decision_id=ids, whose=strangers, right=st.booleans(), number=st.integers(0, 2))
    def accept_order(self, decision_id: str, whose: int, right: bool, number: int = 0) -> None:
        digest = self.decisions[decision_id].action_digest if decision_id in self.decisions and right else bytes(32)
        command = v1.AcceptOrder(
            decision_id=decision_id,
            order_id=self.order_id(decision_id, number),
            action_digest=digest,
            instance="core-1",
        )
        accepted = self.ask(decision_id, self.core(decision_id, whose), v1.CoreCommand(accept_order=command))
        assert right or not accepted, "leave for another action"

    @rule(decision_id=ids, whose=strangers, result=results)
    def report_order(self, decision_id: str, whose: int, result: v1.OutcomeResult.ValueType) -> None:
        digest = self.decisions[decision_id].action_digest if decision_id in self.decisions else bytes(32)
        command = v1.ReportOrder(
            decision_id=decision_id,
            order_id=self.order_id(decision_id, 0),
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

    def order_id(self, decision_id: str, number: int) -> str:
        """Return the name of the decision's order as it stands, or with a number, of that one."""
        known = self.decisions.get(decision_id, v1.Decision()).order.order_id
        return known if known and not number else f"{decision_id}/{number or 1}"

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
        before = frozen(decision)
        ruling = decide(State(decision, self.house, self.around(actor, body)), Command(actor, body), self.now_us)
        assert frozen(decision) == before, "deciding changes nothing"
        if isinstance(ruling, v1.Refusal):
            self.check_refusal(ruling, decision, actor, body)
            return False
        if ruling.events:
            self.apply(ruling.joined or decision_id, actor, ruling)
            if ruling.joined:
                assert decision is None, "a joined proposal makes no decision"
                self.joined.add(decision_id)
        else:
            assert isinstance(body, Tick)
        for following in ruling.then:
            assert self.ask(following.decision_id, TIMEKEEPER, following)
        self.check_promises()
        return bool(ruling.events)

    def around(self, actor: v1.Actor, body: Body) -> Surroundings:
        """Return what is true around a command, as the engine finds it."""
        decisions = self.decisions.values()
        opened = [other for other in decisions if is_open(other.state)]
        around = Surroundings(len(opened), self.connected, retry_after_us=MINUTE_US if self.hurried else 0)
        if not (isinstance(body, v1.CoreCommand) and body.HasField("proposal")):
            return around
        deed = (actor.name, action_digest(body.proposal.action))
        twins = [other for other in opened if (other.core, other.action_digest) == deed]
        return around._replace(twin=twins[-1] if twins else None, original=self.decisions.get(body.proposal.reverses))

    def manage(self, actor: v1.Actor, body: Body) -> None:
        """Decide what is about the house; then bring every order before the rules, as the engine does."""
        ruling = decide(State(None, self.house, self.around(actor, body)), Command(actor, body), self.now_us)
        if isinstance(ruling, v1.Refusal):
            self.check_refusal(ruling, None, actor, body)
            return
        for event in ruling.events:
            self.see_house(event, actor, body)
        entry = v1.Entry(recorded_at=timestamp(self.now_us), actor=actor, events=ruling.events)
        self.house = evolve_house(self.house, entry, ruling.personal)
        assert set(self.house.halts) == set(self.stops)
        assert house_of(house_rows(self.house)).halts == self.house.halts, "a restart keeps it"
        for decision_id, decision in list(self.decisions.items()):
            if decision.state == v1.DECISION_STATE_APPROVED:
                self.ask(decision_id, TIMEKEEPER, Tick(decision_id))
        self.check_promises()

    def see_house(self, event: v1.Event, actor: v1.Actor, body: Body) -> None:
        """Keep count of the halts, naively."""
        if event.HasField("halt_declared"):
            assert isinstance(body, v1.OperatorCommand)
            assert actor.role >= v1.ROLE_SOC_SUPERVISOR
            command = body.declare_halt
            span_us = command.duration.seconds * SECOND_US
            ends_us = self.now_us + span_us if command.HasField("duration") else None
            self.stops[event.halt_declared.halt_id] = Stop(command.scope, ends_us, set())
        elif event.HasField("halt_release_requested"):
            people = self.stops[event.halt_release_requested.halt_id].people
            assert actor.name not in people
            people.add(actor.name)
        else:
            over = self.stops.pop(event.halt_ended.halt_id)
            if event.halt_ended.expired:
                assert over.ends_us is not None
                assert self.now_us >= over.ends_us, "never early"
            else:
                assert len(over.people) == 2

    def check_promises(self) -> None:
        """Hold what is open to what is promised of it at any moment."""
        for decision in self.decisions.values():
            if not is_open(decision.state):
                continue
            waits = decision.state == v1.DECISION_STATE_OUTCOME_UNKNOWN
            assert waits == (next_due_us(decision) is None), "a live deadline, or somebody settles it"
            alarms = [alarm.kind for alarm in decision.alarms]
            assert not waits or v1.ALARM_KIND_OUTCOME_UNKNOWN in alarms

    def check_refusal(self, refusal: v1.Refusal, decision: v1.Decision | None, actor: v1.Actor, body: Body) -> None:
        """Hold a refusal to what every refusal promises."""
        if refusal.reason == v1.REFUSAL_REASON_RATE_LIMITED:
            assert self.hurried
            assert refusal.HasField("retry_after")
            assert isinstance(body, v1.CoreCommand | v1.OperatorCommand)
            stops = isinstance(body, v1.OperatorCommand) and (
                body.HasField("declare_halt") or body.verdict.HasField("reject")
            )
            assert not stops, "to stop is never too often"
        assert refusal.reason
        assert refusal.message
        if refusal.HasField("current"):
            assert refusal.current in (decision, *self.decisions.values())
            assert actor.kind != v1.ACTOR_KIND_CORE or refusal.current.core == actor.name

    def apply(self, decision_id: str, actor: v1.Actor, consequence: Consequence) -> None:
        """Evolve, from the values and from their bytes, and let the naive model see the events."""
        self.offset += 1
        self.recorded_us = self.now_us
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
        naive.least_required = min(self.house.policy.required_approvals.values())
        for event in consequence.events:
            naive.halted = self.halted(following)
            naive.see(event, entry.actor, self.now_us)
        naive.version += 1
        assert following.version == naive.version
        assert is_open(following.state) != naive.ended
        assert following.HasField("order") == naive.ordered
        assert following.HasField("approval") == naive.approved
        assert following.order.HasField("accepted_at") == naive.accepted
        assert following.HasField("schedule") == (following.state == v1.DECISION_STATE_PENDING)
        assert following.tier == naive.tier
        if is_open(following.state):
            assert following.held == bool(naive.held_until_us)
        approvers = {vote.actor.name for vote in following.votes if vote.approved}
        assert approvers == naive.voters
        self.house = evolve_house(self.house, entry, consequence.personal)  # whose turn it is

    def halted(self, decision: v1.Decision) -> bool:
        """Tell, without the rules, whether a halt covers a decision."""
        action = decision.proposal.action
        return any(
            stop.scope.all
            or stop.scope.core == decision.core
            or (stop.scope.HasField("action") and stop.scope.action == action.type)
            or (stop.scope.HasField("target") and stop.scope.target in {target.value for target in action.targets})
            for stop in self.stops.values()
        )


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
        required=proposed.quorum.required,
    )


def frozen(message: Message | None) -> bytes | None:
    """Return a message's bytes, to see later whether it changed."""
    return None if message is None else message.SerializeToString(deterministic=True)


# too_slow: on a busy machine the first example alone takes longer than Hypothesis likes; the bound below is what counts
Decisions.TestCase.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDecisions = Decisions.TestCase
