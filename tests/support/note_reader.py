"""Checks a signed checkpoint as the specifications say it, with nothing of ours: C2SP signed-note, tlog-cosignature."""

from __future__ import annotations

import base64
import hashlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify_note(note: bytes, vkey: str) -> bytes:
    """Return a note's text if the key signed it. Raises ValueError or InvalidSignature."""
    text, line, _ = _line_of(note, vkey)
    _public(vkey, 1).verify(line, text)
    return text


def verify_cosignature(note: bytes, vkey: str) -> tuple[bytes, int]:
    """Return a note's text, and when the witness's key signed it. Raises ValueError or InvalidSignature."""
    text, line, _ = _line_of(note, vkey)
    (moment,) = struct.unpack(">Q", line[:8])
    _public(vkey, 4).verify(line[8:], b"cosignature/v1\ntime " + str(moment).encode() + b"\n" + text)
    return text, moment


def _public(vkey: str, kind: int) -> Ed25519PublicKey:
    name, key_id, key = vkey.split("+", 2)
    material = base64.b64decode(key)
    if material[0] != kind or len(material) != 33:
        raise ValueError("another kind of key")
    if hashlib.sha256(name.encode() + b"\n" + material).digest()[:4].hex() != key_id:
        raise ValueError("another key id")
    return Ed25519PublicKey.from_public_bytes(material[1:])


def _line_of(note: bytes, vkey: str) -> tuple[bytes, bytes, bytes]:
    """Split at the last empty line; return the text, the key's signature, and the line that has it."""
    name, key_id, _ = vkey.split("+", 2)
    place = note.rindex(b"\n\n")
    text, below = note[: place + 1], note[place + 2 :]
    if not below.endswith(b"\n"):
        raise ValueError("no end of line")
    for line in below[:-1].split(b"\n"):
        dash, told, value = line.split(b" ")
        decoded = base64.b64decode(value)
        if dash == "—".encode() and told == name.encode() and decoded[:4].hex() == key_id:
            return text, decoded[4:], line
    raise ValueError("not signed with that key")
