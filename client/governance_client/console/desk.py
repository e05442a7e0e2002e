"""The desk: what an operator has in view, and which decision a typed word means. Pure but for the replica it reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console.inert import inert
from governance_client.console.rendering import act, urgency
from governance_client.console.verbs import unique_prefix

if TYPE_CHECKING:
    from governance import v1
    from governance_client.console.verbs import Request
    from governance_client.operator import Replica

_NAMED = 8
"""So many rivals are named when a prefix is ambiguous."""
_ROW: Final = re.compile(r"[1-9][0-9]{0,6}")
"""A row's number as `ls` writes it: shorter than any id, so that a whole id of digits is never taken for one."""


class Unclear(NamedTuple):
    """A word that means no decision, or several.

    Attributes:
        message: Why, and what to type.
    """

    message: str


class Desk:
    """The replica, and the rows of the last list, which keep their numbers whatever arrives."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._rows: tuple[str, ...] = ()

    def pending(self) -> list[v1.Decision]:
        """Return what waits for a person, most urgent first."""
        return sorted(self._replica.pending(), key=urgency)

    def listed(self, request: Request, me: str = "") -> list[v1.Decision]:
        """Return what a list shows, most urgent first, and number it; `me` is whose name is asked for by --mine."""
        source = self._replica.known() if request.all else self._replica.open()
        chosen = [
            each
            for each in source
            if (not request.risks or each.assessment.risk in request.risks)
            and (not request.states or each.state in request.states)
            and (not request.mine or me in (each.assignee, each.claim.operator))
        ]
        chosen.sort(key=urgency)
        self._rows = tuple(each.decision_id for each in chosen)
        return chosen

    def find(self, word: str) -> v1.Decision | Unclear:
        """Return the decision that a row number, an id or a unique prefix of one means."""
        row = int(word) if _ROW.fullmatch(word) else 0
        if 0 < row <= len(self._rows):
            decision = self._replica.get(self._rows[row - 1])
            return decision or Unclear(f"Row {word} is gone. `ls` lists anew.")
        found = self._replica.with_prefix(word)
        if len(found) == 1:
            return found[0]
        if not found:
            shown = inert(word, limit=64)
            return Unclear(f"No decision here starts with `{shown}`, and the last `ls` has no such row. `ls` lists.")
        return Unclear(_ambiguous(word, found))

    def standing(self, decision: v1.Decision) -> v1.Decision:
        """Return the decision as it is known now."""
        return self._replica.get(decision.decision_id) or decision


def _ambiguous(word: str, found: list[v1.Decision]) -> str:
    ids = [each.decision_id for each in found]
    named = "; ".join(f"{inert(unique_prefix(each.decision_id, ids))} {act(each)}" for each in found[:_NAMED])
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"`{inert(word, limit=64)}` could be {named}{more}. Type more of it."
