"""Moments as the checkers count them: microseconds since the Unix epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

SECOND_US: Final = 1_000_000


def us(moment: Timestamp) -> int:
    """Return a moment as a number that can be compared."""
    return moment.seconds * SECOND_US + moment.nanos // 1000
