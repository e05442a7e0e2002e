"""What a person has chosen about the console: values with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLUMNS: Final = ("risk", "left", "state", "action", "id", "target")
"""The columns of the queue where nobody chose others; a row's number always stands first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A person's choices.

    Attributes:
        language: One of `language.LANGUAGES`; empty for what the environment says.
        theme: Colours for a dark or a light terminal.
        colour: Use colours at all; NO_COLOR and a terminal of the kind "dumb" take them away.
        ascii: Draw with ASCII alone.
        editing: How the typed line is edited.
        columns: Of the queue, in order.
        bell: Which arrivals ring the terminal's bell.
        notify: Which arrivals are sent to the terminal as a desktop notification (OSC 9).
        keys: The board's keys, by what they do, where they differ from the built-in ones.
        history: The file that keeps what was typed; None keeps it for the session only.
    """

    language: str = ""
    theme: Literal["dark", "light"] = "dark"
    colour: bool = True
    ascii: bool = False
    editing: Literal["emacs", "vi"] = "emacs"
    columns: tuple[str, ...] = COLUMNS
    bell: Literal["never", "critical", "all"] = "never"
    notify: Literal["never", "critical", "all"] = "never"
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    history: Path | None = None
