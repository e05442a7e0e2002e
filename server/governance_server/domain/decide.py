"""Decide: what a command brings about, or why it is refused. Pure: the same question has the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from governance import v1
from governance_server.domain.command import Tick
from governance_server.domain.executing import accept, report
from governance_server.domain.judging import judge
from governance_server.domain.passing import claim, escalate, release
from governance_server.domain.proposing import cancel, propose
from governance_server.domain.refusal import not_offered, unknown_command, wrong_caller
from governance_server.domain.timing import tick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_server.domain.command import Command, Ruling, State

    Decider: TypeAlias = Callable[[State, v1.Actor, Any, int], Ruling]

DECIDERS: Final[Mapping[str, Decider]] = {
    "proposal": propose,
    "cancel": cancel,
    "accept_order": accept,
    "report_order": report,
    "verdict": judge,
    "escalate": escalate,
    "claim": claim,
    "release": release,
}
"""Who decides which command; the names of core's and of operators' commands differ."""

NOT_OFFERED: Final[Mapping[str, str]] = {
    "provide_information": "Providing information",
    "add_note": "Adding a note",
    "assign": "Assigning a decision",
    "set_availability": "Saying who is away",
    "declare_halt": "Declaring a halt",
    "release_halt": "Releasing a halt",
    "reconcile_outcome": "Reconciling an outcome",
    "request_undo": "Asking for an undo",
}
"""Commands of the contract that this server does not take yet, as a refusal calls them."""


def decide(state: State, command: Command, now_us: int) -> Ruling:
    """Rule on a command.

    Args:
        state: The decision that the command names, as it stands, and the house.
        command: The command, validated at the edge, with who asks, taken from the credential.
        now_us: The present moment, in microseconds since the epoch; it will be the entry's.

    Returns:
        What happens, in order, or a refusal, which changes nothing. Only a Tick may have nothing happen. A command that
        was accepted before does not come here again.
    """
    actor, body = command
    if isinstance(body, Tick):
        assert actor.kind == v1.ACTOR_KIND_TIMEKEEPER
        return tick(state, now_us)
    if isinstance(body, v1.CoreCommand) and actor.kind != v1.ACTOR_KIND_CORE:
        return wrong_caller("a core", actor)
    if isinstance(body, v1.OperatorCommand) and actor.kind != v1.ACTOR_KIND_OPERATOR:
        return wrong_caller("an operator", actor)
    kind = body.WhichOneof("command")
    if kind is None:
        return unknown_command()
    if kind in NOT_OFFERED:
        return not_offered(state.decision, actor, NOT_OFFERED[kind])
    return DECIDERS[kind](state, actor, getattr(body, kind), now_us)
