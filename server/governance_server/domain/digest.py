"""Digests: what an action, a command, an entry and its personal data are bound by.

The canonical encoding of an action is specified in `proto/README.md`, "The digest of an action"; the client has its own
implementation of it, on purpose, and `tests/vectors/action_digest.json` holds both to the specification.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from governance import v1

ACTION_PREFIX: Final = b"governance.v1.Action\x00"
LEAF_PREFIX: Final = b"\x00"
"""RFC 9162 section 2.1.1: the hash of a leaf is SHA-256(0x00 || leaf)."""
PERSONAL_PREFIX: Final = b"\x02"
"""Neither a leaf (0x00) nor a node (0x01) of RFC 9162, so that no commitment can be taken for one."""
SALT_BYTES: Final = 32
NO_HASH: Final = bytes(32)
"""What the first entry of a ledger has as its previous hash."""

_HEAD: Final = struct.Struct(">IIqI")
_U32: Final = struct.Struct(">I")


def action_encoding(action: v1.Action) -> bytes:
    """Return the canonical encoding of an action, the same in every language."""
    pack = _U32.pack
    parts = [
        ACTION_PREFIX,
        _HEAD.pack(action.type, action.scope, action.duration.seconds, action.duration.nanos),
        pack(len(action.targets)),
    ]
    for target in action.targets:
        value = target.value.encode()
        parts += (pack(target.kind), pack(len(value)), value)
    parameters = sorted((key.encode(), value.encode()) for key, value in action.parameters.items())
    parts.append(pack(len(parameters)))
    for key, value in parameters:
        parts += (pack(len(key)), key, pack(len(value)), value)
    return b"".join(parts)


def action_digest(action: v1.Action) -> bytes:
    """Return the 32 bytes that verdicts, orders and outcomes name an action by."""
    return hashlib.sha256(action_encoding(action)).digest()


def content_digest(message: Message) -> bytes:
    """Return the 32 bytes by which a repeated command is told from another one under the same request id."""
    return hashlib.sha256(message.SerializeToString(deterministic=True)).digest()


def entry_hash(entry: bytes) -> bytes:
    """Return the leaf hash of an entry, over its bytes as stored."""
    return hashlib.sha256(LEAF_PREFIX + entry).digest()


def target_digest(value: str) -> bytes:
    """Return the 32 bytes by which an entry names a halted target. Guessable, as an action's digest is."""
    return hashlib.sha256(value.encode()).digest()


def personal_commitment(salt: bytes, personal: bytes) -> bytes:
    """Return the salted commitment to an entry's personal data, over its bytes as stored."""
    assert len(salt) == SALT_BYTES
    return hashlib.sha256(PERSONAL_PREFIX + salt + personal).digest()
