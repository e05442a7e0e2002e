"""Restraint: what holds core back, as the server told last. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterable


class Restraint:
    """The halts in force, and how much waits.

    Attributes:
        core: The core's own name, as its credential says.
        halts: The halts in force, by name.
        pressure: How much waits; empty before the server first said.
    """

    def __init__(self) -> None:
        self.core = ""
        self.halts: dict[str, v1.Halt] = {}
        self.pressure = v1.Pressure()

    def greeted(self, hello: v1.ServerHello) -> None:
        """Begin with what the server's hello says."""
        self.core = hello.you.name
        self.halts = {halt.halt_id: halt for halt in hello.halts if not halt.released}

    def take(self, halts: Iterable[v1.Halt]) -> bool:
        """Take news of halts in; return whether one ended, so that there may be leave again."""
        ended = False
        for halt in halts:
            if halt.released:
                ended = self.halts.pop(halt.halt_id, None) is not None or ended
            else:
                self.halts[halt.halt_id] = halt
        return ended

    def holds(self, action: v1.Action) -> bool:
        """Tell whether a halt in force covers an action of this core."""
        return any(self._covers(halt.scope, action) for halt in self.halts.values())

    def _covers(self, scope: v1.HaltScope, action: v1.Action) -> bool:
        match scope.WhichOneof("scope"):
            case "core":
                return scope.core == self.core
            case "action":
                return scope.action == action.type
            case "target":
                return any(target.value == scope.target for target in action.targets)
        # everything; and what this version does not understand covers everything as well: in doubt, no
        return True
