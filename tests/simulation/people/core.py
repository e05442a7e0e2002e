"""A core: proposes, takes on orders as the SDK does, executes, reports, and dies in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance_client.digest import action_digest
from tests.simulation.history import Executed
from tests.simulation.people.client import Client
from tests.support.alerts import ACCOUNT, BEACON, GUESSING, MALWARE, SCAN, WIPING, alert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.history import Person
    from tests.simulation.world import World

KINDS: Final = (SCAN, SCAN, GUESSING, BEACON, MALWARE, ACCOUNT, WIPING)
CONFIDENCES: Final = (0.5, 0.7, 0.85, 0.92, 0.97, 1.0)
TARGETS: Final = 12
"""So few that the same is proposed again while it is open."""
SUBMIT_DECISION: Final = "/governance.v1.DecisionService/SubmitDecision"
CANCEL_DECISION: Final = "/governance.v1.DecisionService/CancelDecision"
GET_DECISION: Final = "/governance.v1.DecisionService/GetDecision"


@dataclass(slots=True)
class Step:
    """How far an instance has come with an order, as its journal has it: it outlives the instance's death.

    Attributes:
        decision_id: The decision.
        digest: What it gives leave for.
        stage: "intended", "executing", "outcome" or "done".
        request_id: Under which id it was accepted, and from "outcome" on reported.
        result: What came of it.
        accepted_at: The offset of its acceptance; 0 before.
    """

    decision_id: str
    digest: bytes
    stage: str
    request_id: str
    result: v1.OutcomeResult.ValueType = v1.OUTCOME_RESULT_UNSPECIFIED
    accepted_at: int = 0


class Core(Client):
    """One instance of a core."""

    method = "/governance.v1.DecisionService/Propose"
    request = v1.ProposeRequest
    response = v1.ProposeResponse

    def __init__(self, world: World, name: str, person: Person) -> None:
        super().__init__(world, name, person)
        self._journal: dict[str, Step] = {}
        self._life = 0
        self._lazy = self.chance.random() < 0.15

    def act(self) -> None:
        """Propose mostly; now and then something else."""
        way = self.chance.random()
        if way < 0.6:
            self._propose()
        elif way < 0.7 and self.on("withdrawing"):
            self._withdraw()
        elif way < 0.8 and self.on("malicious"):
            self._misbehave()
        elif way < 0.84 and self.on("dying cores"):
            self._die()
        elif way < 0.9 and self.on("asking anew") and self.replica:
            decision_id = self.chance.choice([*self.replica])
            self.call(GET_DECISION, v1.GetDecisionRequest(decision_id=decision_id))

    def _frame(self, commands: Sequence[Any], sequence: int) -> v1.ProposeRequest:
        return v1.ProposeRequest(sequence=sequence, commands=v1.CoreCommands(commands=commands))

    def _propose(self, reverses: str = "") -> None:
        command = v1.CoreCommand(proposal=self._proposal(reverses))
        if self.on("unary") and self.chance.random() < 0.2:
            self.call(SUBMIT_DECISION, v1.SubmitDecisionRequest(proposal=command.proposal), command)
            if self.chance.random() < 0.5:
                return
        self.send(command)
        if self.on("duplicating") and self.chance.random() < 0.2:
            self.say_once(command)

    def _proposal(self, reverses: str = "") -> v1.Proposal:
        kind = self.chance.choice(KINDS)
        target = f"target-{self.chance.randrange(TARGETS)}"
        proposal = alert(self.new_id(), kind, target, confidence=self.chance.choice(CONFIDENCES))
        proposal.reverses = reverses
        return proposal

    def _withdraw(self) -> None:
        found = [one.decision_id for one in self.replica.values() if one.state in WITHDRAWABLE]
        if not found:
            return
        cancel = v1.Cancel(decision_id=self.chance.choice(found), reason="Seen to be harmless.")
        command = v1.CoreCommand(request_id=self.new_id(), cancel=cancel)
        if self.on("unary") and self.chance.random() < 0.3:
            request = v1.CancelDecisionRequest(request_id=command.request_id, cancel=cancel)
            self.call(CANCEL_DECISION, request, command)
        else:
            self.send(command)

    def _misbehave(self) -> None:
        """Do what no core should, within the protocol."""
        way = self.chance.randrange(6)
        ordered = [one for one in self.replica.values() if one.state == v1.DECISION_STATE_APPROVED and not one.held]
        own = ordered and self.chance.random() < 0.5
        foreign = self.chance.choice(ordered) if own else self._world.any_decision(self.chance)
        if way == 0:
            self.say_empty(v1.ProposeRequest(sequence=1))
        elif way == 1:
            self.send(v1.CoreCommand(request_id=self.new_id()))
        elif way == 2 and self.used_ids:
            proposal = self._proposal()
            proposal.decision_id = self.chance.choice(self.used_ids)
            if proposal.decision_id not in self.pending:
                self.send(v1.CoreCommand(proposal=proposal))
        elif foreign is not None:
            self.send(self._on_anothers(foreign))

    def _on_anothers(self, decision: v1.Decision) -> v1.CoreCommand:
        """Return a command about a decision that may be another core's, or about its order."""
        command = v1.CoreCommand(request_id=self.new_id())
        order_id = decision.order.order_id or f"{decision.decision_id}/1"
        way = self.chance.randrange(5)
        if way == 1:
            return self._for_another_action(decision, order_id)
        if way == 0:
            command.cancel.decision_id = decision.decision_id
        elif way == 2:
            command.report_order.decision_id = decision.decision_id
            command.report_order.order_id = order_id
            command.report_order.action_digest = decision.action_digest
            command.report_order.outcome.result = v1.OUTCOME_RESULT_FAILED
        elif way == 3:
            command.provide_information.decision_id = decision.decision_id
            command.provide_information.evidence.reasoning = "Nobody asked."
        else:
            proposal = self._proposal()
            proposal.decision_id = decision.decision_id
            if proposal.decision_id in self.pending:
                return command
            return v1.CoreCommand(proposal=proposal)
        return command

    def _for_another_action(self, decision: v1.Decision, order_id: str) -> v1.CoreCommand:
        """Return the acceptance of an order for another action than it is for."""
        acceptance = self._acceptance(decision.decision_id, order_id, bytes(31) + b"\2")
        return v1.CoreCommand(request_id=self.new_id(), accept_order=acceptance)

    def _die(self) -> None:
        """Forget everything but the journal, and begin again."""
        self._life += 1
        self._world.coverage["cores that died"] += 1
        self.start_anew()

    def _begin(self, hello: v1.ServerHello) -> None:
        super()._begin(hello)
        for order_id, step in self._journal.items():
            if step.stage in ("intended", "outcome"):
                self.pending[step.request_id] = self._command(order_id, step)

    def take(self, change: v1.Change) -> None:
        """React to what is new: orders, questions, and wishes to have something undone."""
        decision = change.decision
        if self._world.calm:
            return
        if decision.state == v1.DECISION_STATE_APPROVED and decision.order.order_id:
            self._consider(decision)
        if any(not one.HasField("answered_at") for one in decision.inquiries) and self.chance.random() < 0.5:
            answer = v1.ProvideInformation(decision_id=decision.decision_id)
            answer.evidence.reasoning = "The mail relay's."
            self.send(v1.CoreCommand(request_id=self.new_id(), provide_information=answer))
        if decision.HasField("undo_requested") and not decision.reversed_by and self.chance.random() < 0.7:
            self._propose(reverses=decision.decision_id)

    def _consider(self, decision: v1.Decision) -> None:
        """Take on an order, unless a halt covers it or it is left to lapse."""
        order = decision.order
        if order.accepted_by or order.order_id in self._journal or self._holds(decision):
            return
        if self._lazy or self.chance.random() < 0.1:
            if self.on("malicious"):
                self.send(self._for_another_action(decision, order.order_id))
            return
        if not action_digest(decision.proposal.action) == order.action_digest == decision.action_digest:
            return
        step = Step(decision.decision_id, order.action_digest, "intended", self.new_id())
        self._journal[order.order_id] = step
        self.send(self._command(order.order_id, step))

    def _holds(self, decision: v1.Decision) -> bool:
        return any(_covers(halt.scope, decision) for halt in self.halts.values())

    def _command(self, order_id: str, step: Step) -> v1.CoreCommand:
        """Return what the journal says has to be said."""
        command = v1.CoreCommand(request_id=step.request_id)
        if step.stage == "intended":
            command.accept_order.MergeFrom(self._acceptance(step.decision_id, order_id, step.digest))
            return command
        report = command.report_order
        report.decision_id, report.order_id, report.action_digest = step.decision_id, order_id, step.digest
        report.outcome.result = step.result
        return command

    def _acceptance(self, decision_id: str, order_id: str, digest: bytes) -> v1.AcceptOrder:
        return v1.AcceptOrder(decision_id=decision_id, order_id=order_id, action_digest=digest, instance=self.instance)

    def answered(self, receipt: v1.Receipt, command: Any) -> None:
        """Go on with an order, once its acceptance or its report is answered."""
        order_id = command.accept_order.order_id or command.report_order.order_id
        step = self._journal.get(order_id)
        if step is None or step.request_id != receipt.request_id:
            return
        if step.stage == "outcome" or not receipt.HasField("accepted"):
            step.stage = "done"
        elif step.stage == "intended":
            step.accepted_at = receipt.accepted.offset

    def told(self) -> None:
        """Execute what was accepted, once it is known how the decision stands by then."""
        for order_id, step in self._journal.items():
            if step.stage == "intended" and 0 < step.accepted_at <= self.offset:
                self._execute(order_id, step)

    def _execute(self, order_id: str, step: Step) -> None:
        decision, world = self.replica.get(step.decision_id), self._world
        if decision is None or not self._stands(decision, order_id, step):
            self._conclude(order_id, step, v1.OUTCOME_RESULT_FAILED)
            return
        step.stage = "executing"
        world.note(Executed(world.now_us, self.name, step.decision_id, order_id, decision.proposal.action))
        life, span_s = self._life, self.chance.expovariate(1.0) * world.scenario.pace_s * 2
        world.later(span_s, lambda: self._executed(order_id, step, life))

    def _stands(self, decision: v1.Decision, order_id: str, step: Step) -> bool:
        order = decision.order
        return (
            decision.state == v1.DECISION_STATE_EXECUTING
            and order.order_id == order_id
            and order.accepted_by == self.instance
            and action_digest(decision.proposal.action) == order.action_digest == step.digest
            and not self._holds(decision)
        )

    def _executed(self, order_id: str, step: Step, life: int) -> None:
        if step.stage != "executing":
            return
        died = life != self._life
        result = self.chance.choices(RESULTS, (6, 2, 1))[0]
        self._conclude(order_id, step, v1.OUTCOME_RESULT_UNKNOWN if died else result)

    def _conclude(self, order_id: str, step: Step, result: v1.OutcomeResult.ValueType) -> None:
        step.stage, step.result, step.request_id = "outcome", result, self.new_id()
        self.send(self._command(order_id, step))


RESULTS: Final = (v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED, v1.OUTCOME_RESULT_UNKNOWN)
WITHDRAWABLE: Final = (v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_EXECUTING)


def _covers(scope: v1.HaltScope, decision: v1.Decision) -> bool:
    kind = scope.WhichOneof("scope")
    return (
        kind == "all"
        or (kind == "core" and scope.core == decision.core)
        or (kind == "action" and scope.action == decision.proposal.action.type)
        or (kind == "target" and any(target.value == scope.target for target in decision.proposal.action.targets))
    )
