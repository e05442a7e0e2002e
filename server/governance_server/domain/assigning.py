"""Assigning: who is to decide, who could, and who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.domain.refusal import not_offered

if TYPE_CHECKING:
    from governance import v1
    from governance_server.domain.command import Ruling, State


def assign(state: State, actor: v1.Actor, _command: v1.AssignDecision, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Assigning a decision")


def set_availability(state: State, actor: v1.Actor, _command: v1.SetAvailability, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Saying who is away")
