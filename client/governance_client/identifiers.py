"""Identifiers: what requests are known by, so that the same again is told from another one."""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Final

_MILLISECOND_NS: Final = 1_000_000
_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_CHANCE_BITS: Final = 62
_MORE_CHANCE_BITS: Final = 12


def new_id() -> str:
    """Return an id that nobody else has: a UUID of version 7 (RFC 9562, section 5.7), in 32 hexadecimal digits.

    It begins with the time, in milliseconds, so that the server's indexes take ids that were drawn one after the other
    in next to each other: half of what the ledger's disk work costs, against ids of chance alone. What else it holds is
    74 bits of chance. Nobody takes the time of it for anything: it is the clock of whoever drew it.
    """
    moment = time.time_ns() // _MILLISECOND_NS << 80
    chance = secrets.randbits(_MORE_CHANCE_BITS) << 64 | secrets.randbits(_CHANCE_BITS)
    return uuid.UUID(int=moment | _VERSION | _VARIANT | chance).hex
