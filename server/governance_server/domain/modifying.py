"""Modifying: another action in place of the one that was proposed, what differs, and whether it does no more.

The narrowing order. An action is narrower than another, or the same, when all of these hold:

- its type and its parameters are the same;
- its scope is the same or a lower one, in the order UNSPECIFIED (narrower than one host), HOST, DEPARTMENT,
  ORGANIZATION, GLOBAL;
- each of its targets is one of the other's, no more often than there, in whatever order; and it has at least one,
  unless the other has none either, since an action without targets may mean everything;
- it lasts no longer. Without a duration it lasts until it is undone, which is longer than any.

That is reflexive, transitive, and antisymmetric but for the order of targets. Parameters are the executor's, and no
rule here can tell whether another value of one does more: in doubt, it does.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.digest import action_digest
from governance_server.domain.refusal import refuse, role_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.domain.policy import Policy

_FOR_EVER: Final = (float("inf"), 0)


def narrower(action: v1.Action, other: v1.Action) -> bool:
    """Tell whether an action does no more than another one. Every action is narrower than itself."""
    return (
        action.type == other.type
        and dict(action.parameters) == dict(other.parameters)
        and action.scope <= other.scope
        and _targets(action) <= _targets(other)
        and bool(action.targets) == bool(other.targets)
        and _lasts(action) <= _lasts(other)
    )


def changes(before: v1.Action, after: v1.Action) -> list[v1.ActionChange]:
    """Return how two actions differ, part by part: empty where they are the same.

    A target that is gone has no `after`, one that is new no `before`. Where only the order of the targets differs, the
    places that hold another one than before are named.
    """
    different = []
    if before.type != after.type:
        different.append(_change("type", _type(before), _type(after)))
    if before.scope != after.scope:
        different.append(_change("scope", _scope(before), _scope(after)))
    different += _target_changes(before, after)
    if _lasts(before) != _lasts(after):
        different.append(_change("duration", _duration(before), _duration(after)))
    different += _parameter_changes(before, after)
    return different


def modified(decision: v1.Decision, actor: v1.Actor, action: v1.Action) -> v1.Decision:
    """Return a pending decision as the rules have to see it once its action is another: without the votes so far.

    The last of its modifications is this one. It is what `evolve` will make of the entry, in all that an approval
    depends on, and nothing that is kept.
    """
    new = v1.Decision()
    new.CopyFrom(decision)
    new.proposal.action.CopyFrom(action)
    new.action_digest = action_digest(action)
    del new.votes[:]
    new.modifications.add(
        actor=actor,
        previous_digest=decision.action_digest,
        changes=changes(decision.proposal.action, action),
        narrowing=narrower(action, decision.proposal.action),
    )
    return new


def modification(new: v1.Decision) -> v1.Event:
    """Return the event of a decision's last modification."""
    action, last = new.proposal.action, new.modifications[-1]
    return v1.Event(
        action_modified=v1.ActionModified(
            previous_digest=last.previous_digest,
            action_digest=new.action_digest,
            action_scope=action.scope,
            target_count=len(action.targets),
            narrowing=last.narrowing,
            action_type=action.type,
        )
    )


def not_modifiable(policy: Policy, decision: v1.Decision, actor: v1.Actor, new: v1.Decision) -> v1.Refusal | None:
    """Refuse a modification that changes nothing, or does more where its author may only narrow; None for any other."""
    if new.action_digest == decision.action_digest:
        return refuse(
            v1.REFUSAL_REASON_NOTHING_CHANGED,
            "The action you sent is the one that is there. Nothing was changed; approve it, or change it.",
            decision,
        )
    last = new.modifications[-1]
    if last.narrowing or actor.role >= policy.free_modification_from:
        return None
    parts = dict.fromkeys(change.part.partition(".")[0] for change in last.changes)
    return refuse(
        v1.REFUSAL_REASON_NOT_NARROWER,
        f"The action you sent differs in {', '.join(parts)}, and does more than the one that is there, or something "
        "else. Nothing was changed; lower the scope, leave out targets or shorten the duration, and change nothing "
        f"else, or ask {role_name(policy.free_modification_from)} or above.",
        decision,
    )


def _targets(action: v1.Action) -> Counter[tuple[int, str]]:
    return Counter((target.kind, target.value) for target in action.targets)


def _lasts(action: v1.Action) -> tuple[float, int]:
    """Return how long an action lasts, in seconds and nanoseconds. As in the digest, zero is no duration."""
    span = action.duration
    return (span.seconds, span.nanos) if span.seconds or span.nanos else _FOR_EVER


def _change(part: str, before: str, after: str) -> v1.ActionChange:
    return v1.ActionChange(part=part, before=before, after=after)


def _target_changes(before: v1.Action, after: v1.Action) -> Iterator[v1.ActionChange]:
    had, has = _targets(before), _targets(after)
    for target in (had - has).elements():
        yield _change("targets", _target(target), "")
    for target in (has - had).elements():
        yield _change("targets", "", _target(target))
    if had == has:
        for one, other in zip(before.targets, after.targets, strict=True):
            if one != other:
                yield _change("targets", _target((one.kind, one.value)), _target((other.kind, other.value)))


def _parameter_changes(before: v1.Action, after: v1.Action) -> Iterator[v1.ActionChange]:
    had, has = dict(before.parameters), dict(after.parameters)
    for key in sorted({*had, *has}):
        if had.get(key) != has.get(key):
            yield _change(f"parameters.{key}", had.get(key, ""), has.get(key, ""))


def _target(target: tuple[int, str]) -> str:
    kind, value = target
    return f"{v1.TargetKind.Name(v1.TargetKind.ValueType(kind)).removeprefix('TARGET_KIND_').lower()} {value}"


def _type(action: v1.Action) -> str:
    return v1.ActionType.Name(action.type).removeprefix("ACTION_TYPE_").lower()


def _scope(action: v1.Action) -> str:
    """Return a scope as people write it; empty where it is not said."""
    return v1.ActionScope.Name(action.scope).removeprefix("ACTION_SCOPE_").lower() if action.scope else ""


def _duration(action: v1.Action) -> str:
    """Return a duration as JSON writes it, such as "3600s"; empty for one that is not said."""
    return action.duration.ToJsonString() if _lasts(action) != _FOR_EVER else ""
