"""Showing: what of the board is on the screen now, and which part of what is longer than its pane."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from governance_client.console.board import panes
from governance_client.console.board.keys import DEEDS, Keys
from governance_client.console.board.layout import Layout, Pane, Rectangle, Wishes
from governance_client.console.board.reading import Reading, Scroll
from governance_client.console.board.rows import lines_of_an_end
from governance_client.console.inert import pad, width_of, wrap
from governance_client.console.page import page
from governance_client.console.why import why
from governance_client.console.words import SECOND_US
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1
    from governance_client.console.rendering import Line

_KEY_COLUMNS: Final = 8


class Told(enum.Enum):
    """What the active pane tells."""

    PAGE = enum.auto()
    WHY = enum.auto()
    KEYS = enum.auto()


class Showing:
    """What is shown.

    Attributes:
        told: What the active pane tells.
        scroll: Of the active pane.
        ended: Of the history.
        visible: The panes that were on the screen last, in the order of Tab.
    """

    def __init__(self, keys: Keys, reading: Reading) -> None:
        self.told = Told.PAGE
        self.scroll = Scroll()
        self.ended = Scroll()
        self.visible: tuple[Pane, ...] = (Pane.PENDING,)
        self._keys = keys
        self._reading = reading
        self._focus = Pane.PENDING
        self._alone: Pane | None = None
        self._history: bool | None = None
        self._of: tuple[object, ...] = ()
        self._lines: list[Line] = []
        self._decision_id = ""

    @property
    def focus(self) -> Pane:
        """The pane that the moving keys move in: the one that was gone to, if it is on the screen."""
        return self._focus if self._focus in self.visible else self.visible[0]

    def wishes(self, foot: int) -> Wishes:
        """Return what is to be seen, with so many rows at the bottom."""
        alone = Pane.ACTIVE if self.told is Told.KEYS else self._alone
        return Wishes(alone, self._history, foot)

    def open(self) -> None:
        """Give the active pane all the room, or no longer."""
        self._alone = None if self._alone else Pane.ACTIVE
        self._focus = self._alone or Pane.PENDING

    def enlarge(self) -> None:
        """Give the decision's page all the room."""
        self.tell(Told.PAGE)
        self._alone = self._focus = Pane.ACTIVE

    def tell(self, told: Told) -> None:
        """Tell this in the active pane, from its start."""
        if told is not self.told:
            self.told, self.scroll = told, Scroll()

    def toggle(self, told: Told) -> None:
        """Tell this, or the page again."""
        self.tell(Told.PAGE if self.told is told else told)

    def toggle_history(self) -> None:
        """Show what ended lately, or hide it."""
        self._history = Pane.HISTORY not in self.visible

    def close(self) -> bool:
        """Close what is open, the last first. Returns whether anything was."""
        if self.told is not Told.PAGE:
            self.tell(Told.PAGE)
        elif self._alone is not None:
            self.open()
        else:
            return False
        return True

    def next_pane(self) -> None:
        """Go to the next pane."""
        at = self.visible.index(self.focus)
        self._focus = self.visible[(at + 1) % len(self.visible)]

    def seen(self, layout: Layout) -> None:
        """Note which panes there is room for."""
        self.visible = tuple(layout.panes)

    def active(self, decision: v1.Decision | None, now_us: int, place: Rectangle) -> panes.Content:
        """Return what the active pane shows, and note what of the decision's page was in view."""
        if self.told is Told.KEYS:
            lines = help_lines(self._keys, place.columns)
            return panes.text(_("KEYS"), lines, self.scroll.window(place.rows - 1, len(lines)), place.columns)
        if decision is None:
            return panes.active(None, (), range(0), now_us, place.columns)
        if decision.decision_id != self._decision_id:
            self._decision_id, self.scroll = decision.decision_id, Scroll()
        lines = self._about(decision, now_us, place.columns)
        window = self.scroll.window(place.rows - 1, len(lines))
        if self.told is Told.PAGE:
            self._reading.shown(decision, lines, window, place.columns)
        return panes.active(decision, lines, window, now_us, place.columns)

    def history(self, recent: Sequence[v1.Decision], now_us: int, place: Rectangle) -> panes.Content:
        """Return what the history shows."""
        count = len(recent) * lines_of_an_end(place.columns)
        return panes.ended(recent, self.ended.window(place.rows - 1, count), now_us, place.columns)

    def _about(self, decision: v1.Decision, now_us: int, width: int) -> list[Line]:
        """Return the lines about a decision, made anew once a second for their countdown."""
        of = (decision.decision_id, decision.version, width, self.told, now_us // SECOND_US)
        if of != self._of:
            self._of = of
            self._lines = page(decision, now_us, width) if self.told is Told.PAGE else list(why(decision, width))
        return self._lines


def help_lines(keys: Keys, width: int) -> list[Line]:
    """Return what every key does."""
    lines: list[Line] = []
    for deed in DEEDS:
        key = keys.of(deed.name)
        columns = max(_KEY_COLUMNS, width_of(key) + 1)
        for number, piece in enumerate(wrap(_(deed.summary), max(width - columns, 1))):
            lines.append([("class:key", pad("" if number else key, columns)), ("", piece)])
    also = _("The arrows, Home, End, PageUp and PageDown move too.")
    return [*lines, *([("class:dim", piece)] for piece in wrap(also, width))]
