"""A picture: the lines of a full-screen view as prompt-toolkit draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.layout import UIContent, UIControl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance_client.console.lines import Line


class Picture(UIControl):
    """Draws lines as they are now, and keeps none; prompt-toolkit's own control for text keeps its last pictures."""

    def __init__(self, lines: Callable[[], Sequence[Line]]) -> None:
        self._lines = lines

    def is_focusable(self) -> bool:
        """Return that it takes the keys."""
        return True

    def create_content(self, width: int, height: int) -> UIContent:
        """Return the lines."""
        del width, height
        lines = [FormattedText(line) for line in self._lines()]
        return UIContent(lines.__getitem__, len(lines), show_cursor=False)
