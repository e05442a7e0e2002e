"""Memory: what is open and what holds, as committed. Grows with what is open, not with history."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from governance import v1
from governance_server.domain.digest import NO_HASH
from governance_server.domain.house import House
from governance_server.domain.lifecycle import is_open
from governance_server.engine.ports import Head

if TYPE_CHECKING:
    from collections.abc import Mapping

Deed: TypeAlias = tuple[str, bytes]
"""Which core, and the digest of which action."""


def deed_of(decision: v1.Decision) -> Deed:
    """Return by which core, and about which action a decision is."""
    return decision.core, decision.action_digest


class Memory:
    """What is open and what holds.

    Attributes:
        head: The end of the ledger as far as it was taken over.
        house: What holds for every decision.
    """

    def __init__(self) -> None:
        self.head = Head(0, NO_HASH, 0)
        self.house = House()
        self._open: dict[str, v1.Decision] = {}
        self._twins: dict[Deed, str] = {}
        self._approved: dict[str, None] = {}
        self._alarmed: set[str] = set()

    @property
    def open(self) -> Mapping[str, v1.Decision]:
        """The open decisions, by id."""
        return self._open

    def twin(self, deed: Deed) -> v1.Decision | None:
        """Return an open decision about the same deed."""
        decision_id = self._twins.get(deed)
        return None if decision_id is None else self._open.get(decision_id)

    @property
    def alarms(self) -> int:
        """How many open decisions have an alarm."""
        return len(self._alarmed)

    def approved(self) -> list[str]:
        """Return the decisions that wait for core to accept their order, or for a halt to end; oldest first."""
        return list(self._approved)

    def take_over(self, decision: v1.Decision) -> None:
        """Take over a decision as it stands now."""
        name = decision.decision_id
        former = self._open.pop(name, None)
        if former is not None and self._twins.get(deed_of(former)) == name:
            del self._twins[deed_of(former)]
        self._approved.pop(name, None)
        self._alarmed.discard(name)
        if not is_open(decision.state):
            return
        self._open[name] = decision
        self._twins[deed_of(decision)] = name
        if decision.state == v1.DECISION_STATE_APPROVED:
            self._approved[name] = None
        if decision.alarms:
            self._alarmed.add(name)
