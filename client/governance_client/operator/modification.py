"""Modifying an action: what an operator types becomes another action, and how the two differ. Pure.

```text
scope=host                     how far it reaches
duration=30m   duration=none   how long it lasts; none: until it is undone
targets-=VALUE                 one target less
targets+=KIND:VALUE            one target more
parameters.NAME=VALUE          a parameter; parameters-=NAME leaves it out
type=block_port                another type of action
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.language import N_, _
from governance_client.operator.spans import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

GRAMMAR: Final = N_(
    "scope=host, duration=30m, targets-=VALUE, targets+=KIND:VALUE, parameters.NAME=VALUE, parameters-=NAME, type=TYPE"
)
_UNTIL_UNDONE: Final = "none"
_PARAMETER: Final = "parameters."
_NO_TYPE: Final = N_("{text!r} is no type; there are {known}")
_NO_SCOPE: Final = N_("{text!r} is no scope; there are {known}")
_NO_KIND: Final = N_("{text!r} is no kind of target; there are {known}")


def modified(action: v1.Action, typed: Sequence[str]) -> v1.Action:
    """Return the action with what was typed changed in it, in order.

    Raises:
        ValueError: Something typed makes no sense for this action; the sentence says what. Or nothing is different.
    """
    after = v1.Action()
    after.CopyFrom(action)
    for each in typed:
        _change(after, each)
    if after == action:
        raise ValueError(_("that leaves the action as it is; approve it, or change something"))
    return after


def differences(before: v1.Action, after: v1.Action) -> list[v1.ActionChange]:
    """Return how two actions differ, part by part: something wherever they do, even where both are told alike."""
    return [v1.ActionChange(part=part, before=old, after=new) for part, old, new in _parts(before, after)]


def _parts(before: v1.Action, after: v1.Action) -> Iterator[tuple[str, str, str]]:
    if before.type != after.type:
        yield "type", _name(v1.ActionType.Name, before.type), _name(v1.ActionType.Name, after.type)
    if before.scope != after.scope:
        yield "scope", _name(v1.ActionScope.Name, before.scope), _name(v1.ActionScope.Name, after.scope)
    if before.duration != after.duration:
        yield "duration", _duration(before), _duration(after)
    if list(before.targets) != list(after.targets):
        yield "targets", _targets(before), _targets(after)
    old, new = dict(before.parameters), dict(after.parameters)
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):  # one that is there and says nothing is not one that is not there
            yield f"{_PARAMETER}{name}", old.get(name, ""), new.get(name, "")


def _targets(action: v1.Action) -> str:
    return ", ".join(f"{_name(v1.TargetKind.Name, each.kind)} {each.value}" for each in action.targets)


def _duration(action: v1.Action) -> str:
    if not action.HasField("duration"):
        return _("until it is undone")
    return _("{seconds} s").format(seconds=action.duration.seconds)


def _name(name: Callable[..., str], value: int) -> str:
    try:
        full = name(value)
    except ValueError:
        return _("unknown ({number})").format(number=value)
    for prefix in ("ACTION_TYPE_", "ACTION_SCOPE_", "TARGET_KIND_"):
        full = full.removeprefix(prefix)
    return full.lower()


def _change(action: v1.Action, typed: str) -> None:
    name, equals, value = typed.partition("=")
    if not equals:
        raise ValueError(_("{typed!r} changes nothing; write {grammar}").format(typed=typed, grammar=_(GRAMMAR)))
    match name:
        case "type":
            action.type = v1.ActionType.ValueType(_number(v1.ActionType.items(), "ACTION_TYPE_", value, _NO_TYPE))
        case "scope":
            action.scope = v1.ActionScope.ValueType(_number(v1.ActionScope.items(), "ACTION_SCOPE_", value, _NO_SCOPE))
        case "duration":
            _set_duration(action, value)
        case "targets-":
            _remove_target(action, value)
        case "targets+":
            action.targets.append(_target(value))
        case "parameters-":
            if value not in action.parameters:
                raise ValueError(_("the action has no parameter {name!r}").format(name=value))
            del action.parameters[value]
        case _ if name.startswith(_PARAMETER) and name != _PARAMETER:
            action.parameters[name.removeprefix(_PARAMETER)] = value
        case _:
            told = _("{part!r} is no part of an action that can be changed; write {grammar}")
            raise ValueError(told.format(part=name, grammar=_(GRAMMAR)))


def _set_duration(action: v1.Action, value: str) -> None:
    if value == _UNTIL_UNDONE:
        action.ClearField("duration")
    else:
        seconds = seconds_of(value)
        action.ClearField("duration")
        action.duration.seconds = seconds


def _remove_target(action: v1.Action, value: str) -> None:
    left = [each for each in action.targets if each.value != value]
    if len(left) == len(action.targets):
        raise ValueError(_("the action has no target {value!r}").format(value=value))
    del action.targets[:]
    action.targets.extend(left)


def _target(text: str) -> v1.Target:
    kind, colon, value = text.partition(":")
    if not (colon and value):
        told = _("{text!r} is no target; write its kind and its value, as in {example}")
        raise ValueError(told.format(text=text, example="ip_address:203.0.113.7"))
    number = _number(v1.TargetKind.items(), "TARGET_KIND_", kind, _NO_KIND)
    return v1.Target(kind=v1.TargetKind.ValueType(number), value=value)


def _number(items: Iterable[tuple[str, int]], prefix: str, text: str, complaint: str) -> int:
    """Return an enum's number by its name in lower case. Raises ValueError with the complaint, which lists them."""
    known = {name.removeprefix(prefix).lower(): number for name, number in items if number}
    if text not in known:
        raise ValueError(_(complaint).format(text=text, known=", ".join(known)))
    return known[text]
