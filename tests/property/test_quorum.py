"""No sequence of verdicts gives leave without the approvals it takes, and to narrow is never to do more."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

from google.protobuf.duration_pb2 import Duration
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from governance import v1
from governance_server.domain.command import Consequence, Surroundings
from governance_server.domain.digest import action_digest
from governance_server.domain.house import House
from governance_server.domain.modifying import changes, narrower
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.sufficiency import enough, satisfied_under
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    BOB,
    CISO,
    CORE,
    MINUTE_US,
    SUPERVISOR,
    Desk,
    claiming,
    critical_proposal,
    escalation,
    releasing,
)
from tests.unit.verdicts import (
    answer,
    assigning,
    deferral,
    judged,
    modification,
    noting,
    question,
    returning,
    wide_proposal,
)

if TYPE_CHECKING:
    from governance_server.domain.command import Body, Ruling

OWNER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="olga", role=v1.ROLE_CISO)
NAMESAKE = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name=CORE.name, role=v1.ROLE_CISO)
MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
ANYBODY = (ALICE, BOB, SUPERVISOR, MANAGER, CISO, OWNER, NAMESAKE, AUDITOR, CORE)
OWNERS = {CORE.name: frozenset({"olga"})}
POLICIES = [
    Policy(required_approvals=dict.fromkeys(DEFAULT_POLICY.required_approvals, required), core_owners=OWNERS)
    for required in (1, 2, 3)
]
NAMES = {actor.name: actor.role for actor in ANYBODY}
HALTED = {"halt-1": v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True))}

operators = st.sampled_from(ANYBODY)
values = st.sampled_from(["a", "b", "c"])
actions = st.builds(
    v1.Action,
    type=st.sampled_from([v1.ACTION_TYPE_BLOCK_IP, v1.ACTION_TYPE_BLOCK_DOMAIN]),
    scope=st.sampled_from(v1.ActionScope.values()),
    targets=st.lists(
        st.builds(v1.Target, kind=st.sampled_from([v1.TARGET_KIND_IP_ADDRESS, v1.TARGET_KIND_DOMAIN]), value=values),
        max_size=3,
    ),
    parameters=st.dictionaries(values, values, max_size=1),
    duration=st.none() | st.builds(Duration, seconds=st.integers(1, 3), nanos=st.integers(0, 1)),
)


@st.composite
def narrowed(draw: st.DrawFn, action: v1.Action) -> v1.Action:
    """Take some of an action away, or nothing, and write its targets in any order."""
    new = v1.Action()
    new.CopyFrom(action)
    new.scope = draw(st.sampled_from([scope for scope in v1.ActionScope.values() if scope <= action.scope]))
    del new.targets[:]
    order = draw(st.permutations(list(action.targets)))
    new.targets.extend(order[: draw(st.integers(1, len(order)))] if order else [])
    lasting = st.integers(1, action.duration.seconds or 4).map(lambda seconds: Duration(seconds=seconds))
    if draw(st.booleans()):
        new.duration.CopyFrom(draw(lasting))
    return new


@st.composite
def chains(draw: st.DrawFn) -> tuple[v1.Action, v1.Action, v1.Action]:
    """Make three actions, each made of the one before by taking away, or any three."""
    first = draw(actions)
    second = draw(narrowed(first) | actions)
    return first, second, draw(narrowed(second) | actions)


def but_for_order(action: v1.Action) -> bytes:
    """Return an action's digest, its targets sorted."""
    new = v1.Action()
    new.CopyFrom(action)
    del new.targets[:]
    new.targets.extend(sorted(action.targets, key=lambda target: (target.kind, target.value)))
    return action_digest(new)


def deeds(action: v1.Action) -> set[tuple[object, ...]]:
    """Return what an action does, as the single things it does: on each target, in each scope, second by second.

    A target named twice is done twice. Four seconds stand for what no action here outlasts but one without an end.
    """
    spans = range(action.duration.seconds * 2 + bool(action.duration.nanos) if action.HasField("duration") else 99)
    named = [(target.kind, target.value) for target in action.targets] or [(v1.TARGET_KIND_UNSPECIFIED, "")]
    how = (action.type, tuple(sorted(action.parameters.items())))
    return {
        (*how, scope, target, named[:place].count(target), span)
        for scope in range(action.scope + 1)
        for place, target in enumerate(named)
        for span in spans
    }


@given(actions)
def test_narrowing_is_reflexive(action: v1.Action) -> None:
    """Every action is narrower than itself."""
    assert narrower(action, action)


@given(actions.flatmap(narrowed).flatmap(lambda action: st.tuples(st.just(action), narrowed(action) | actions)))
def test_narrowing_is_antisymmetric(pair: tuple[v1.Action, v1.Action]) -> None:
    """Two actions of which each is narrower than the other are the same, but for the order of their targets."""
    one, other = pair
    mutual = narrower(one, other) and narrower(other, one)
    assert mutual == (but_for_order(one) == but_for_order(other))


@given(chains())
def test_narrowing_is_transitive(chain: tuple[v1.Action, v1.Action, v1.Action]) -> None:
    """What is narrower than a narrower action is narrower than the first."""
    for first, second, third in permutations(chain):
        if narrower(third, second) and narrower(second, first):
            assert narrower(third, first)


@given(chains())
def test_narrowed_does_never_more(chain: tuple[v1.Action, v1.Action, v1.Action]) -> None:
    """A narrowed action does nothing that the one before did not: exactly then it is called narrower."""
    for one, other in permutations(chain, 2):
        assert narrower(one, other) == (deeds(one) <= deeds(other))


@given(actions.flatmap(lambda action: st.tuples(st.just(action), narrowed(action))))
def test_taken_away_is_narrower(pair: tuple[v1.Action, v1.Action]) -> None:
    """To take scope, targets or time away is to narrow."""
    action, less = pair
    assert narrower(less, action)


@given(chains())
def test_every_difference_is_named(chain: tuple[v1.Action, v1.Action, v1.Action]) -> None:
    """Where the digests of two actions differ, the record of changes says in what; where not, it is empty."""
    for one, other in combinations(chain, 2):
        assert bool(changes(one, other)) == (action_digest(one) != action_digest(other))


ROLES = [v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(ROLES)), max_size=5),
    st.integers(0, 4),
    st.lists(st.sampled_from(ROLES), max_size=3),
)
def test_enough_by_trying(
    votes: list[tuple[str, v1.Role.ValueType]], required: int, roles: list[v1.Role.ValueType]
) -> None:
    """A quorum is met exactly where each asked role can be given to somebody of its own who has it."""
    people = dict(votes)
    placed = any(
        all(people[name] >= role for name, role in zip(chosen, roles, strict=True))
        for chosen in permutations(people, len(roles))
    )
    assert enough(votes, required, roles) == (placed and len(people) >= max(1, required))


class Verdicts(RuleBasedStateMachine):
    """One decision, everybody at it, policies and halts that change, and a count of who approved which action."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(policy=POLICIES[0], around=Surroundings(connected=NAMES))
        self.approved_by: dict[bytes, dict[str, v1.Role.ValueType]] = {}
        self.rejected = False

    @initialize(critical=st.booleans(), policy=st.sampled_from(POLICIES), roles=st.lists(st.sampled_from(ROLES[1:3])))
    def propose(self, critical: bool, policy: Policy, roles: list[v1.Role.ValueType]) -> None:
        self.desk.policy = policy
        self.desk.propose(critical_proposal() if critical else wide_proposal("a", "b", "c"))
        decision = v1.Decision()
        decision.CopyFrom(self.desk.current)
        decision.quorum.roles.extend(roles[:2])
        self.desk.decision = decision

    @rule(actor=operators, by_digest=st.booleans())
    def approve(self, actor: v1.Actor, by_digest: bool) -> None:
        command = judged(self.desk.current, v1.Verdict(approve=v1.Approve()))
        if by_digest:
            command.verdict.action_digest = self.desk.current.action_digest
        self.ask(actor, command)

    @rule(actor=operators, data=st.data())
    def narrow(self, actor: v1.Actor, data: st.DataObject) -> None:
        self.ask(actor, modification(self.desk.current, data.draw(narrowed(self.desk.current.proposal.action))))

    @rule(actor=operators, action=actions)
    def change(self, actor: v1.Actor, action: v1.Action) -> None:
        self.ask(actor, modification(self.desk.current, action))

    @rule(actor=operators, which=st.integers(0, 3))
    def end(self, actor: v1.Actor, which: int) -> None:
        """End it now and then only, so that votes gather."""
        decision = self.desk.current
        if which == 0:
            self.ask(actor, judged(decision, v1.Verdict(reject=v1.Reject(), comment="No.")))
        elif which == 1:
            self.ask(actor, returning(decision))

    @rule(actor=operators, which=st.integers(0, 7), whom=st.sampled_from(["", *NAMES]))
    def speak(self, actor: v1.Actor, which: int, whom: str) -> None:
        decision = self.desk.current
        commands: list[Body] = [
            claiming(),
            releasing(),
            escalation(),
            deferral(decision, 60),
            question(decision),
            noting(),
            assigning(whom),
            answer(),
        ]
        self.ask(actor, commands[which])

    @rule(policy=st.sampled_from(POLICIES), halted=st.booleans(), span_us=st.integers(0, MINUTE_US))
    def turn(self, policy: Policy, halted: bool, span_us: int) -> None:
        self.desk.policy = policy
        self.desk.house = House(halts=HALTED if halted else {})
        self.desk.wait(span_us)

    def ask(self, actor: v1.Actor, body: Body) -> Ruling:
        """Ask, and hold what happens to the count."""
        before = self.desk.current
        ruling = self.desk.ask(actor, body)
        if isinstance(ruling, Consequence):
            for event in ruling.events:
                self.see(before, actor, event)
            votes = [vote.actor.name for vote in self.desk.current.votes if vote.approved]
            assert len(votes) == len(set(votes)), "nobody counts twice"
        return ruling

    def see(self, before: v1.Decision, actor: v1.Actor, event: v1.Event) -> None:
        """Note an event of a decision, and check that it may have happened."""
        kind = event.WhichOneof("kind")
        if kind in ("vote_cast", "decision_approved"):
            digest = event.vote_cast.action_digest or event.decision_approved.action_digest
            self.see_approval(before, actor, digest)
            if kind == "decision_approved":
                self.see_leave(digest)
        elif kind == "action_modified":
            assert event.action_modified.previous_digest == before.action_digest
            assert event.action_modified.narrowing or actor.role >= v1.ROLE_SECURITY_MANAGER
            self.approved_by.clear()
        elif kind in ("decision_rejected", "proposal_returned"):
            assert before.state == v1.DECISION_STATE_PENDING
            assert self.desk.current.state == v1.DECISION_STATE_REJECTED
            self.rejected = True
        elif kind == "order_issued":
            assert not self.desk.house.halts, "a halt gives no order"
            assert event.order_issued.action_digest == self.desk.current.action_digest

    def see_approval(self, before: v1.Decision, actor: v1.Actor, digest: bytes) -> None:
        """Count an approval: one's own action is none, and each counts once for an action."""
        assert not self.rejected, "reject beats approve"
        assert actor.kind == v1.ACTOR_KIND_OPERATOR
        assert actor.name not in (CORE.name, "olga"), "not one's own"
        assert actor.role >= before.tier
        assert digest == self.desk.current.action_digest == action_digest(self.desk.current.proposal.action)
        count = self.approved_by.setdefault(digest, {})
        assert actor.name not in count, "nobody votes twice"
        count[actor.name] = actor.role

    def see_leave(self, digest: bytes) -> None:
        """Hold an approval to the quorum: its own, and that of the policy in force."""
        decision, policy = self.desk.current, self.desk.policy
        count = self.approved_by[digest]
        changed = policy.digest != decision.assessment.policy_digest
        required = policy.required_approvals[decision.assessment.risk] if changed else 0
        assert len(count) >= max(decision.quorum.required, required)
        for role in decision.quorum.roles:
            assert any(held >= role for held in count.values())
        assert satisfied_under(policy, decision, self.desk.now_us)


Verdicts.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestVerdicts = Verdicts.TestCase
