"""Halting: to stop, and to go on.

Theory of operation. A halt is in force from the entry that declares it to the entry that ends it; in between, no order
is given or accepted within its scope. Declaring one takes one operator and one command, since to stop too often costs
little. Ending one before its time takes several people, of whom the one who declared it may be one. What the orders
within the scope do meanwhile is told in `timing`; the engine brings all of them before it whenever the halts change.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.digest import target_digest
from governance_server.domain.moment import microseconds, span_us, timestamp
from governance_server.domain.refusal import refuse, role_name, when

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State

HALT_ID_DIGITS: Final = 12
"""48 bits: halts in force at one time have to differ, and those are few."""


def declare_halt(state: State, actor: v1.Actor, command: v1.OperatorCommand, now_us: int) -> Ruling:
    """Rule on stopping. Takes the whole command: the halt is named after the request that declares it.

    What is within the scope is approved or not; how the decisions stand does not matter here.
    """
    declared = command.declare_halt
    refusal = _too_low(state, actor) or _says_nothing(declared.scope) or _without_reason("A halt", declared.reason)
    if refusal is not None:
        return refusal
    event = v1.HaltDeclared(halt_id=halt_id(actor, command.request_id))
    personal = v1.PersonalData(remark=declared.reason)
    _cover(event, personal, declared.scope)
    if declared.HasField("duration"):
        event.expires_at.CopyFrom(timestamp(now_us + span_us(declared.duration)))
    return Consequence((v1.Event(halt_declared=event),), personal)


def release_halt(state: State, actor: v1.Actor, command: v1.ReleaseHalt, _now_us: int) -> Ruling:
    """Rule on going on: the last of as many people as the policy asks for ends the halt."""
    refusal = _too_low(state, actor)
    if refusal is not None:
        return refusal
    halt = state.house.halts.get(command.halt_id)
    if halt is None:
        return refuse(
            v1.REFUSAL_REASON_HALT_NOT_FOUND,
            "There is no such halt in force; it may have ended. Nothing was changed; list those that are.",
        )
    refusal = _without_reason("A release", command.reason) or _released_before(halt, actor)
    if refusal is not None:
        return refusal
    events = [v1.Event(halt_release_requested=v1.HaltReleaseRequested(halt_id=halt.halt_id))]
    if len(halt.released_by) + 1 >= state.house.policy.halt_release_people:
        events.append(v1.Event(halt_ended=v1.HaltEnded(halt_id=halt.halt_id)))
    return Consequence(tuple(events), v1.PersonalData(remark=command.reason))


def tick_house(state: State, now_us: int) -> Ruling:
    """Rule on a moment of the house: end the halts whose time has run out."""
    return Consequence(
        tuple(
            v1.Event(halt_ended=v1.HaltEnded(halt_id=halt.halt_id, expired=True))
            for halt in state.house.halts.values()
            if halt.HasField("expires_at") and now_us >= microseconds(halt.expires_at)
        )
    )


def halt_id(actor: v1.Actor, request_id: str) -> str:
    """Return the name of the halt that a request declares. The rules know no chance, and a request is unique."""
    digest = hashlib.sha256(f"{actor.name}\0{request_id}".encode()).hexdigest()
    return f"halt-{digest[:HALT_ID_DIGITS]}"


def _cover(event: v1.HaltDeclared, personal: v1.PersonalData, scope: v1.HaltScope) -> None:
    """Write what is covered; a target apart from the entry, since it may be a person."""
    kind = scope.WhichOneof("scope")
    if kind == "core":
        event.core = scope.core
    elif kind == "action":
        event.action = scope.action
    elif kind == "target":
        event.target_digest = target_digest(scope.target)
        personal.halt_target = scope.target
    else:
        event.all = True


def _too_low(state: State, actor: v1.Actor) -> v1.Refusal | None:
    least = state.house.policy.halt_from
    if actor.role >= least:
        return None
    return refuse(
        v1.REFUSAL_REASON_ROLE_TOO_LOW,
        f"Halts are for {role_name(least)} or above; you are {role_name(actor.role)}. Nothing was changed; tell them.",
    )


def _says_nothing(scope: v1.HaltScope) -> v1.Refusal | None:
    """Refuse a scope that would cover nothing while its author believes that everything stands still."""
    kind = scope.WhichOneof("scope")
    if kind is not None and (kind == "all" or getattr(scope, kind)):
        return None
    return refuse(
        v1.REFUSAL_REASON_UNKNOWN_COMMAND,
        "The halt does not say what to stop: everything, a core, a type of action or a target. Nothing was stopped; "
        "name one, and send it again.",
    )


def _without_reason(what: str, reason: str) -> v1.Refusal | None:
    if reason.strip():
        return None
    return refuse(
        v1.REFUSAL_REASON_REASON_REQUIRED, f"{what} needs a reason. Nothing was changed; say why, and send it again."
    )


def _released_before(halt: v1.Halt, actor: v1.Actor) -> v1.Refusal | None:
    if actor.name not in (other.name for other in halt.released_by):
        return None
    return refuse(
        v1.REFUSAL_REASON_ALREADY_RELEASED_BY_YOU,
        f"You asked to release halt {halt.halt_id} already; it is in force since {when(halt.declared_at)}, and it "
        "takes somebody else to end it. Nothing was changed.",
    )
