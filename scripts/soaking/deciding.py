"""Deciders: operators who judge what waits, each what falls to it, by the fate of its number and as it stands now.

Nothing is kept of a decision between two of its changes, so that a decider that was away goes on where it has to.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration

from governance import v1
from soaking.proposals import Doing, Fate, chance_of, doing_of, fate_of, number_of
from soaking.tally import JUDGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soaking.hub import Hub
    from soaking.line import Line, Sent

_DURATION_S: Final = 3600
"""A modification narrows the action to so long."""
_BATCH_RISK: Final = v1.RISK_LEVEL_MEDIUM
"""Up to this risk approvals of one moment are given as a batch."""
_SHOWN: Final = bytes(range(32))
"""What consoles say was shown; any digest does."""


class Decider:
    """One operator who judges.

    Attributes:
        line: Its channel.
        role: Its role.
    """

    def __init__(self, hub: Hub, line: Line, role: v1.Role.ValueType) -> None:
        self._hub = hub
        self._colleagues: list[Decider] = []
        self._batch = (0.0, "")
        self.line = line
        self.role = role
        line.on_change = self._changed
        line.on_receipt = self._answered

    def work_with(self, colleagues: list[Decider]) -> None:
        """Share the work: the same list for all of them, in the same order."""
        self._colleagues = colleagues

    def _changed(self, change: v1.Change) -> None:
        decision = change.decision
        number = number_of(decision.decision_id)[1]
        if decision.state == v1.DECISION_STATE_PENDING:
            if self._falls_to_me(decision, number):
                self._judge(decision, number)
        elif decision.state == v1.DECISION_STATE_OUTCOME_UNKNOWN:
            if self._falls_to_me(decision, number):
                self._settle(decision)
        elif decision.state == v1.DECISION_STATE_EXECUTED:
            reported = "outcome_reported" in change.cause.events
            if reported and doing_of(number) is Doing.UNDO and self._falls_to_me(decision, number):
                undo = v1.RequestUndo(decision_id=decision.decision_id, reason="It was a printer.")
                self._send(v1.OperatorCommand(request_undo=undo))

    def _falls_to_me(self, decision: v1.Decision, number: int) -> bool:
        voted = {vote.actor.name for vote in decision.votes}
        able = [one for one in self._colleagues if one.role >= decision.tier and one.line.name not in voted]
        if not able:
            return False
        if decision.HasField("claim"):
            return decision.claim.operator == self.line.name
        place = (chance_of(number, 5) + len(voted)) % len(able)
        twice = fate_of(number) is Fate.TWICE
        return able[place] is self or (twice and able[(place + 1) % len(able)] is self)

    def _judge(self, decision: v1.Decision, number: int) -> None:
        _STEPS[fate_of(number)](self, decision)

    def approve(self, decision: v1.Decision) -> None:
        """Approve, along with others where several low ones come at once."""
        batch = self._batch_id() if decision.assessment.risk <= _BATCH_RISK else ""
        self._verdict(decision, approve=v1.Approve(), batch_id=batch)

    def reject(self, decision: v1.Decision) -> None:
        """Reject."""
        self._verdict(decision, reject=v1.Reject(), comment="The address is a partner's.")

    def hand_back(self, decision: v1.Decision) -> None:
        """Return it for revision."""
        revision = v1.ReturnForRevision(instructions="Name the asset's owner.")
        self._verdict(decision, return_for_revision=revision)

    def modify(self, decision: v1.Decision) -> None:
        """Narrow the action to an hour, unless somebody did."""
        if decision.modifications:
            self.approve(decision)
            return
        action = v1.Action()
        action.CopyFrom(decision.proposal.action)
        action.duration.seconds = _DURATION_S
        self._verdict(decision, modify_and_approve=v1.ModifyAndApprove(action=action))

    def escalate(self, decision: v1.Decision) -> None:
        """Send it up, unless it was."""
        if decision.tier > v1.ROLE_SOC_OPERATOR:
            self.approve(decision)
            return
        up = v1.Escalate(decision_id=decision.decision_id, reason="It is beyond me.")
        self._send(v1.OperatorCommand(escalate=up))

    def claim(self, decision: v1.Decision) -> None:
        """Claim it, note something, and approve it."""
        if not decision.HasField("claim"):
            self._send(v1.OperatorCommand(claim=v1.ClaimDecision(decision_id=decision.decision_id)))
        elif not decision.notes:
            note = v1.AddNote(decision_id=decision.decision_id, text="Called the owner; nobody answers.")
            self._send(v1.OperatorCommand(add_note=note))
        else:
            self.approve(decision)

    def ask(self, decision: v1.Decision) -> None:
        """Ask core, wait for the answer, and approve it."""
        if not decision.inquiries:
            question = v1.RequestInformation(question="Who else talks to it?")
            self._verdict(decision, request_information=question)
        elif decision.inquiries[0].HasField("answered_at"):
            self.approve(decision)

    def defer(self, decision: v1.Decision) -> None:
        """Set it aside once."""
        if decision.schedule.HasField("deferred_until"):
            self.approve(decision)
        else:
            self._verdict(decision, defer=v1.Defer(duration=Duration(seconds=1)))

    def leave(self, _decision: v1.Decision) -> None:
        """Do nothing about it."""

    def _settle(self, decision: v1.Decision) -> None:
        found = v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="The firewall has the rule.")
        settled = v1.ReconcileOutcome(decision_id=decision.decision_id, outcome=found)
        self._send(v1.OperatorCommand(reconcile_outcome=settled))

    def _batch_id(self) -> str:
        """Return the batch of this moment."""
        now = round(time.monotonic(), 1)
        if self._batch[0] != now:
            self._batch = (now, self.line.key())
        return self._batch[1]

    def _verdict(self, decision: v1.Decision, **judgement: object) -> None:
        verdict = v1.Verdict(
            decision_id=decision.decision_id,
            action_digest=decision.action_digest,
            presentation=v1.Presentation(
                rendering_digest=_SHOWN, version=decision.version, reading=Duration(seconds=7)
            ),
            **judgement,  # type: ignore[arg-type]  # the fields of a verdict
        )
        self._send(v1.OperatorCommand(verdict=verdict))

    def _send(self, command: v1.OperatorCommand) -> None:
        command.request_id = self.line.key()
        self.line.send(command)

    def _answered(self, receipt: v1.Receipt, sent: Sent) -> None:
        if sent.at:
            self._hub.tally.time(JUDGED, time.monotonic() - sent.at)
        command = sent.command
        if receipt.refused.reason == v1.REFUSAL_REASON_NOT_IN_BATCH:
            command.verdict.batch_id = ""
            self._send(command)
        elif receipt.refused.reason == v1.REFUSAL_REASON_ROLE_TOO_LOW and command.HasField("verdict"):
            up = v1.Escalate(decision_id=command.verdict.decision_id, reason="The policy has changed.")
            self._send(v1.OperatorCommand(escalate=up))


_STEPS: Final[Mapping[Fate, Callable[[Decider, v1.Decision], None]]] = {
    Fate.APPROVE: Decider.approve,
    Fate.TWICE: Decider.approve,
    Fate.REJECT: Decider.reject,
    Fate.RETURN: Decider.hand_back,
    Fate.MODIFY: Decider.modify,
    Fate.ESCALATE: Decider.escalate,
    Fate.CLAIM: Decider.claim,
    Fate.ASK: Decider.ask,
    Fate.DEFER: Decider.defer,
    Fate.WITHDRAW: Decider.leave,
    Fate.IGNORE: Decider.leave,
}
"""What a decider does next about a decision of a fate."""
