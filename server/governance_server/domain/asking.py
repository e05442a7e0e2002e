"""Asking: questions to core and its answers, and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.domain.refusal import not_offered

if TYPE_CHECKING:
    from governance import v1
    from governance_server.domain.command import Ruling, State


def provide_information(state: State, actor: v1.Actor, _command: v1.ProvideInformation, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Providing information")


def add_note(state: State, actor: v1.Actor, _command: v1.AddNote, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Adding a note")
