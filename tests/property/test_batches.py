"""No sequence of verdicts decides more in one batch than the policy lets it, or approves what was not read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.house import House
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.engine.batch import Batch
from governance_server.engine.deliberation import Deliberation, Known
from governance_server.engine.memory import Memory
from governance_server.engine.rates import Rates
from governance_server.engine.requests import request_of
from tests.support.clock import CountedEntropy
from tests.unit.deciding import ALICE, CISO, CORE, MINUTE_US, NOON_US, by_risk, critical_proposal, proposal
from tests.unit.verdicts import action, wide_proposal

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATORS = (ALICE, CISO)
PROPOSALS: dict[str, Callable[[], v1.Proposal]] = {
    "plain": proposal,
    "wide": wide_proposal,
    "critical": critical_proposal,
}
JUDGEMENTS = ("approve", "reject", "modify")
SMALL = replace(DEFAULT_POLICY, batch_decisions=3)
LITTLE = replace(DEFAULT_POLICY, batch_score=0.8)
READ = replace(SMALL, reading_s=by_risk(0, 10, 10, 60), batch_decisions=1)
GRAVE = replace(SMALL, risk_from=by_risk(0.0, 0.01, 0.02, 0.03))
POLICIES = (SMALL, LITTLE, READ, GRAVE, replace(DEFAULT_POLICY, operator_requests_per_minute=5))
APART = v1.REFUSAL_REASON_NOT_IN_BATCH
LATE = v1.REFUSAL_REASON_READ_TOO_SHORTLY


class Verdict(NamedTuple):
    """A verdict as it is about to be given."""

    number: int
    operator: v1.Actor
    judgement: str
    batch_id: str
    read_s: int | None


verdicts = st.builds(
    Verdict,
    number=st.integers(0, 30),
    operator=st.sampled_from(OPERATORS),
    judgement=st.sampled_from(JUDGEMENTS),
    batch_id=st.sampled_from(("", "b-1", "b-1", "b-2")),
    read_s=st.sampled_from((None, 0, 9, 10, 60)),
)


class Batches(RuleBasedStateMachine):
    """Many decisions, two operators who decide them alone and along with others, and policies that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.memory.house = House(policy=SMALL)
        self.rates = Rates()
        self.entropy = CountedEntropy()
        self.now_us = NOON_US
        self.requests = 0
        self.accepted: dict[tuple[str, str], list[float]] = {}

    def deliberate(self, *commands: Command) -> list[tuple[v1.Receipt, v1.Entry | None]]:
        """Decide commands in one transaction, take over what it made, and return each receipt with its entry."""
        batch = Batch(self.memory.head, self.now_us, self.entropy, self.memory.house)
        deliberation = Deliberation(batch, self.memory, Known({}, {}, {}), self.rates, {})
        receipts = [deliberation.rule(request_of(command)) for command in commands]
        appendage = batch.appendage()
        entries = [] if appendage is None else [v1.Entry.FromString(record.entry) for record in appendage.records]
        by_request = {entry.request_id: entry for entry in entries}
        for changed in batch.changed():
            self.memory.take_over(changed.row)
        self.memory.head, self.memory.house = batch.head, batch.house
        return [(receipt, by_request.get(receipt.request_id)) for receipt in receipts]

    @rule(kinds=st.lists(st.sampled_from(("plain", "plain", "wide", "critical")), min_size=1, max_size=6))
    def propose(self, kinds: list[str]) -> None:
        commands = []
        for kind in kinds:
            self.requests += 1
            made = PROPOSALS[kind]()
            made.decision_id = f"decision-{self.requests}"
            made.action.targets[0].value = f"198.51.100.{self.requests}"
            commands.append(Command(CORE, v1.CoreCommand(proposal=made)))
        self.deliberate(*commands)

    @rule(given=st.lists(verdicts, min_size=1, max_size=8))
    def judge(self, given: list[Verdict]) -> None:
        """Give some verdicts in one frame."""
        opened = list(self.memory.open.values())
        if not opened:
            return
        about = [(verdict, opened[verdict.number % len(opened)]) for verdict in given]
        answers = self.deliberate(*(self.command(verdict, decision) for verdict, decision in about))
        for (verdict, decision), (receipt, entry) in zip(about, answers, strict=True):
            if receipt.HasField("accepted"):
                assert entry is not None
                self.check_accepted(verdict, decision, entry)
            else:
                self.check_refused(verdict, receipt.refused)

    @rule(operator=st.sampled_from(OPERATORS), reject=st.booleans())
    def judge_all(self, operator: v1.Actor, reject: bool) -> None:
        """Give one verdict on everything that waits, as one batch."""
        judgement = "reject" if reject else "approve"
        self.judge([Verdict(number, operator, judgement, "b-1", 60) for number in range(len(self.memory.open))])

    def command(self, verdict: Verdict, decision: v1.Decision) -> Command:
        self.requests += 1
        made = v1.Verdict(
            decision_id=decision.decision_id, action_digest=decision.action_digest, batch_id=verdict.batch_id
        )
        if verdict.judgement == "approve":
            made.approve.SetInParent()
        elif verdict.judgement == "reject":
            made.reject.SetInParent()
            made.comment = "because"
        else:
            made.batch_id = ""  # as the edge has it
            other = action(f"203.0.113.{self.requests % 256}", scope=v1.ACTION_SCOPE_GLOBAL)
            made.modify_and_approve.action.CopyFrom(other)
        if verdict.read_s is not None:
            made.presentation.rendering_digest, made.presentation.version = bytes(32), decision.version
            made.presentation.reading.seconds = verdict.read_s
        return Command(verdict.operator, v1.OperatorCommand(request_id=f"r-{self.requests}", verdict=made))

    def check_accepted(self, verdict: Verdict, decision: v1.Decision, entry: v1.Entry) -> None:
        """Hold what took effect to the caps and to the reading time, and its entry to what was said."""
        policy = self.memory.house.policy
        assert entry.HasField("presentation") == (verdict.read_s is not None)
        assert entry.presentation.reading.seconds == (verdict.read_s or 0)
        if verdict.judgement != "reject":
            least_s = policy.reading_s[decision.assessment.risk]
            assert (verdict.read_s or 0) >= least_s, "approved unread"
        if not verdict.batch_id or verdict.judgement == "modify":
            assert not entry.batch_id
            return
        assert entry.batch_id == verdict.batch_id
        assert decision.assessment.risk != v1.RISK_LEVEL_CRITICAL, "what is critical rides along"
        if policy is GRAVE:
            assert verdict.judgement == "reject", "what is critical by now rides along"
        scores = self.accepted.setdefault((verdict.operator.name, verdict.batch_id), [])
        scores.append(decision.assessment.score)
        assert len(scores) <= policy.batch_decisions, "more than the policy lets be decided at once"
        assert sum(scores) <= policy.batch_score + 1e-9, "more risk than the policy lets be decided at once"

    def check_refused(self, verdict: Verdict, refusal: v1.Refusal) -> None:
        """Hold a refusal to its reason: what stands alone is out of no batch, and to reject takes no time."""
        assert refusal.reason != APART or (verdict.batch_id and verdict.judgement != "modify")
        assert refusal.reason != LATE or verdict.judgement != "reject"
        assert refusal.reason != v1.REFUSAL_REASON_RATE_LIMITED or verdict.judgement != "reject"

    @rule(which=st.integers(0, len(POLICIES) - 1))
    def apply_policy(self, which: int) -> None:
        self.memory.house = replace(self.memory.house, policy=POLICIES[which])

    @rule()
    def restart(self) -> None:
        """Begin again: what was counted is forgotten."""
        self.rates = Rates()
        self.accepted.clear()

    @rule(span_us=st.integers(0, 5 * MINUTE_US))
    def wait(self, span_us: int) -> None:
        self.now_us += span_us


Batches.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestBatches = Batches.TestCase
