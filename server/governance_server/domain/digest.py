"""Digests: what an action, a command, an entry and its personal data are bound by.

The canonical encoding of an action is specified in `proto/README.md`, "The digest of an action"; the client has its own
implementation of it, on purpose, and `tests/vectors/action_digest.json` holds both to the specification.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_HEAD: Final = struct.Struct(">IIqII")
_PAIR: Final = struct.Struct(">II")
_U32: Final = struct.Struct(">I")
_NO_PARAMETERS: Final = _U32.pack(0)


def action_encoding(action: v1.Action) -> bytes:
    """Return the canonical encoding of an action, the same in every language."""
    # Asked for every proposal: each field is read once, and what a plain action does not have costs a look.
    seconds = nanos = 0
    if action.HasField("duration"):
        duration = action.duration
        seconds, nanos = duration.seconds, duration.nanos
    # A slice: going through protobuf's own list ends in an IndexError that it makes and Python drops.
    targets = action.targets[:]
    parts = [ACTION_PREFIX, _HEAD.pack(action.type, action.scope, seconds, nanos, len(targets))]
    for target in targets:
        value = target.value.encode()
        parts += (_PAIR.pack(target.kind, len(value)), value)
    parameters = action.parameters
    parts += _parameters(parameters) if parameters else (_NO_PARAMETERS,)
    return b"".join(parts)


def _parameters(parameters: Mapping[str, str]) -> list[bytes]:
    pack = _U32.pack
    parts = [pack(len(parameters))]
    for key, value in sorted((key.encode(), parameters[key].encode()) for key in parameters):
        parts += (pack(len(key)), key, pack(len(value)), value)
    return parts


def action_digest(action: v1.Action) -> bytes:
    """Return the 32 bytes that verdicts, orders and outcomes name an action by."""
    return sha256(action_encoding(action)).digest()


def content_digest(message: Message) -> bytes:
    """Return the 32 bytes by which a repeated command is told from another one under the same request id."""
    return sha256(message.SerializeToString(deterministic=True)).digest()


def entry_hash(entry: bytes) -> bytes:
    """Return the leaf hash of an entry, over its bytes as stored."""
    return sha256(LEAF_PREFIX + entry).digest()


def target_digest(value: str) -> bytes:
    """Return the 32 bytes by which an entry names a halted target. Guessable, as an action's digest is."""
    return sha256(value.encode()).digest()


def personal_commitment(salt: bytes, personal: bytes) -> bytes:
    """Return the salted commitment to an entry's personal data, over its bytes as stored."""
    assert len(salt) == SALT_BYTES
    return sha256(PERSONAL_PREFIX + salt + personal).digest()
