"""The text of checkpoints: C2SP signed-note, tlog-checkpoint and tlog-cosignature. Signs and verifies nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final, NamedTuple

ED25519: Final = 0x01
"""The signature type of Ed25519 in signed-note."""
ORIGIN_PREFIX: Final = "governance-workspace/"
KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
COSIGNATURE_BYTES: Final = 8 + SIGNATURE_BYTES
"""tlog-cosignature: a time, and an Ed25519 signature."""
MOST_SIGNATURES: Final = 16
"""signed-note: what every verifier has to take."""

_LINE: Final = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_BODY_LINES: Final = 3


class NoteError(ValueError):
    """A text is no signed note, or no checkpoint; the message says why, without the text."""


class Signature(NamedTuple):
    """A signature line of a note.

    Attributes:
        name: The key's name.
        key_id: The first four bytes of the key's hash.
        signature: What follows them.
    """

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line, with its end."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


class Note(NamedTuple):
    """A signed note.

    Attributes:
        text: What is signed, with its last line's end.
        signatures: Its signatures, at least one.
    """

    text: str
    signatures: tuple[Signature, ...]

    def whole(self) -> str:
        """Return the note as it is written."""
        return f"{self.text}\n{''.join(signature.line() for signature in self.signatures)}"


class Checkpoint(NamedTuple):
    """What a checkpoint says.

    Attributes:
        origin: Which log.
        size: How many leaves its tree has.
        root: The tree's root.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note's text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(ledger_id: str) -> str:
    """Return the origin of a ledger's checkpoints, which is also the name of the keys that they are signed with."""
    return ORIGIN_PREFIX + ledger_id


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the four bytes that a signature line names an Ed25519 key by."""
    return hashlib.sha256(f"{name}\n".encode() + bytes([ED25519]) + public_key).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, public_key: bytes) -> str:
    """Return an Ed25519 key as text: "name+id+key"."""
    assert len(public_key) == KEY_BYTES
    key = base64.b64encode(bytes([ED25519]) + public_key).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{key}"


def key_change(previous: str, following: str) -> bytes:
    """Return what a key signs to vouch for the one after it; both are verifier keys."""
    return f"governance-workspace key change\n{previous}\n{following}\n".encode("ascii")


def read_note(whole: str) -> Note:
    """Return a note that was written; nothing is verified.

    Raises:
        NoteError: It is none.
    """
    if any(character < " " and character != "\n" for character in whole):
        raise NoteError("it has control characters")
    text, separator, signatures = whole.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise NoteError("it has no signature lines after an empty line")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"it has more than {MOST_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_read_signature(line) for line in lines))


def _read_signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise NoteError("a signature line is not of the form that signed-note has")
    signature = _decoded(match["signature"])
    if len(signature) <= KEY_ID_BYTES:
        raise NoteError("a signature line has no signature")
    return Signature(match["name"], signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:])


def read_checkpoint(text: str) -> Checkpoint:
    """Return what a note's text says as a checkpoint. Lines after the third are refused: ours have none.

    Raises:
        NoteError: It is none.
    """
    lines = text.split("\n")
    if len(lines) != _BODY_LINES + 1 or lines.pop() or not lines[0]:
        raise NoteError("its text has not the three lines of a checkpoint")
    origin, size, root = lines
    if _SIZE.fullmatch(size) is None:
        raise NoteError("its size is no number")
    decoded = _decoded(root)
    if len(decoded) != hashlib.sha256().digest_size:
        raise NoteError("its root is no hash")
    return Checkpoint(origin, int(size), decoded)


def with_cosignatures(note: Note, offered: Note) -> Note:
    """Return a checkpoint of ours with the cosignatures that are offered, newer ones in place of the same key's.

    Whoever offers them was asked who it is; whether they are good, only who knows the witness's key can tell. Lines
    that are no cosignatures are left out, and so are ours.

    Args:
        note: The checkpoint as we have it; its first signature is ours.
        offered: The same text with other signatures.

    Raises:
        NoteError: It has another text or no cosignature, or there would be more signatures than a note may have.
    """
    if offered.text != note.text:
        raise NoteError("its text is another one than the checkpoint's")
    ours = note.signatures[0]
    cosignatures = [
        one for one in offered.signatures if len(one.signature) == COSIGNATURE_BYTES and one.name != ours.name
    ]
    if not cosignatures:
        raise NoteError("it has no cosignature")
    merged = {(one.name, one.key_id): one for one in (*note.signatures, *cosignatures)}
    if len(merged) > MOST_SIGNATURES:
        raise NoteError(f"the checkpoint would have more than {MOST_SIGNATURES} signatures")
    return Note(note.text, tuple(merged.values()))


def _decoded(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:  # of binascii, and of base64 for what is not ASCII
        raise NoteError("it has what is no base64") from None
    if base64.b64encode(decoded).decode() != text:
        raise NoteError("its base64 is not the canonical one")
    return decoded
