"""Reading: what of a decision's page has been in view. Pure but for the attention it tells."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance import v1
    from governance_client.console.attention import Attention
    from governance_client.console.rendering import Line

REMEMBERED: Final = 1024
"""So many decisions are remembered, those shown last."""
_Content: TypeAlias = tuple[bytes, int, int]


class Scroll:
    """Which lines of something longer are in view.

    Attributes:
        top: The first of them.
    """

    def __init__(self) -> None:
        self.top = 0
        self._height = 1
        self._count = 0

    def window(self, height: int, count: int) -> range:
        """Return the lines in view, of so many, with room for so many."""
        self._height, self._count = max(height, 1), count
        self.by(0)
        return range(self.top, min(self.top + max(height, 0), count))

    def by(self, lines: int) -> None:
        """Go so many lines further, or back, as far as there are any."""
        self.top = max(min(self.top + lines, self._count - self._height), 0)

    def page(self, direction: int) -> None:
        """Go a page further (1) or back (-1); a line of the one before stays in view."""
        self.by(direction * max(self._height - 1, 1))

    def end(self, direction: int) -> None:
        """Go to the end (1) or to the start (-1)."""
        self.by(direction * self._count)


@dataclass(slots=True)
class _Read:
    """What was in view of one decision.

    Attributes:
        content: What its page tells that matters; another means that there is more to read.
        width: The columns of the page.
        version: Of the decision that was shown.
        to: So many lines from the top, without a gap.
        whole: All of it was.
    """

    content: _Content
    width: int
    version: int
    to: int = 0
    whole: bool = False


class Reading:
    """Remembers what of each decision's page has been in view, and tells the attention of it."""

    def __init__(self, attention: Attention) -> None:
        self._attention = attention
        self._read: OrderedDict[str, _Read] = OrderedDict()

    def shown(self, decision: v1.Decision, page: Sequence[Line], window: range, width: int) -> None:
        """Note that these lines of a decision's page are in view now. Lines after a gap do not count."""
        if not window:
            return
        read = self._of(decision, width)
        before = (read.to, read.whole, read.version)
        if window.start <= read.to:
            read.to = max(read.to, window.stop)
        read.whole = read.whole or read.to >= len(page)
        fresh = read.version == 0
        read.version = decision.version
        if fresh or before != (read.to, read.whole, read.version):
            self._attention.shown(decision, page if read.whole else page[: read.to])

    def whole(self, decision: v1.Decision) -> bool:
        """Return whether all of a decision's page has been in view, as its action and what was said of it are now."""
        read = self._read.get(decision.decision_id)
        return read is not None and read.whole and read.content == _content(decision)

    def _of(self, decision: v1.Decision, width: int) -> _Read:
        content = _content(decision)
        read = self._read.pop(decision.decision_id, None)
        if read is None or read.content[0] != content[0] or (read.width != width and not read.whole):
            read = _Read(content, width, 0)
        if read.content != content:
            read.content, read.whole = content, False
        self._read[decision.decision_id] = read
        if len(self._read) > REMEMBERED:
            self._read.popitem(last=False)
        return read


def _content(decision: v1.Decision) -> _Content:
    """Return what makes a page worth reading anew: its action, what was noted, and what core has answered."""
    answered = sum(each.HasField("answered_at") for each in decision.inquiries)
    return decision.action_digest, len(decision.notes), answered
