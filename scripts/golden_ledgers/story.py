"""The stories that are lived: one in which everything happens that can, one that is long over."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration
from tests.support.halts import declaration, finding, releasing, undoing
from tests.support.messages import CORE

from golden_ledgers.life import CHIEF, DEPUTY, OPERATOR, RELIEF, SUPERVISOR
from governance import v1
from governance_server.domain.moment import SECOND_US

if TYPE_CHECKING:
    from golden_ledgers.life import Life

POLICY: Final = """\
[work]
assignment = "by_turns"

[privacy]
retention_days = 30

[limits]
operator_requests_per_minute = 0
proposals_per_hour = 0

# the same risk at every hour of the day
[risk.scales]
time_of_day_utc = [[0, 0.2]]
availability_utc = [[0, 0.9]]
"""
MINUTE_US: Final = 60 * SECOND_US
LONG_OVER: Final = 135
"""Decisions of two entries each: with them a whole tile of 256 entries is beyond its retention."""


async def everything(life: Life) -> str:
    """Live through everything that can happen to decisions and the house; return a decision to be forgotten."""
    executed = await _carry_out(life)
    await _talk(life)
    await _end_otherwise(life)
    await _decide_together(life)
    await _settle(life)
    await _halt(life)
    await _let_time_pass(life)
    await _keep_house(life)
    return executed


async def long_over(life: Life) -> None:
    """Live through many short decisions, and one that goes on until the end."""
    slow = await life.propose()
    for _ in range(LONG_OVER):
        await life.reject(OPERATOR, await life.propose())
    await life.wait(MINUTE_US)
    await life.do(CHIEF, v1.ApplyPolicyRequest(document=f"{POLICY}\n[sla]\ncritical_s = 60\n", reason="A drill."))
    await life.reject(SUPERVISOR, slow)
    await life.wait(MINUTE_US)


async def _carry_out(life: Life) -> str:
    """Have one approved with what its operator was shown, carried out, and its reverse asked for and rejected."""
    executed = await life.propose()
    shown = v1.Presentation(
        rendering_digest=hashlib.sha256(b"what the console showed\n").digest(),
        version=life.decision(executed).version,
        reading=Duration(seconds=7, nanos=250_000_000),
    )
    await life.verdict(OPERATOR, executed, v1.Verdict(approve=v1.Approve(), presentation=shown))
    await life.accept(executed)
    await life.report(executed, v1.OUTCOME_RESULT_EXECUTED)
    await life.do(RELIEF, undoing(executed))
    await life.reject(SUPERVISOR, await life.propose(reverses=executed))
    return executed


async def _talk(life: Life) -> None:
    """Have one handed around, asked about, put off, escalated, proposed again, and rejected."""
    name = await life.propose()
    await life.do(RELIEF, v1.OperatorCommand(claim=v1.ClaimDecision(decision_id=name)))
    await life.do(RELIEF, v1.OperatorCommand(release=v1.ReleaseDecision(decision_id=name)))
    assign = v1.AssignDecision(decision_id=name, operator=RELIEF.name)
    await life.do(SUPERVISOR, v1.OperatorCommand(assign=assign))
    await life.do(OPERATOR, v1.OperatorCommand(add_note=v1.AddNote(decision_id=name, text="Looks odd.")))
    question = v1.RequestInformation(question="Whose is it?")
    await life.verdict(RELIEF, name, v1.Verdict(request_information=question))
    answer = v1.ProvideInformation(decision_id=name, evidence=v1.Evidence(reasoning="A printer's."))
    await life.do(CORE, v1.CoreCommand(provide_information=answer))
    await life.verdict(RELIEF, name, v1.Verdict(defer=v1.Defer(duration=Duration(seconds=60))))
    escalate = v1.Escalate(decision_id=name, to_role=v1.ROLE_SOC_SUPERVISOR, reason="Not mine.")
    await life.do(RELIEF, v1.OperatorCommand(escalate=escalate))
    await life.propose_again(name)
    await life.reject(SUPERVISOR, name)
    await life.do(OPERATOR, v1.OperatorCommand(add_note=v1.AddNote(decision_id=name, text="Agreed.")))


async def _end_otherwise(life: Life) -> None:
    """Have one returned, one withdrawn, and two rejected as a batch."""
    returned = await life.propose()
    instructions = v1.ReturnForRevision(instructions="Name the interface.")
    await life.verdict(OPERATOR, returned, v1.Verdict(return_for_revision=instructions))
    cancelled = await life.propose()
    await life.do(CORE, v1.CoreCommand(cancel=v1.Cancel(decision_id=cancelled, reason="Over.")))
    for name in [await life.propose(), await life.propose()]:
        await life.verdict(OPERATOR, name, v1.Verdict(reject=v1.Reject(), batch_id="batch-1", comment="Our scanner."))


async def _decide_together(life: Life) -> None:
    """Have one that takes two people modified after a vote, approved, and failed."""
    name = await life.propose(critical=True)
    await life.approve(CHIEF, name)
    narrower = v1.Action()
    narrower.CopyFrom(life.decision(name).proposal.action)
    narrower.scope = v1.ACTION_SCOPE_HOST
    await life.verdict(CHIEF, name, v1.Verdict(modify_and_approve=v1.ModifyAndApprove(action=narrower)))
    await life.approve(DEPUTY, name)
    await life.accept(name)
    await life.report(name, v1.OUTCOME_RESULT_FAILED)


async def _settle(life: Life) -> None:
    """Have one approved by the policy, of unknown outcome, and settled."""
    name = await life.propose(confidence=0.99)
    await life.accept(name)
    await life.report(name, v1.OUTCOME_RESULT_UNKNOWN)
    await life.do(OPERATOR, finding(name, v1.OUTCOME_RESULT_EXECUTED))


async def _halt(life: Life) -> None:
    """Have an order withdrawn and one held by a halt that two people release; and a halt run out."""
    waiting = await life.propose()
    await life.approve(OPERATOR, waiting)
    await life.do(SUPERVISOR, declaration())
    held = await life.propose()
    await life.approve(OPERATOR, held)
    (halt,) = life.governor.house.halts
    await life.do(SUPERVISOR, releasing(halt))
    await life.do(CHIEF, releasing(halt))
    await life.accept(held)
    await life.report(held, v1.OUTCOME_RESULT_EXECUTED)
    await life.do(SUPERVISOR, declaration(v1.HaltScope(target="192.0.2.99"), for_s=60))
    await life.wait(2 * MINUTE_US)
    assert not life.governor.house.halts


async def _let_time_pass(life: Life) -> None:
    """Have a claim run out, one go all the way up and lapse, and one of which core says nothing for too long."""
    claimed = await life.propose()
    await life.do(OPERATOR, v1.OperatorCommand(claim=v1.ClaimDecision(decision_id=claimed)))
    silent = await life.propose()
    await life.approve(RELIEF, silent)
    await life.accept(silent)
    there, life.there = life.there, {}
    await life.propose(critical=True)
    await life.wait(20 * 60 * MINUTE_US)
    await life.report(silent, v1.OUTCOME_RESULT_EXECUTED)
    assert not life.governor.open_decisions
    life.there = there


async def _keep_house(life: Life) -> None:
    """Have an operator leave, and another policy applied; one decision stays open."""
    await life.do(RELIEF, v1.OperatorCommand(set_availability=v1.SetAvailability(away=True)))
    await life.do(CHIEF, v1.ApplyPolicyRequest(document=f"{POLICY}\n[sla]\ncritical_s = 60\n", reason="A drill."))
    await life.propose(critical=True)
    await life.wait(SECOND_US)
