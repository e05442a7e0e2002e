"""Halting: to stop, and to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.domain.command import Consequence
from governance_server.domain.refusal import not_offered

if TYPE_CHECKING:
    from governance import v1
    from governance_server.domain.command import Ruling, State


def declare_halt(state: State, actor: v1.Actor, _command: v1.DeclareHalt, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Declaring a halt")


def release_halt(state: State, actor: v1.Actor, _command: v1.ReleaseHalt, _now_us: int) -> Ruling:
    """Rule on it."""
    return not_offered(state.decision, actor, "Releasing a halt")


def tick_house(_state: State, _now_us: int) -> Ruling:
    """Rule on a moment of the house: end the halts whose time has run out."""
    return Consequence(())
