"""What passes: which pending decisions a filter lets through, kept while they change. Pure but for what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.console.choosing import EVERYTHING, matching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1
    from governance_client.console.choosing import Selection
    from governance_client.operator import Replica


class Passing:
    """What waits and passes the filter, most urgent first; worked out again only where something changed."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._of: tuple[int, Selection, str] | None = None
        self._rows: Sequence[v1.Decision] = ()
        # kept with the decisions themselves, so that the id of each stays its own; without a tuple for each, since
        # thousands of those set the collector going
        self._seen: dict[int, v1.Decision] = {}
        self._passing: set[int] = set()

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
                self._forget()
            self._of, self._rows = now, self._filtered(selection, me)
        return self._rows

    def _forget(self) -> None:
        self._seen.clear()
        self._passing.clear()

    def _filtered(self, selection: Selection, me: str) -> list[v1.Decision]:
        """Return what passes; only what is new is looked at, since a decision never changes but is replaced."""
        urgent = self._replica.urgent()
        if len(self._seen) > 2 * len(urgent):
            self._forget()
        seen, passing = self._seen, self._passing
        fresh = [each for each in urgent if id(each) not in seen]
        passing.update(map(id, matching(selection, fresh, me, self._replica.searched)))
        seen.update(zip(map(id, fresh), fresh, strict=True))
        return [each for each in urgent if id(each) in passing]
