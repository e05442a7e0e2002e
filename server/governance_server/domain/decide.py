"""Decide: what a command brings about, or why it is refused. Pure: the same question has the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from governance import v1
from governance_server.domain.asking import add_note, provide_information
from governance_server.domain.assigning import assign, set_availability
from governance_server.domain.command import Reversed
from governance_server.domain.executing import accept, report
from governance_server.domain.halting import declare_halt, release_halt, tick_house
from governance_server.domain.judging import judge
from governance_server.domain.passing import claim, escalate, release
from governance_server.domain.policing import apply_policy
from governance_server.domain.proposing import cancel, propose
from governance_server.domain.refusal import too_often, unknown_command, wrong_caller
from governance_server.domain.settling import reconcile, request_undo, reversal_proposed
from governance_server.domain.timing import tick

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_server.domain.command import Command, Ruling, State, Tick

    Decider: TypeAlias = Callable[[State, v1.Actor, Any, int], Ruling]

NEVER_TOO_OFTEN: Final = frozenset({"declare_halt"})
"""To stop is never asked for too often; nor is a rejection."""
DECIDED_WHOLE: Final = frozenset({"declare_halt"})
"""Commands whose decider takes them with their request id, since what they make is named after it."""

DECIDERS: Final[Mapping[str, Decider]] = {
    "proposal": propose,
    "cancel": cancel,
    "accept_order": accept,
    "report_order": report,
    "verdict": judge,
    "escalate": escalate,
    "claim": claim,
    "release": release,
    "provide_information": provide_information,
    "add_note": add_note,
    "assign": assign,
    "set_availability": set_availability,
    "declare_halt": declare_halt,
    "release_halt": release_halt,
    "reconcile_outcome": reconcile,
    "request_undo": request_undo,
}
"""Who decides which command; the names of core's and of operators' commands differ."""


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
    if isinstance(body, v1.CoreCommand):
        refusal = None if actor.kind == v1.ACTOR_KIND_CORE else wrong_caller("a core", actor)
    elif isinstance(body, v1.OperatorCommand):
        refusal = _not_heard(state, actor, body)
    elif isinstance(body, v1.ApplyPolicyRequest):
        return apply_policy(state, actor, body, now_us)
    else:
        assert actor.kind == v1.ACTOR_KIND_TIMEKEEPER
        return _server_command(state, body, now_us)
    if refusal is not None:
        return refusal
    kind = body.WhichOneof("command")
    if kind is None:
        return unknown_command()
    asked = body if kind in DECIDED_WHOLE else getattr(body, kind)
    return DECIDERS[kind](state, actor, asked, now_us)


def _not_heard(state: State, actor: v1.Actor, body: v1.OperatorCommand) -> v1.Refusal | None:
    """Refuse who is no operator, and an operator that asks too often. A proposal is judged by its risk first."""
    if actor.kind != v1.ACTOR_KIND_OPERATOR:
        return wrong_caller("an operator", actor)
    wait_us = state.around.retry_after_us
    if not wait_us or body.WhichOneof("command") in NEVER_TOO_OFTEN:
        return None
    return None if body.verdict.HasField("reject") else too_often(wait_us)


def _server_command(state: State, body: Tick | Reversed, now_us: int) -> Ruling:
    if isinstance(body, Reversed):
        return reversal_proposed(state, body)
    return tick(state, now_us) if body.decision_id else tick_house(state, now_us)
