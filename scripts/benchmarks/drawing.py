"""Drawing: what the pictures of figures have in common, as SVG for light and dark pages; nothing is fetched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LIGHT: Final = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "dim": "#59636e",
    "rule": "#d1d9e0",
    "band": "#eef3fa",
    "a": "#0b62c4",
    "b": "#b3450f",
    "c": "#1a7f37",
    "alarm": "#c4161c",
}
"""The colours on a light page, by what they are for; a, b and c tell what is compared apart."""
DARK: Final = {
    "paper": "#0d1117",
    "ink": "#e6edf3",
    "dim": "#9198a1",
    "rule": "#30363d",
    "band": "#161c26",
    "a": "#6cb2ff",
    "b": "#ffa657",
    "c": "#56d364",
    "alarm": "#ff7b72",
}
"""The same on a dark one."""
TEXT: Final = """\
text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}.head{font-size:15px;font-weight:600}\
.name{font-weight:600}.end{text-anchor:end}.mid{text-anchor:middle}"""
"""How text is set."""
_STEPS: Final = (1, 2, 2.5, 5, 10)


def sheet(fixed: str, fills: Mapping[str, str], strokes: Mapping[str, str]) -> str:
    """Return the style of a picture, without CSS variables, which not every renderer of SVG knows.

    Args:
        fixed: Rules that are the same on every page.
        fills: Which selector is filled with which colour of the palettes.
        strokes: Which is drawn in which.
    """
    light, dark = (_rules(palette, fills, strokes) for palette in (LIGHT, DARK))
    return f"<style>{fixed}{light}\n@media (prefers-color-scheme:dark){{{dark}}}</style>"


def _rules(palette: Mapping[str, str], fills: Mapping[str, str], strokes: Mapping[str, str]) -> str:
    return "".join(
        f"{selector}{{{kind}:{palette[name]}}}"
        for kind, named in (("fill", fills), ("stroke", strokes))
        for selector, name in named.items()
    )


def document(size: tuple[int, int], title: str, look: str, body: Iterable[str], description: str = "") -> str:
    """Return an SVG document.

    Args:
        size: Width and height.
        title: What it shows: for those who see it, and for those who have it read to them.
        look: Its style.
        body: What is drawn, below the title.
        description: What is to be seen in it, in words; empty for nothing.
    """
    width, height = size
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            *([f"<desc>{escape(description)}</desc>"] if description else []),
            look,
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *body,
            "</svg>",
            "",
        ]
    )


class Linear:
    """An axis from 0 up to a round number that no value exceeds."""

    def __init__(self, values: Sequence[float]) -> None:
        most = max(values) or 1.0
        power = 10.0 ** math.floor(math.log10(most))
        step = next(step * power / 2 for step in _STEPS if step * power >= most / 2)
        self._top = step * math.ceil(most / step)
        self.marks = [step * number for number in range(round(self._top / step) + 1)]

    def share(self, value: float) -> float:
        """Return how far along the axis a value is, of 1."""
        return value / self._top


class Logarithmic:
    """An axis of powers of ten, from one that no value is below to one that none exceeds; it has no 0."""

    def __init__(self, values: Sequence[float]) -> None:
        found = [value for value in values if value > 0] or [1.0]
        self._low, self._high = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
        self._high = max(self._high, self._low + 1)
        self.marks = [10.0**power for power in range(self._low, self._high + 1)]

    def share(self, value: float) -> float:
        """Return how far along the axis a value is, of 1; what is not on it is at its beginning."""
        return (math.log10(max(value, 10.0**self._low)) - self._low) / (self._high - self._low)
