"""Moments as people type them: `2026-03-01`, `2026-03-01T10:00:00Z`, or how long ago: `7d`, `12h`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from governance_client.language import _
from governance_client.operator.spans import seconds_of

_SECOND_US: Final = 1_000_000


def moment_of(text: str, now_us: int) -> int:
    """Return a typed moment in microseconds since 1970. Raises ValueError, with a sentence, where it is none.

    Args:
        text: What was typed; without a time zone it is UTC.
        now_us: What spans count back from.
    """
    try:
        return now_us - seconds_of(text) * _SECOND_US
    except ValueError:
        pass  # then it is a date
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            _("{text!r} is no moment; write 2026-03-01, 2026-03-01T10:00:00Z, or how long ago, as in 7d or 12h").format(
                text=text
            )
        ) from None
    moment = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return int(moment.timestamp() * _SECOND_US)
