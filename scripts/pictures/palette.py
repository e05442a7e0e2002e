"""The colours of a terminal, dark or light, under the names that pyte gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEX: Final = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one terminal.

    Attributes:
        ground: Behind the text.
        ink: The text, where nothing else is said.
        frame: The edge of the window.
        named: The sixteen colours; pyte calls yellow brown.
    """

    ground: str
    ink: str
    frame: str
    named: Mapping[str, str]

    def colour(self, name: str, otherwise: str) -> str:
        """Return a colour by the name that a cell has: one of the sixteen, six hexadecimal digits, or "default"."""
        if _HEX.fullmatch(name):
            return f"#{name}"
        return self.named.get(name, otherwise)


PALETTES: Final = {
    "dark": Palette(
        ground="#12161c",
        ink="#d7dce2",
        frame="#2b323b",
        named={
            "black": "#12161c",
            "red": "#e0665f",
            "green": "#79b96f",
            "brown": "#d9a84e",
            "blue": "#6ea3e0",
            "magenta": "#c58bd1",
            "cyan": "#63b7bd",
            "white": "#a9b1ba",
            "brightblack": "#7b8590",
            "brightred": "#ff7f76",
            "brightgreen": "#97d58c",
            "brightbrown": "#f2c46d",
            "brightyellow": "#f2c46d",
            "brightblue": "#8fbef5",
            "brightmagenta": "#dda6e8",
            "brightcyan": "#83d3d9",
            "brightwhite": "#ffffff",
        },
    ),
    "light": Palette(
        ground="#fbfaf7",
        ink="#22262b",
        frame="#d8d5cd",
        named={
            "black": "#22262b",
            "red": "#b3261e",
            "green": "#2f6b2a",
            "brown": "#7d5800",
            "blue": "#1f5fae",
            "magenta": "#8a3a97",
            "cyan": "#0b6b70",
            "white": "#c9c7c1",
            "brightblack": "#646a71",
            "brightred": "#cc3b33",
            "brightgreen": "#3d8237",
            "brightbrown": "#946a05",
            "brightyellow": "#946a05",
            "brightblue": "#2f73c8",
            "brightmagenta": "#a04dad",
            "brightcyan": "#147d83",
            "brightwhite": "#ffffff",
        },
    ),
}
