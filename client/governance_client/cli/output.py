"""Output: lines for people, with colour only on a terminal; JSON for programs; sentences on standard error."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from governance_client.console.rendering import Line

_PIPE_COLUMNS: Final = 200
"""Where nobody looks at it on a terminal, lines are this long, so that a script gets whole targets."""


def prepare_streams() -> None:
    """Make the standard streams usable, whatever we were given.

    One that was closed reads, or writes, nothing: else its number would be taken by the next file or connection that is
    opened. What the streams' encoding does not have is written as an escape.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # the lowest number that is free is the closed stream's own
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def abandon_output() -> None:
    """Send what is still to be written to standard output nowhere: it would fail again when the program ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def complain(sentence: str) -> None:
    """Write a sentence to standard error; whatever is quoted in it is inert."""
    sys.stderr.write(f"governance: {harmless(sentence)}\n")


def harmless(sentence: str) -> str:
    """Return a sentence on one line that cannot move a terminal, also on a machine without the console's packages."""
    try:
        from governance_client.console import inert
    except ModuleNotFoundError:  # a core's machine has no console
        return ascii(sentence)[1:-1]
    return inert.sentence(sentence)


def drawn(text: str) -> str:
    """Return text of ours as it can be drawn: where only ASCII is, without accents."""
    if text.isascii():
        return text
    try:
        from governance_client.console.glyphs import spelled
    except ModuleNotFoundError:  # a core's machine has no console
        return text
    return spelled(text)


def print_json(message: Message) -> None:
    """Write a message in protobuf's JSON mapping, on one line, in ASCII."""
    from google.protobuf import json_format

    sys.stdout.write(json_format.MessageToJson(message, indent=None) + "\n")


def width() -> int:
    """Return how many columns a line may take."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_COLUMNS


def print_lines(lines: Iterable[Line]) -> None:
    """Write styled lines; in ASCII where only that is drawn."""
    from governance_client.console.glyphs import spelled

    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for line in lines:
        drawn = [(style, spelled(text)) for style, text in line]
        sys.stdout.write("".join(_painted(*each) if coloured else each[1] for each in drawn).rstrip() + "\n")


def _painted(style: str, text: str) -> str:
    from governance_client.console.theme import SGR

    parameters = SGR.get(style)
    return f"\x1b[{parameters}m{text}\x1b[0m" if parameters else text
