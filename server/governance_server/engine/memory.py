"""Memory: what is open and what holds, as committed. Grows with what is open, not with history."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from governance import v1
from governance_server.domain.digest import NO_HASH
from governance_server.domain.house import House
from governance_server.domain.lifecycle import is_open
from governance_server.engine.glance import glance
from governance_server.engine.open_decisions import OpenDecisions
from governance_server.engine.ports import Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance_server.engine.ports import DecisionRow

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
        self._open = OpenDecisions()
        self._twins: dict[bytes, str] = {}
        self._approved: dict[str, None] = {}
        self._alarmed: set[str] = set()

    @property
    def open(self) -> OpenDecisions:
        """The open decisions, by id."""
        return self._open

    def twin(self, deed: Deed) -> v1.Decision | None:
        """Return an open decision about the same deed."""
        decision_id = self._twins.get(_key(deed))
        return None if decision_id is None else self._open[decision_id]

    @property
    def alarms(self) -> int:
        """How many open decisions have an alarm."""
        return len(self._alarmed)

    def approved(self) -> list[str]:
        """Return the decisions that wait for core to accept their order, or for a halt to end; oldest first."""
        return list(self._approved)

    def take_up(self, page: Iterable[bytes]) -> Iterator[tuple[str, v1.Decision]]:
        """Take over open decisions as they were stored, each new; give their ids, and what a glance shows.

        There may be a million, so that this does without what only a change needs.

        Raises:
            DecodeError: One is no decision.
        """
        held, twins = self._open.serialized, self._twins
        for serialized in page:
            glanced = glance(serialized)
            name = glanced.decision_id
            held[name] = serialized
            twins[glanced.action_digest + glanced.core.encode()] = name
            if glanced.state == v1.DECISION_STATE_APPROVED:
                self._approved[name] = None
            if glanced.alarms:
                self._alarmed.add(name)
            yield name, glanced

    def doubt(self, rows: Iterable[DecisionRow]) -> None:
        """Note that decisions were read as other processes have left them, before they are decided on or taken over.

        Nobody has verified what they left: those of them that are open are not vouched for before the next start.
        """
        self._open.doubt(row.decision.decision_id for row in rows if is_open(row.decision.state))

    def take_over(self, row: DecisionRow) -> str:
        """Take over a decision as it stands now; return its id."""
        decision, serialized = row
        # One id for all that is kept of a decision: each time it is read of a message, it is another string.
        name, state, twins = decision.decision_id, decision.state, self._twins
        deed = decision.action_digest + decision.core.encode()  # its key, as _key makes it
        is_known = name in self._open.serialized
        if is_known:
            self._approved.pop(name, None)
            self._alarmed.discard(name)
        stands_for = twins.get(deed)
        if is_known and stands_for != name:
            self._leave_former_deed(name)
        if not is_open(state):
            if is_known:
                self._open.drop(name)
            if stands_for == name:
                del twins[deed]
            return name
        self._open.hold(name, serialized, decision)
        if stands_for != name:
            twins[deed] = name
        if state == v1.DECISION_STATE_APPROVED:
            self._approved[name] = None
        if decision.alarms:
            self._alarmed.add(name)
        return name

    def _leave_former_deed(self, name: str) -> None:
        """Have a decision no longer stand for the deed that it was about before: another one is, or it was modified."""
        former = _key(deed_of(self._open[name]))
        if self._twins.get(former) == name:
            del self._twins[former]


def _key(deed: Deed) -> bytes:
    """Return a deed as one small value. No two have the same: every digest of an action is as long as any other."""
    core, action_digest = deed
    return action_digest + core.encode()
