"""Attention: which decisions were shown, what of them, and for how long. Pure but for the clock it is given."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from google.protobuf.duration_pb2 import Duration

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from governance_client.console.lines import Line

REMEMBERED: Final = 1024
"""So many decisions are remembered, those shown last."""
_READING_MOST_S: Final = 86400
"""The contract's bound on a reading time."""
_NANOS: Final = 1_000_000_000


class _Seen(NamedTuple):
    action_digest: bytes
    version: int
    rendering: bytes
    since_s: float


class Attention:
    """Remembers what was shown of each decision, and since when its present action has been in view."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with nothing shown.

        Args:
            now: Seconds of a clock that nobody sets.
        """
        self.now = now
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def shown(self, decision: v1.Decision, lines: Iterable[Line], since_s: float | None = None) -> None:
        """Note that these lines were shown of a decision.

        The time that it has been in view counts from when its action was first shown.

        Args:
            decision: Which.
            lines: What was shown of it.
            since_s: When the first of them were, by the clock; None for just now.
        """
        self.shown_together((decision,), lines, since_s)

    def shown_together(
        self, decisions: Iterable[v1.Decision], lines: Iterable[Line], since_s: float | None = None
    ) -> None:
        """Note that these lines were shown of all of these decisions, just now or since then."""
        rendering, now_s = _rendering(lines), self.now() if since_s is None else since_s
        for each in decisions:
            before = self._seen.pop(each.decision_id, None)
            same = before is not None and before.action_digest == each.action_digest
            since_s = before.since_s if before is not None and same else now_s
            self._seen[each.decision_id] = _Seen(each.action_digest, each.version, rendering, since_s)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)

    def presentation(self, decision: v1.Decision) -> v1.Presentation | None:
        """Return what a verdict says was shown of a decision; None where its present action was not shown."""
        seen = self._of(decision)
        if seen is None:
            return None
        reading_ns = int(min(self.read_s(decision), _READING_MOST_S) * _NANOS)
        reading = Duration(seconds=reading_ns // _NANOS, nanos=reading_ns % _NANOS)
        return v1.Presentation(rendering_digest=seen.rendering, version=seen.version, reading=reading)

    def read_s(self, decision: v1.Decision) -> float:
        """Return for how many seconds a decision's present action has been in view; 0 where it was not shown."""
        seen = self._of(decision)
        return 0.0 if seen is None else max(self.now() - seen.since_s, 0.0)

    def _of(self, decision: v1.Decision) -> _Seen | None:
        seen = self._seen.get(decision.decision_id)
        return seen if seen is not None and seen.action_digest == decision.action_digest else None


def _rendering(lines: Iterable[Line]) -> bytes:
    """Return the SHA-256 of lines as they read, each ended by a line feed."""
    sha = hashlib.sha256()
    for line in lines:
        sha.update("".join(text for _, text in line).encode("utf-8", "replace") + b"\n")
    return sha.digest()
