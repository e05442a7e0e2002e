"""The theme: what each style looks like, in the console and, as SGR parameters, in the command line's output."""

from __future__ import annotations

from typing import Final

CONSOLE: Final = {
    "risk.critical": "bold ansired",
    "risk.high": "ansired",
    "risk.medium": "ansiyellow",
    "risk.low": "ansigreen",
    "header": "bold",
    "title": "bold",
    "label": "ansicyan",
    "target": "bold",
    "id": "ansibrightblack",
    "dim": "ansibrightblack",
    "late": "bold ansired",
    "news": "bold",
    "moved": "",
    "done": "ansigreen",
    "refused": "ansired",
    "prompt": "bold",
    "link.up": "ansigreen",
    "link.down": "bold ansired",
    "bottom-toolbar": "noreverse bg:#1c1c1c #d0d0d0",
}
"""For prompt-toolkit. The sixteen colours follow the terminal's own scheme."""

SGR: Final = {
    "class:risk.critical": "1;31",
    "class:risk.high": "31",
    "class:risk.medium": "33",
    "class:risk.low": "32",
    "class:header": "1",
    "class:title": "1",
    "class:label": "36",
    "class:target": "1",
    "class:id": "90",
    "class:dim": "90",
    "class:late": "1;31",
    "class:done": "32",
    "class:refused": "31",
}
"""For the command line; a style without an entry is plain."""
