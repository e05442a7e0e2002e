"""What has come and gone among the open decisions, kept for whoever remembers which of their rows are in order.

A decision comes when it is opened and whenever it changes; its former state goes with that, or as it ends. Nothing is
kept of what came and went before anybody asked, so that this grows with what is open alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Taken(NamedTuple):
    """What has come and gone since somebody asked before.

    Attributes:
        came: The decisions that were opened or changed, and are open, the latest last; a mapping for its keys.
        gone: The offsets that the states had that were there before and are no more.
    """

    came: Mapping[str, None]
    gone: list[int]


class Turnover:
    """What has come and gone.

    Attributes:
        came: As in `Taken`, since somebody asked last.
        gone: As in `Taken`, since somebody asked last.
        doubted: Open decisions whose state came out of the store while serving, or was decided on one that did: what
            the memory has of them was not verified, and is not followed from what was.
    """

    def __init__(self) -> None:
        self.came: dict[str, None] = {}
        self.gone: list[int] = []
        self.doubted: set[str] = set()

    def take(self) -> Taken:
        """Return what has come and gone since this was asked last."""
        taken = Taken(self.came, self.gone)
        self.came, self.gone = {}, []
        return taken

    def give_back(self, taken: Taken, opened: Iterable[str]) -> None:
        """Have what was taken be as if nobody had asked, since nothing came of it.

        Args:
            taken: What was taken last.
            opened: Those of the decisions in it that are still open.
        """
        self.came.update(dict.fromkeys(opened))
        self.gone += taken.gone
