"""The digest of an action, computed by the client for itself: what an order gives leave for is checked, not believed.

The canonical encoding is specified in `proto/README.md`, "The digest of an action". All numbers are big-endian; a text
is its length in bytes (32 bits) and its UTF-8:

```text
"governance.v1.Action" 0x00
type (32 bits) · scope (32) · duration: seconds (64, signed) · nanoseconds (32)      absent: 0 and 0
number of targets (32), then each in the given order: kind (32) · value (text)
number of parameters (32), then each by the bytes of its name: name (text) · value (text)
```
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from google.protobuf.unknown_fields import UnknownFieldSet

from governance_client.errors import ProtocolError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from governance import v1

_DOMAIN: Final = b"governance.v1.Action\0"


def action_digest(action: v1.Action) -> bytes:
    """Return the 32 bytes that name an action.

    Raises:
        ProtocolError: The action has a field that this version does not know, so that it cannot tell what it would be
            agreeing to; or a number that no contract-abiding action has.
    """
    if has_unknown_fields(action):
        raise ProtocolError(
            _("An action has a field that this version does not know, so it has no digest here. Update the client.")
        )
    sha = hashlib.sha256(_DOMAIN)
    try:
        for part in _encoded(action):
            sha.update(part)
    except OverflowError:
        raise ProtocolError(_("An action has a number out of the contract's bounds. It has no digest.")) from None
    return sha.digest()


def has_unknown_fields(action: v1.Action) -> bool:
    """Tell whether anything within the action is unknown to this version of the contract."""
    parts: list[Message] = [action, *action.targets]
    if action.HasField("duration"):
        parts.append(action.duration)
    return any(len(UnknownFieldSet(part)) > 0 for part in parts)


def _encoded(action: v1.Action) -> Iterator[bytes]:
    yield _number(action.type)
    yield _number(action.scope)
    yield action.duration.seconds.to_bytes(8, "big", signed=True)
    yield _number(action.duration.nanos)
    yield _number(len(action.targets))
    for target in action.targets:
        yield _number(target.kind)
        yield _text(target.value.encode())
    by_name = sorted((name.encode(), value.encode()) for name, value in action.parameters.items())
    yield _number(len(by_name))
    for name, value in by_name:
        yield _text(name)
        yield _text(value)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _text(content: bytes) -> bytes:
    return _number(len(content)) + content
