"""Which function runs which verb. A verb's module is imported when the verb is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Coroutine

    from governance_client.cli.context import Context

    Verb = Callable[[Context, Namespace], Coroutine[Any, Any, int]]

_MODULES: Final = {
    "start": "console",
    "exec": "executing",
    "ls": "reading",
    "show": "reading",
    "stats": "counting",
    "health": "counting",
    "approve": "deciding",
    "reject": "deciding",
    "escalate": "deciding",
    "claim": "deciding",
    "release": "deciding",
    "undo": "deciding",
    "modify": "judging",
    "defer": "judging",
    "ask": "judging",
    "revise": "judging",
    "note": "judging",
    "assign": "judging",
    "reconcile": "judging",
    "who": "halting",
    "away": "halting",
    "back": "halting",
    "halt": "halting",
    "release-halt": "halting",
    "halts": "halting",
    "policy": "policies",
    "watch": "watching",
    "submit": "proposing",
    "cancel": "proposing",
    "feed": "feeding",
    "log": "auditing",
    "audit": "audit",
}


def verb_of(name: str) -> Verb:
    """Return the function that runs a verb; it has the verb's name, with `_` for `-`."""
    module = import_module(f"governance_client.cli.{_MODULES[name]}")
    return cast("Verb", getattr(module, name.replace("-", "_")))
