"""Asking: core's answers to what operators asked it, and what people note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.judging import reason_required, unanswered
from governance_server.domain.refusal import below_tier, crowded, not_found, refuse, wrong_caller
from governance_server.domain.visibility import owns

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State


def provide_information(state: State, actor: v1.Actor, command: v1.ProvideInformation, _now_us: int) -> Ruling:
    """Rule on core's answer. It answers everything that is open, and moves no deadline."""
    decision = state.decision
    if decision is None or not owns(decision, actor):
        return not_found()
    refusal = unanswered(decision, "answer")
    if refusal is not None:
        return refusal
    if all(inquiry.HasField("answered_at") for inquiry in decision.inquiries):
        return refuse(
            v1.REFUSAL_REASON_NOTHING_ASKED,
            "Nobody waits for an answer about this decision. Nothing was changed; answer when you are asked.",
            decision,
        )
    provided = v1.Event(information_provided=v1.InformationProvided())
    return Consequence((provided,), v1.PersonalData(evidence=command.evidence))


def add_note(state: State, actor: v1.Actor, command: v1.AddNote, _now_us: int) -> Ruling:
    """Rule on a note: any operator may make one, before and after the end."""
    decision = state.decision
    if decision is None:
        return not_found()
    if actor.role < v1.ROLE_SOC_OPERATOR:
        return wrong_caller("an operator", actor)
    if "comment" not in state.house.policy.below_tier_may and (refusal := below_tier(decision, actor)) is not None:
        return refusal
    if not command.text.strip():
        return reason_required(decision, "A note", "a text")
    full = crowded(decision, "notes")
    if full is not None:
        return full
    return Consequence((v1.Event(note_added=v1.NoteAdded()),), v1.PersonalData(remark=command.text))
