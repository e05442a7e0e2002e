"""The house: what holds for every decision alike, and how an entry changes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from governance import v1
from governance_server.domain.digest import target_digest
from governance_server.domain.moment import microseconds
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.policy_document import policy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Applier: TypeAlias = Callable[["House", Any, v1.Entry, v1.PersonalData], "House"]

TURN: Final = "turn"
"""The key under which the store keeps whose turn it is."""


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every decision alike.

    Attributes:
        policy: The rules in force.
        applied: The document they came from, and who applied it; empty for the built-in one.
        halts: The halts in force, by name, oldest first.
        away: The operators that are marked away.
        turn: The operator that was assigned a decision by turns last; empty before the first.
        keys: The keys that checkpoints were signed with, the oldest first; the last one is in use.
    """

    policy: Policy = DEFAULT_POLICY
    applied: v1.GetPolicyResponse = field(default_factory=v1.GetPolicyResponse)
    halts: Mapping[str, v1.Halt] = field(default_factory=dict)
    away: frozenset[str] = frozenset()
    turn: str = ""
    keys: tuple[v1.CheckpointKey, ...] = ()


def concerns_house(entry: v1.Entry) -> bool:
    """Tell whether an entry changes the house."""
    return any(event.WhichOneof("kind") in HOUSE_EVENTS for event in entry.events)


def evolve_house(house: House, entry: v1.Entry, personal: v1.PersonalData | None) -> House:
    """Return the house as it stands after an entry. Changes none of its arguments."""
    known = v1.PersonalData() if personal is None else personal
    for event in entry.events:
        kind = event.WhichOneof("kind")
        applier = _APPLIERS.get(kind or "")
        if applier is not None:
            house = applier(house, getattr(event, kind or ""), entry, known)
    return house


def house_due_us(house: House) -> int | None:
    """Return the earliest moment at which a Tick has something to do about the house; None where there is none."""
    ends = (microseconds(halt.expires_at) for halt in house.halts.values() if halt.HasField("expires_at"))
    return min(ends, default=None)


def house_rows(house: House) -> dict[str, bytes]:
    """Return what the store keeps of a house, by key: all that `house_of` needs."""
    rows = {f"halt/{name}": halt.SerializeToString(deterministic=True) for name, halt in house.halts.items()}
    rows |= {f"away/{name}": b"1" for name in house.away}
    if house.applied.document:
        rows["policy"] = house.applied.SerializeToString(deterministic=True)
    if house.turn:
        rows[TURN] = house.turn.encode()
    rows |= {f"{_KEY}{key.offset:020}": key.SerializeToString(deterministic=True) for key in house.keys}
    return rows


def checkpoint_keys(rows: Mapping[str, bytes]) -> tuple[v1.CheckpointKey, ...]:
    """Return the keys of checkpoints that the store keeps, the oldest first."""
    return tuple(v1.CheckpointKey.FromString(rows[name]) for name in sorted(rows) if name.startswith(_KEY))


def house_of(rows: Mapping[str, bytes]) -> House:
    """Return the house that the store keeps. An empty value is that of a key that is no longer there."""
    kept = {key: value for key, value in rows.items() if value}
    halts = [v1.Halt.FromString(value) for key, value in kept.items() if key.startswith("halt/")]
    applied = v1.GetPolicyResponse.FromString(kept.get("policy", b""))
    return House(
        policy=policy_of(applied.document) if applied.document else DEFAULT_POLICY,
        applied=applied,
        halts={halt.halt_id: halt for halt in sorted(halts, key=lambda halt: microseconds(halt.declared_at))},
        away=frozenset(key.removeprefix("away/") for key in kept if key.startswith("away/")),
        turn=kept.get(TURN, b"").decode(),
        keys=checkpoint_keys(kept),
    )


def covering_halts(house: House, decision: v1.Decision) -> list[v1.Halt]:
    """Return the halts in force that cover a decision's action, oldest first."""
    if not house.halts:
        return []
    return [halt for halt in house.halts.values() if covers(halt.scope, decision.core, decision.proposal.action)]


def covers(scope: v1.HaltScope, core: str, action: v1.Action) -> bool:
    """Tell whether a halt's scope covers an action of a core."""
    kind = scope.WhichOneof("scope")
    if kind == "core":
        return scope.core == core
    if kind == "action":
        return scope.action == action.type
    if kind == "target":
        return any(target.value == scope.target for target in action.targets)
    # Everything; and what this server does not understand covers everything as well: in doubt, no.
    return True


def _policy_applied(house: House, event: v1.PolicyApplied, entry: v1.Entry, _: v1.PersonalData) -> House:
    applied = v1.GetPolicyResponse(
        document=event.document,
        policy_digest=event.policy_digest,
        applied_by=entry.actor,
        applied_at=entry.recorded_at,
    )
    return replace(house, policy=policy_of(event.document), applied=applied)


def _halt_declared(house: House, event: v1.HaltDeclared, entry: v1.Entry, personal: v1.PersonalData) -> House:
    halt = v1.Halt(
        halt_id=event.halt_id,
        scope=_scope(event, personal),
        reason=personal.remark,
        actor=entry.actor,
        declared_at=entry.recorded_at,
        expires_at=event.expires_at if event.HasField("expires_at") else None,
    )
    return replace(house, halts={**house.halts, event.halt_id: halt})


def _scope(event: v1.HaltDeclared, personal: v1.PersonalData) -> v1.HaltScope:
    kind = event.WhichOneof("scope")
    if kind == "core":
        return v1.HaltScope(core=event.core)
    if kind == "action":
        return v1.HaltScope(action=event.action)
    if kind == "target_digest":
        assert target_digest(personal.halt_target) == event.target_digest, "another target was halted"
        return v1.HaltScope(target=personal.halt_target)
    return v1.HaltScope(all=True)


def _release_requested(house: House, event: v1.HaltReleaseRequested, entry: v1.Entry, _: v1.PersonalData) -> House:
    halt = v1.Halt()
    halt.CopyFrom(house.halts[event.halt_id])
    halt.released_by.append(entry.actor)
    return replace(house, halts={**house.halts, event.halt_id: halt})


def _halt_ended(house: House, event: v1.HaltEnded, _entry: v1.Entry, _: v1.PersonalData) -> House:
    return replace(house, halts={name: halt for name, halt in house.halts.items() if name != event.halt_id})


def _availability_changed(house: House, event: v1.AvailabilityChanged, _entry: v1.Entry, _: v1.PersonalData) -> House:
    others = house.away - {event.operator}
    return replace(house, away=others | {event.operator} if event.away else others)


def _assigned(house: House, event: v1.DecisionAssigned, _entry: v1.Entry, _: v1.PersonalData) -> House:
    return replace(house, turn=event.operator) if event.by_turns else house


def _key_changed(house: House, event: v1.CheckpointKeyChanged, entry: v1.Entry, _: v1.PersonalData) -> House:
    return replace(house, keys=(*house.keys, v1.CheckpointKey(offset=entry.offset, change=event)))


_KEY: Final = "checkpoint_key/"
_APPLIERS: Final[Mapping[str, Applier]] = {
    "policy_applied": _policy_applied,
    "halt_declared": _halt_declared,
    "halt_release_requested": _release_requested,
    "halt_ended": _halt_ended,
    "availability_changed": _availability_changed,
    "decision_assigned": _assigned,
    "checkpoint_key_changed": _key_changed,
}
HOUSE_EVENTS: Final = frozenset(_APPLIERS)
"""The kinds of the events that change the house."""
