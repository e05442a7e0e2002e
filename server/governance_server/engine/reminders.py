"""Reminders: which notices a destination is spared, since it was told of the same lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.domain.moment import SECOND_US
from governance_server.engine.notices import REMINDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.engine.notices import Notice, NoticeKind


class Reminders:
    """What one destination was told of lately.

    Of a decision that waits it is reminded once within the span, whether by a warning, a breach or an escalation. What
    is urgent is told each time it is something else: only the same kind about the same subject has to wait. Spans are
    measured between the moments things happened, not between those they were told, so that a restart or a destination
    that was away changes nothing about which notices go out.

    Attributes:
        told_us: When what was told happened, in microseconds since the epoch, by what it was.
    """

    def __init__(self, told_us: Mapping[str, int]) -> None:
        self.told_us = dict(told_us)

    def admit(self, notice: Notice, span_s: int) -> bool:
        """Tell whether a notice is to be told, and if so, remember it as told."""
        now_us, span_us = notice.recorded_at_us, span_s * SECOND_US
        keys = [_key(kind, notice.subject) for kind in notice.kinds]
        if all(key in self.told_us and now_us - self.told_us[key] < span_us for key in keys):
            return False
        self.told_us |= dict.fromkeys(keys, now_us)
        return True

    def forget(self, now_us: int, span_s: int) -> None:
        """Drop what is too long ago to matter."""
        since_us = now_us - span_s * SECOND_US
        self.told_us = {key: told_us for key, told_us in self.told_us.items() if told_us > since_us}


def _key(kind: NoticeKind, subject: str) -> str:
    return f"{'reminder' if kind in REMINDERS else kind.value} {subject}"
