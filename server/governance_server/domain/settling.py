"""Settling: what became of an order that nobody reported on, and the reverse of one that was executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.domain.command import Consequence
from governance_server.domain.refusal import not_offered

if TYPE_CHECKING:
    from governance import v1
    from governance_server.domain.command import Reversed, Ruling, State


def reconcile(state: State, actor: v1.Actor, _command: v1.ReconcileOutcome, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Reconciling an outcome")


def request_undo(state: State, actor: v1.Actor, _command: v1.RequestUndo, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Asking for an undo")


def reversal_proposed(_state: State, _body: Reversed) -> Ruling:
    """Rule on noting that core proposed the reverse."""
    return Consequence(())
