"""The listed: which pending decisions the board has in its list. Pure but for what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.console.choosing import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1
    from governance_client.console.choosing import Selection
    from governance_client.operator import Replica


class Listed:
    """What waits and passes the filter, most urgent first; worked out again only where something changed."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._of: tuple[int, Selection, str] | None = None
        self._rows: Sequence[v1.Decision] = ()
        self._passes: dict[int, tuple[v1.Decision, bool]] = {}

    def rows(self, selection: Selection, me: str) -> Sequence[v1.Decision]:
        """Return the rows.

        Args:
            selection: What is to be listed.
            me: Whose name "mine" means.
        """
        if selection == EVERYTHING:
            return self._replica.urgent()
        now = (self._replica.revision, selection, me)
        if self._of != now:
            if self._of is None or self._of[1:] != now[1:]:
                self._passes.clear()
            self._of, self._rows = now, self._filtered(selection, me)
        return self._rows

    def _filtered(self, selection: Selection, me: str) -> list[v1.Decision]:
        """Return what passes; only what is new is looked at, since a decision never changes but is replaced."""
        before, self._passes = self._passes, {}
        rows: list[v1.Decision] = []
        for each in self._replica.urgent():
            known = before.get(id(each)) or (each, selection.matches(each, me))
            self._passes[id(each)] = known  # kept with the decision itself, so that its id stays its own
            if known[1]:
                rows.append(each)
        return rows
