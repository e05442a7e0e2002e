"""Policing: which rules are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.domain.refusal import not_offered

if TYPE_CHECKING:
    from governance import v1
    from governance_server.domain.command import Ruling, State


def apply_policy(state: State, actor: v1.Actor, _command: v1.ApplyPolicyRequest, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Applying a policy")
