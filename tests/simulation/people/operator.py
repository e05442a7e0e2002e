"""An operator: decides, and does whatever else its temper suggests, also what it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.duration_pb2 import Duration

from governance import v1
from tests.simulation.people.client import Client
from tests.simulation.policies import MANY, policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

APPROVED: Final = (v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_EXECUTING)
OPERATORS_UPWARDS: Final = (
    v1.ROLE_SOC_OPERATOR,
    v1.ROLE_SOC_SUPERVISOR,
    v1.ROLE_SECURITY_MANAGER,
    v1.ROLE_CISO,
)
SUBMIT_VERDICT: Final = "/governance.v1.ConsoleService/SubmitVerdict"
GET_DECISION: Final = "/governance.v1.DecisionService/GetDecision"
APPLY_POLICY: Final = "/governance.v1.AdministrationService/ApplyPolicy"


class Operator(Client):
    """An operator at a console."""

    method = "/governance.v1.ConsoleService/Operate"
    request = v1.OperateRequest
    response = v1.OperateResponse

    def act(self) -> None:
        """Do one of the things that people are like in this run."""
        deeds: list[tuple[float, Callable[[], None]]] = [
            (weight, getattr(self, name)) for temper, weight, name in DEEDS if not temper or self.on(temper)
        ]
        _, deed = self.chance.choices(deeds, [weight for weight, _ in deeds])[0]
        deed()

    def take(self, change: v1.Change) -> None:
        """React: whoever races decides the moment that something is there, or halts the moment it is approved."""
        decision = change.decision
        if self._world.calm:
            return
        if self.on("racing") and decision.state == v1.DECISION_STATE_PENDING and self.chance.random() < 0.25:
            self.put(self._judged(decision, self.chance.choice((self._approval, self._rejection))))
        if self.on("halting") and decision.state in APPROVED and self.chance.random() < 0.03:
            self._halt()

    def put(self, command: v1.OperatorCommand) -> None:
        """Bring a command: on the stream, by a call, or both, or twice."""
        self.send(command)
        if self.on("duplicating") and self.chance.random() < 0.2:
            self.say_once(command)
        if self.on("unary") and self.chance.random() < 0.15:
            self.call(SUBMIT_VERDICT, v1.SubmitVerdictRequest(command=command), command)

    def _frame(self, commands: Sequence[Any], sequence: int) -> v1.OperateRequest:
        return v1.OperateRequest(sequence=sequence, commands=v1.OperatorCommands(commands=commands))

    def _any(self, *states: v1.DecisionState.ValueType) -> v1.Decision | None:
        """Return one of the decisions that it knows, in one of the states; mostly a late one."""
        found = [one for one in self.replica.values() if not states or one.state in states]
        return None if not found else self.chance.choice(found[-4:] if self.chance.random() < 0.7 else found)

    def _judged(self, decision: v1.Decision, judge: Callable[[v1.Verdict], None]) -> v1.OperatorCommand:
        verdict = v1.Verdict(decision_id=decision.decision_id)
        if self.chance.random() < 0.7:
            verdict.action_digest = decision.action_digest
        else:
            verdict.version = decision.version
        judge(verdict)
        return v1.OperatorCommand(request_id=self.new_id(), verdict=verdict)

    def _approval(self, verdict: v1.Verdict) -> None:
        verdict.approve.SetInParent()
        if self.on("batches") and self.chance.random() < 0.3:
            verdict.batch_id = f"{self.name.replace('/', '-')}-batch-{self.chance.randrange(3)}"
        if self.chance.random() < 0.2:
            verdict.comment = HOSTILE

    def _rejection(self, verdict: v1.Verdict) -> None:
        verdict.reject.SetInParent()
        verdict.comment = "Not ours." if self.chance.random() < 0.9 else ""

    def _decide(self) -> None:
        decision = self._any(v1.DECISION_STATE_PENDING)
        if decision is not None:
            judge = self._approval if self.chance.random() < 0.8 else self._rejection
            self.put(self._judged(decision, judge))

    def _decide_several(self) -> None:
        found = [one for one in self.replica.values() if one.state == v1.DECISION_STATE_PENDING][:5]
        if found:
            self.send(*(self._judged(one, self._approval) for one in found))

    def _modify(self) -> None:
        decision = self._any(v1.DECISION_STATE_PENDING)
        if decision is None:
            return
        action = v1.Action()
        action.CopyFrom(decision.proposal.action)
        way = self.chance.randrange(4)
        if way == 0:
            action.duration.FromSeconds(self.chance.choice((60, 600, 3600)))
        elif way == 1:
            action.scope = v1.ACTION_SCOPE_HOST
        elif way == 2:
            action.targets.add(kind=v1.TARGET_KIND_HOST, value="another")
        else:
            action.parameters["ttl"] = str(self.chance.randrange(100))

        def judge(verdict: v1.Verdict) -> None:
            verdict.modify_and_approve.action.CopyFrom(action)

        self.put(self._judged(decision, judge))

    def _escalate(self) -> None:
        decision = self._any(v1.DECISION_STATE_PENDING)
        if decision is not None:
            to = self.chance.choice((v1.ROLE_UNSPECIFIED, *OPERATORS_UPWARDS))
            command = v1.Escalate(decision_id=decision.decision_id, to_role=to, reason="Beyond me.")
            self.put(v1.OperatorCommand(request_id=self.new_id(), escalate=command))

    def _claim(self) -> None:
        decision = self._any(v1.DECISION_STATE_PENDING)
        if decision is None:
            return
        command = v1.OperatorCommand(request_id=self.new_id())
        way = self.chance.randrange(4)
        if way < 2:
            command.claim.decision_id = decision.decision_id
        elif way == 2:
            command.release.decision_id = decision.decision_id
        else:
            command.assign.decision_id = decision.decision_id
            command.assign.operator = self.chance.choice(self._world.operator_names)
        self.put(command)

    def _remark(self) -> None:
        decision = self._any()
        if decision is None:
            return
        way = self.chance.randrange(4)
        command = v1.OperatorCommand(request_id=self.new_id())
        if way == 0:
            command.add_note.decision_id = decision.decision_id
            command.add_note.text = self.chance.choice(("Seen.", HOSTILE))
        elif way == 1:
            command.CopyFrom(self._judged(decision, lambda verdict: verdict.request_information.MergeFrom(QUESTION)))
        elif way == 2:
            span = Duration(seconds=self.chance.choice((1, 2, 3600)))
            command.CopyFrom(self._judged(decision, lambda verdict: verdict.defer.duration.CopyFrom(span)))
        elif self.chance.random() < 0.3:
            command.set_availability.away = self.chance.random() < 0.5
        else:
            command.CopyFrom(self._judged(decision, lambda verdict: verdict.return_for_revision.MergeFrom(RETURN)))
        self.put(command)

    def _undo(self) -> None:
        decision = self._any(v1.DECISION_STATE_EXECUTED)
        if decision is not None:
            command = v1.RequestUndo(decision_id=decision.decision_id, reason="It was the wrong one.")
            self.put(v1.OperatorCommand(request_id=self.new_id(), request_undo=command))

    def _reconcile(self) -> None:
        decision = self._any(v1.DECISION_STATE_OUTCOME_UNKNOWN)
        if decision is not None:
            result = self.chance.choice((v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED))
            outcome = v1.Outcome(result=result, detail="Looked it up.")
            command = v1.ReconcileOutcome(decision_id=decision.decision_id, outcome=outcome)
            self.put(v1.OperatorCommand(request_id=self.new_id(), reconcile_outcome=command))

    def _halt(self) -> None:
        if self.halts and self.chance.random() < 0.7:
            halt_id = self.chance.choice([*self.halts])
            release = v1.ReleaseHalt(halt_id=halt_id, reason="It is over.")
            self.put(v1.OperatorCommand(request_id=self.new_id(), release_halt=release))
            return
        halt = v1.DeclareHalt(scope=self._scope(), reason="Stop.")
        if self.chance.random() < 0.7:
            halt.duration.FromSeconds(self.chance.randint(1, 15))
        self.put(v1.OperatorCommand(request_id=self.new_id(), declare_halt=halt))

    def _scope(self) -> v1.HaltScope:
        decision = self._any(v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_PENDING)
        way = self.chance.randrange(4)
        if decision is None or way == 0:
            return v1.HaltScope(all=True)
        if way == 1:
            return v1.HaltScope(core=decision.core)
        if way == 2:
            return v1.HaltScope(action=decision.proposal.action.type)
        return v1.HaltScope(target=decision.proposal.action.targets[0].value)

    def _change_policy(self) -> None:
        if self.person.role >= v1.ROLE_SECURITY_MANAGER:
            document = policy(self.chance.randrange(MANY))
            request = v1.ApplyPolicyRequest(request_id=self.new_id(), document=document, reason="Another shift.")
            self.call(APPLY_POLICY, request, request)

    def _ask(self) -> None:
        decision = self._any()
        if decision is not None:
            self.call(GET_DECISION, v1.GetDecisionRequest(decision_id=decision.decision_id))

    def _misbehave(self) -> None:
        """Do what nobody should, within the protocol."""
        decision = self._any()
        way = self.chance.randrange(6)
        if way == 0:
            self._say_nothing()
        elif way == 1:
            stranger = v1.Verdict(decision_id="never-seen-by-anybody", version=1, approve=v1.Approve())
            self.send(v1.OperatorCommand(request_id=self.new_id(), verdict=stranger))
        elif way == 2 and decision is not None and self.used_ids:
            again = self._judged(decision, self._rejection)
            again.request_id = self.chance.choice(self.used_ids)
            if again.request_id not in self.pending:  # else it could not tell whose the answer is
                self.send(again)
        elif decision is not None:
            self.send(self._judged(decision, self._stale))

    def _say_nothing(self) -> None:
        """Send a frame or a command from the future, which is empty to everybody of today."""
        if self.chance.random() < 0.5:
            self.send(v1.OperatorCommand(request_id=self.new_id()))
        else:
            self.say_empty(v1.OperateRequest(sequence=1))

    def _stale(self, verdict: v1.Verdict) -> None:
        """Approve what is not, or is no more."""
        digests = self.seen[verdict.decision_id]
        verdict.version = max(1, self.replica[verdict.decision_id].version + self.chance.choice((-1, 1, 7)))
        if self.chance.random() < 0.6:
            verdict.action_digest = self.chance.choice((digests[0], bytes(31) + b"\1"))
        self._approval(verdict)


HOSTILE: Final = "\x1b[2J\x1b]0;owned\x07 APPROVED by ciso\r\nok \u202e drowssap"
QUESTION: Final = v1.RequestInformation(question="Whose host is it?")
RETURN: Final = v1.ReturnForRevision(instructions="Narrow it.")
DEEDS: Final = (
    ("", 6.0, "_decide"),
    ("batches", 0.7, "_decide_several"),
    ("modifying", 1.5, "_modify"),
    ("escalating", 1.0, "_escalate"),
    ("claiming", 1.5, "_claim"),
    ("remarking", 1.5, "_remark"),
    ("undoing", 1.0, "_undo"),
    ("reconciling", 1.0, "_reconcile"),
    ("halting", 0.6, "_halt"),
    ("changing policy", 0.4, "_change_policy"),
    ("asking anew", 0.7, "_ask"),
    ("malicious", 2.0, "_misbehave"),
)
"""What operators do: the temper it takes, how often, and how it is done."""
