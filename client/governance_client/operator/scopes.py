"""What a halt covers, as people type it: `all`, `core=NAME`, `action=TYPE` or `target=VALUE`. Pure."""

from __future__ import annotations

from typing import Final

from governance import v1
from governance_client.language import N_, _

GRAMMAR: Final = N_("all, core=NAME, action=TYPE or target=VALUE")


def scope_of(text: str) -> v1.HaltScope:
    """Return the scope that was typed. Raises ValueError, with a sentence, where it is none."""
    if text == "all":
        return v1.HaltScope(all=True)
    kind, equals, value = text.partition("=")
    if not (equals and value) or kind not in {"core", "action", "target"}:
        told = _("{text!r} is nothing that can be halted; write {grammar}")
        raise ValueError(told.format(text=text, grammar=_(GRAMMAR)))
    if kind == "core":
        return v1.HaltScope(core=value)
    if kind == "target":
        return v1.HaltScope(target=value)
    return v1.HaltScope(action=_action_type(value))


def _action_type(name: str) -> v1.ActionType.ValueType:
    types = {v1.ActionType.Name(each).removeprefix("ACTION_TYPE_").lower(): each for each in v1.ActionType.values()}
    number = types.get(name, v1.ACTION_TYPE_UNSPECIFIED)
    if number == v1.ACTION_TYPE_UNSPECIFIED:
        raise ValueError(
            _("{name!r} names no type of action; write them as in block_ip or isolate_host").format(name=name)
        )
    return number
