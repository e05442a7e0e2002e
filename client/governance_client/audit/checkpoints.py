"""Checkpoints: what a server signs of its ledger, as in C2SP tlog-checkpoint. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple, Self

from governance_client.audit.notes import Note, NoteError
from governance_client.language import _

ORIGIN: Final = "governance-workspace/"
"""What the origin of every ledger of ours begins with; its id follows."""
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_OURS: Final = re.compile(rf"{ORIGIN}(?P<id>[0-9a-f]{{32}})", re.ASCII)
_ROOT_BYTES: Final = 32
_LINES: Final = 3


class Checkpoint(NamedTuple):
    """How large a ledger's tree was, and its root then.

    Attributes:
        origin: Which ledger.
        size: So many entries.
        root: The root of the tree over them.
        note: The note that it was read from, with whatever is signed below it.
    """

    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read a checkpoint. Nothing of it is believed yet. Raises NoteError."""
        note = Note.parse(written)
        lines = note.text.split("\n")[:-1]
        if len(lines) < _LINES or not all(lines):
            raise NoteError(_("it has no three lines: origin, size and root"))
        if _SIZE.fullmatch(lines[1]) is None:
            raise NoteError(_("its second line is no size"))
        return cls(lines[0], int(lines[1]), _root(lines[2]), note)

    @property
    def ledger_id(self) -> str:
        """The ledger's id; empty where the origin is none of ours."""
        found = _OURS.fullmatch(self.origin)
        return found["id"] if found else ""


def text_of(origin: str, size: int, root: bytes) -> str:
    """Return the text of the note that says so."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n"


def _root(line: str) -> bytes:
    try:
        root = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != _ROOT_BYTES or base64.b64encode(root).decode("ascii") != line:
        raise NoteError(_("its third line is no SHA-256 in base64"))
    return root
