"""Moments: microseconds since the Unix epoch inside, protobuf's Timestamp on the wire and in the ledger."""

from __future__ import annotations

from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

SECOND_US: Final = 1_000_000


def timestamp(moment_us: int) -> Timestamp:
    """Return the Timestamp of a moment given in microseconds since the Unix epoch."""
    seconds, rest_us = divmod(moment_us, SECOND_US)
    return Timestamp(seconds=seconds, nanos=rest_us * 1000)


def set_moment(field: Timestamp, moment_us: int) -> None:
    """Write a moment into a message's own Timestamp, which costs half of making one and copying it there."""
    field.seconds, rest_us = divmod(moment_us, SECOND_US)
    field.nanos = rest_us * 1000


def microseconds(moment: Timestamp) -> int:
    """Return a Timestamp as microseconds since the Unix epoch, cut off below one microsecond."""
    return moment.seconds * SECOND_US + moment.nanos // 1000


def span_us(span: Duration) -> int:
    """Return a Duration in microseconds, cut off below one microsecond."""
    return span.seconds * SECOND_US + span.nanos // 1000


def duration(span_us: int) -> Duration:
    """Return the Duration of a non-negative span given in microseconds."""
    seconds, rest_us = divmod(span_us, SECOND_US)
    return Duration(seconds=seconds, nanos=rest_us * 1000)
