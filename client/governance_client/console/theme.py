"""The theme: what each style looks like, in the console and, as SGR parameters, in the command line's output.

The sixteen colours follow the terminal's own scheme, so that only those are used that can be read on any dark, or on
any light, background. Without colour, weight and underlining carry what matters; letters and words always do.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_ATTRIBUTES: Final = {
    "risk.critical": "bold",
    "header": "bold",
    "title": "bold",
    "target": "bold",
    "late": "bold",
    "news": "bold",
    "prompt": "bold",
    "link.down": "bold",
    "pane.title": "bold",
    "selected": "reverse",
    "key": "bold",
    "warning": "bold",
}
"""What every theme has besides its colours."""
_NAMES: Final = (
    *("risk", "risk.critical", "risk.high", "risk.medium", "risk.low"),
    *("header", "title", "label", "target", "id", "dim", "late", "news", "moved", "done", "refused"),
    *("prompt", "input", "warning", "quote", "link.up", "link.down", "bottom-toolbar"),
    *("pane", "pane.title", "selected", "border", "key", "bar", "bar.rest"),
)
_DARK: Final = {
    "risk.critical": "ansibrightred",
    "risk.high": "ansibrightred",
    "risk.medium": "ansiyellow",
    "risk.low": "ansigreen",
    "label": "ansicyan",
    "id": "ansigray",
    "dim": "ansigray",
    "late": "ansibrightred",
    "done": "ansigreen",
    "refused": "ansibrightred",
    "warning": "ansiyellow",
    "quote": "ansicyan",
    "link.up": "ansigreen",
    "link.down": "ansibrightred",
    "pane.title": "ansicyan",
    "border": "ansigray",
    "key": "ansicyan",
    "bar": "ansicyan",
    "bar.rest": "ansigray",
    "bottom-toolbar": "noreverse bg:#1c1c1c #d0d0d0",
}
_LIGHT: Final = {
    "risk.critical": "ansired",
    "risk.high": "ansired",
    "risk.medium": "ansimagenta",
    "risk.low": "ansiblue",
    "label": "ansiblue",
    "id": "ansibrightblack",
    "dim": "ansibrightblack",
    "late": "ansired",
    "done": "ansiblue",
    "refused": "ansired",
    "warning": "ansimagenta",
    "quote": "ansiblue",
    "link.up": "ansiblue",
    "link.down": "ansired",
    "pane.title": "ansiblue",
    "border": "ansibrightblack",
    "key": "ansiblue",
    "bar": "ansiblue",
    "bar.rest": "ansibrightblack",
    "bottom-toolbar": "noreverse bg:#e4e4e4 #1c1c1c",
}
_COLOURLESS: Final = {
    "risk.critical": "reverse",
    "risk.high": "bold",
    "risk.medium": "underline",
    "late": "underline",
    "refused": "bold",
    "warning": "underline",
    "link.down": "underline",
    "bottom-toolbar": "reverse",
}
_ANY: Final = {
    "risk.critical": "ansired",
    "risk.high": "ansired",
    "risk.medium": "ansimagenta",
    "late": "ansired",
    "refused": "ansired",
    "warning": "ansimagenta",
    "label": "dim",
    "id": "dim",
    "dim": "dim",
    "quote": "dim",
    "bar.rest": "dim",
    "border": "dim",
}
"""For the command line, which does not know what it writes on."""
_THEMES: Final = {"dark": _DARK, "light": _LIGHT, "": _ANY}
_SGR: Final = {
    "bold": "1",
    "dim": "2",
    "underline": "4",
    "reverse": "7",
    "ansired": "31",
    "ansigreen": "32",
    "ansiyellow": "33",
    "ansiblue": "34",
    "ansimagenta": "35",
    "ansicyan": "36",
    "ansigray": "37",
    "ansibrightblack": "90",
    "ansibrightred": "91",
}


@cache
def _styles(theme: str, *, colour: bool) -> dict[str, str]:
    chosen = _THEMES[theme] if colour else _COLOURLESS
    return {name: f"{_ATTRIBUTES.get(name, '')} {chosen.get(name, '')}".strip() for name in _NAMES}


def console(theme: str = "dark", colour: bool = True) -> dict[str, str]:
    """Return the styles for prompt-toolkit.

    Args:
        theme: "dark" or "light".
        colour: Use colours; without, letters and attributes alone carry what matters.
    """
    return dict(_styles(theme, colour=colour))


def sgr(theme: str = "") -> dict[str, str]:
    """Return the SGR parameters of each style for the command line; a style without any is left out.

    Args:
        theme: "dark" or "light"; empty for what can be read on both.
    """
    return {
        f"class:{name}": ";".join(_SGR[each] for each in style.split())
        for name, style in _styles(theme, colour=True).items()
        if style and name != "bottom-toolbar"
    }


CONSOLE: Final = console()
"""For prompt-toolkit, where nobody chose."""
SGR: Final = sgr()
"""For the command line, where nobody chose."""
