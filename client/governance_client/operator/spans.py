"""Spans of time as people type them: `90s`, `30m`, `1h30m`, `2d`. Pure."""

from __future__ import annotations

import re
from typing import Final

from governance_client.language import _

_SPAN: Final = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?")
_UNITS_S: Final = (86400, 3600, 60, 1)


def seconds_of(text: str) -> int:
    """Return how many seconds a typed span has. Raises ValueError, with a sentence, where it is none, or nothing."""
    match = _SPAN.fullmatch(text) if text.isascii() else None
    parts = match.groups(default="0") if match else ()
    total_s = sum(int(count) * unit_s for count, unit_s in zip(parts, _UNITS_S, strict=bool(parts)))
    if not total_s:
        raise ValueError(_("{text!r} is no span of time; write 90s, 30m, 1h30m or 2d").format(text=text))
    return total_s
