"""Settling: what became of an order that nobody reported on, and the reverse of one that was executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.judging import reason_required
from governance_server.domain.lifecycle import SETTLEMENTS, is_open
from governance_server.domain.refusal import below_tier, closed, not_found, refuse, unknown_command, wrong_caller

if TYPE_CHECKING:
    from governance_server.domain.command import Reversed, Ruling, State


def reconcile(state: State, actor: v1.Actor, command: v1.ReconcileOutcome, _now_us: int) -> Ruling:
    """Rule on settling an unknown outcome: by somebody who may decide it, with what was found."""
    decision = state.decision
    if decision is None:
        return not_found()
    refusal = _known(decision) or below_tier(decision, actor)
    if refusal is not None:
        return refusal
    result, evidence = command.outcome.result, command.outcome.detail
    if result not in SETTLEMENTS:
        return unknown_command()
    if not evidence.strip():
        return reason_required(decision, "Settling an outcome")
    reconciled = v1.OutcomeReconciled(order_id=decision.order.order_id, result=result)
    return Consequence((v1.Event(outcome_reconciled=reconciled),), v1.PersonalData(remark=evidence))


def request_undo(state: State, actor: v1.Actor, command: v1.RequestUndo, _now_us: int) -> Ruling:
    """Rule on asking core for the reverse. Every operator may: the reverse is a proposal, and judged as one."""
    decision = state.decision
    if decision is None:
        return not_found()
    if actor.role < state.house.policy.chain[0]:
        return wrong_caller("an operator", actor)
    refusal = nothing_to_undo(decision)
    if refusal is not None:
        return refusal
    if not command.reason.strip():
        return reason_required(decision, "Asking for an undo")
    return Consequence((v1.Event(undo_requested=v1.UndoRequested()),), v1.PersonalData(remark=command.reason))


def nothing_to_undo(decision: v1.Decision) -> v1.Refusal | None:
    """Refuse the reverse of what was not executed, or was reversed already; None where there is something to undo."""
    if decision.state != v1.DECISION_STATE_EXECUTED:
        sentence = "It was not executed, so there is nothing to undo."
    elif decision.reversed_by:
        sentence = f"Decision {decision.reversed_by} reverses it already."
    else:
        return None
    return refuse(v1.REFUSAL_REASON_NOTHING_TO_UNDO, f"{sentence} Nothing was changed.", decision)


def reversal_proposed(state: State, body: Reversed) -> Ruling:
    """Rule on noting that core proposed the reverse, which was found to be in order when it was proposed."""
    assert state.decision is not None
    assert nothing_to_undo(state.decision) is None
    return Consequence((v1.Event(reversal_proposed=v1.ReversalProposed(reversed_by=body.reversed_by)),))


def _known(decision: v1.Decision) -> v1.Refusal | None:
    if decision.state == v1.DECISION_STATE_OUTCOME_UNKNOWN:
        return None
    if not is_open(decision.state):
        ended = closed(decision, "finding")
        return refuse(v1.REFUSAL_REASON_OUTCOME_KNOWN, ended.message, decision)
    return refuse(
        v1.REFUSAL_REASON_OUTCOME_KNOWN,
        "Its outcome is not unknown: no order of it went unreported. Nothing was changed; nothing has to be settled.",
        decision,
    )
