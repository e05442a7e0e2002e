"""Signed notes and their keys, as in C2SP signed-note and tlog-cosignature. No I/O, no clock, no chance."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Final, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance_client.language import _

ED25519: Final = 0x01
"""Signs a note's text."""
COSIGNATURE: Final = 0x04
"""Signs when a witness saw a checkpoint, and its text."""
MOST_BYTES: Final = 64 * 1024
"""Of a note. A checkpoint with a hundred cosignatures has a quarter of it."""
_KINDS: Final = (ED25519, COSIGNATURE)
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_TIMED: Final = struct.Struct(">Q")
_DASH: Final = "\u2014 "
_PRIVATE: Final = "PRIVATE+KEY+"


class NoteError(ValueError):
    """It is no note, or no key. The sentence says why, without a full stop."""


class VerifierKey(NamedTuple):
    """A public key under a name.

    Attributes:
        name: Whose.
        kind: What it signs: ED25519 or COSIGNATURE.
        public: The Ed25519 public key, 32 bytes.
    """

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "name+id+key". Raises NoteError."""
        name, _plus, rest = text.partition("+")
        told, _plus, encoded = rest.partition("+")
        material = _unbase64(encoded, _("the key"))
        if not _is_name(name) or len(material) != 1 + _KEY_BYTES or material[0] not in _KINDS:
            raise NoteError(_("it is no verifier key, which is written NAME+ID+KEY and is of Ed25519"))
        key = cls(name, material[0], material[1:])
        if told != key.key_id.hex():
            raise NoteError(_("its id is not that of its name and key; it was not copied whole"))
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes that name it, beside its name, in a signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """Return "name+id+key"."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"


class Signature(NamedTuple):
    """A line below a note.

    Attributes:
        name: Whose it says it is.
        key_id: Of which key it says it is.
        value: What was signed with it; its form is the key's kind's.
    """

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        """Return the line, without its end."""
        return f"{_DASH}{self.name} {_base64(self.key_id + self.value)}"

    def is_of(self, key: VerifierKey) -> bool:
        """Tell whether it says that it is of this key."""
        return self.name == key.name and self.key_id == key.key_id


class Note(NamedTuple):
    """A text, and who signed it as they say.

    Attributes:
        text: The text, with the end of its last line.
        signatures: The lines below it.
    """

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read a note. Nothing of it is believed yet. Raises NoteError."""
        if len(written.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            raise NoteError(_("it is too long"))
        text, blank, below = written.rpartition("\n\n")
        lines = below.split("\n")
        if not blank or not text or len(lines) < 2 or lines.pop():  # noqa: PLR2004 - one line, and nothing after its end
            raise NoteError(_("it has no text with signatures below a blank line"))
        if any(character < " " and character != "\n" for character in written):
            raise NoteError(_("it holds control characters"))
        return cls(f"{text}\n", tuple(_signature(line) for line in lines))

    def __str__(self) -> str:
        """Return the note as it is written."""
        return f"{self.text}\n" + "".join(f"{signature}\n" for signature in self.signatures)

    def signed_at(self, key: VerifierKey) -> int | None:
        """Return when the key's holder signed it, in seconds since 1970; 0 for a kind that does not say, None if never.

        Raises:
            NoteError: There is a signature that says it is of that key, and is not.
        """
        claims = [signature for signature in self.signatures if signature.is_of(key)]
        if not claims:
            return None
        return max(_verified(self.text, claim.value, key) for claim in claims)


class SignerKey:
    """A private key under a name. Its repr shows nothing of it.

    Attributes:
        verifier: Its public part.
    """

    def __init__(self, name: str, kind: int, seed: bytes) -> None:
        if not _is_name(name):
            raise NoteError(_("{name!r} is no name for a key: neither spaces nor + may be in it").format(name=name))
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.verifier = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `written` returned. Raises NoteError, which quotes nothing of it."""
        name, _plus, rest = text.strip().removeprefix(_PRIVATE).partition("+")
        told, _plus, encoded = rest.partition("+")
        material = _unbase64(encoded, _("the key"))
        if not text.startswith(_PRIVATE) or len(material) != 1 + _KEY_BYTES or material[0] not in _KINDS:
            raise NoteError(_("it holds no signing key, which is written PRIVATE+KEY+NAME+ID+KEY"))
        key = cls(name, material[0], material[1:])
        if told != key.verifier.key_id.hex():
            raise NoteError(_("its id is not that of its name and key"))
        return key

    def written(self) -> str:
        """Return the key as a line of text: a secret."""
        verifier = self.verifier
        return f"{_PRIVATE}{verifier.name}+{verifier.key_id.hex()}+{_base64(bytes([verifier.kind]) + self._seed)}"

    def sign(self, text: str, now_s: int = 0) -> Signature:
        """Sign a note's text.

        Args:
            text: The text, with the end of its last line.
            now_s: For a cosignature: the moment, in seconds since 1970.
        """
        if self.verifier.kind == COSIGNATURE:
            value = _TIMED.pack(now_s) + self._private.sign(_timed(text, now_s))
        else:
            value = self._private.sign(text.encode())
        return Signature(self.verifier.name, self.verifier.key_id, value)


def signed_by(message: bytes, signature: bytes, key: VerifierKey) -> bool:
    """Tell whether a message that is no note was signed with a key."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _verified(text: str, value: bytes, key: VerifierKey) -> int:
    """Return when a text was signed. Raises NoteError where it was not."""
    moment, message = 0, text.encode()
    if key.kind == COSIGNATURE and len(value) == _TIMED.size + _SIGNATURE_BYTES:
        moment = int(_TIMED.unpack_from(value)[0])
        message, value = _timed(text, moment), value[_TIMED.size :]
    if moment >= 1 << 63 or not signed_by(message, value, key):
        raise NoteError(_("the signature below it is not that of {name}").format(name=key.name))
    return moment


def _timed(text: str, now_s: int) -> bytes:
    return f"cosignature/v1\ntime {now_s}\n{text}".encode()


def _signature(line: str) -> Signature:
    name, blank, encoded = line.removeprefix(_DASH).partition(" ")
    value = _unbase64(encoded, "a signature")
    if not line.startswith(_DASH) or not blank or not _is_name(name) or len(value) <= _ID_BYTES:
        raise NoteError(_("a line below it is no signature"))
    return Signature(name, value[:_ID_BYTES], value[_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and not any(character.isspace() or character == "+" or character < " " for character in name)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _unbase64(text: str, what: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(_("{what} is no base64").format(what=what)) from None
    if _base64(value) != text:  # the same bytes in another spelling: somebody changed it
        raise NoteError(_("{what} is no base64 as it is written").format(what=what))
    return value
