"""The cursor: which decision is selected. It follows the decision, not the row. Pure but for its own state.

What is selected moves by itself when the decision ends and another takes its place. A key that was meant for the one
must not hit the other, so the cursor knows since when what is selected now has been on the screen.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1

SETTLE_S: Final = 0.3
"""So long after what is selected changed by itself nothing is decided: about the time in which people react."""
_NEAR: Final = 4
"""Rows around the last place that are looked at first."""


class Moved(enum.Enum):
    """What happened by itself to what is selected."""

    NOTHING = enum.auto()
    REPLACED = enum.auto()
    CHANGED = enum.auto()


class Cursor:
    """The selected decision, its place among the rows, and the first row in view.

    Attributes:
        decision_id: What is selected; empty where nothing is.
        index: Its row.
        top: The first row in view.
        lost: What was selected before another took its place.
    """

    def __init__(self, decision_id: str = "") -> None:
        self.decision_id = decision_id
        self.index = 0
        self.top = 0
        self.lost = ""
        self._digest = b""
        self._restless = False
        self._drawn_s: float | None = None

    def follow(self, rows: Sequence[v1.Decision]) -> Moved:
        """Find the selected decision among the rows as they are now; where it is gone, take the one in its place."""
        place = _place(rows, self.decision_id, self.index) if self.decision_id else None
        if place is None:
            return self._replaced(rows)
        self.index = place
        digest = rows[place].action_digest
        changed, self._digest = bool(self._digest) and digest != self._digest, digest
        if changed:
            self._stir()
        return Moved.CHANGED if changed else Moved.NOTHING

    def selected(self, rows: Sequence[v1.Decision]) -> v1.Decision | None:
        """Return the selected decision; None where there are no rows. Of the rows that were followed last."""
        return rows[self.index] if self.index < len(rows) else None

    def go(self, rows: Sequence[v1.Decision], index: int) -> None:
        """Select a row because a person asked for it; the nearest one where there is no such row."""
        if rows:
            self.index = min(max(index, 0), len(rows) - 1)
            self._take(rows[self.index])
            self._restless = False

    def choose(self, rows: Sequence[v1.Decision], decision_id: str) -> bool:
        """Select a decision because a person asked for it. Returns whether it is among the rows."""
        place = _place(rows, decision_id, self.index)
        if place is not None:
            self.go(rows, place)
        return place is not None

    def window(self, height: int, count: int) -> range:
        """Return which rows are in view, the selected one always among them."""
        self.top = min(max(self.top, self.index - height + 1), self.index, max(count - height, 0))
        self.top = max(self.top, 0)
        return range(self.top, min(self.top + max(height, 0), count))

    def drawn(self, now_s: float) -> None:
        """Note that what is selected is on the screen."""
        if self._drawn_s is None:
            self._drawn_s = now_s

    def settled(self, now_s: float) -> bool:
        """Return whether what is selected was chosen by a person, or has been on the screen for long enough."""
        return not self._restless or (self._drawn_s is not None and now_s - self._drawn_s >= SETTLE_S)

    def _replaced(self, rows: Sequence[v1.Decision]) -> Moved:
        before, self.decision_id = self.decision_id, ""
        self.index = max(min(self.index, len(rows) - 1), 0)
        if rows:
            self._take(rows[self.index])
            self._stir()
        if not before:
            return Moved.NOTHING
        self.lost = before
        return Moved.REPLACED

    def _take(self, decision: v1.Decision) -> None:
        self.decision_id, self._digest = decision.decision_id, decision.action_digest

    def _stir(self) -> None:
        self._restless, self._drawn_s = True, None


def _place(rows: Sequence[v1.Decision], decision_id: str, near: int) -> int | None:
    """Return where a decision is: it seldom goes far, so that all rows are looked at only where it did."""
    for index in range(max(near - _NEAR, 0), min(near + _NEAR + 1, len(rows))):
        if rows[index].decision_id == decision_id:
            return index
    return next((index for index, each in enumerate(rows) if each.decision_id == decision_id), None)
