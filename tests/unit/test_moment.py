"""Moments and spans, there and back."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_server.domain.moment import duration, microseconds, set_moment, span_us, timestamp


@pytest.mark.parametrize("moment_us", [0, 1, 999_999, 1_000_000, 1_767_355_200_123_456, -1, -1_000_001])
def test_moment_survives(moment_us: int) -> None:
    """A moment is the same after the wire, to the microsecond, also before 1970."""
    wire = timestamp(moment_us)
    assert 0 <= wire.nanos < 1_000_000_000
    assert microseconds(wire) == moment_us


@pytest.mark.parametrize("moment_us", [0, 1, 1_000_000, 1_767_355_200_123_456, -1])
def test_moment_in_place(moment_us: int) -> None:
    """A moment that is written into a message is the one that would have been copied there, also over another one."""
    alarm = v1.Alarm(raised_at=timestamp(7_000_001))
    set_moment(alarm.raised_at, moment_us)
    assert alarm == v1.Alarm(raised_at=timestamp(moment_us))
    unset = v1.Alarm()
    set_moment(unset.raised_at, moment_us)
    assert unset == alarm


@pytest.mark.parametrize("span", [0, 1, 999_999, 1_000_000, 86_400_000_001])
def test_span_survives(span: int) -> None:
    """A span is the same after the wire, to the microsecond."""
    assert span_us(duration(span)) == span


def test_cut_off() -> None:
    """What is finer than a microsecond is cut off."""
    assert microseconds(Timestamp(seconds=1, nanos=1999)) == 1_000_001
    assert span_us(Duration(seconds=1, nanos=1999)) == 1_000_001
