"""The command line counts down by the server's clock."""

from __future__ import annotations

import time

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.cli.clock import ServerClock

HOUR_US = 3600 * 1_000_000


def test_the_servers_time_wins_over_a_wrong_clock() -> None:
    """An answer that tells the server's time sets the clock; one that does not changes nothing."""
    clock, here_us = ServerClock(), time.time_ns() // 1000
    assert abs(clock.now_us() - here_us) < 60 * 1_000_000
    there = Timestamp()
    there.FromMicroseconds(here_us - HOUR_US)
    clock.note(v1.GetDecisionResponse(server_time=there))
    clock.note(v1.SubmitVerdictResponse())
    clock.note(v1.ListDecisionsResponse())
    assert abs(clock.now_us() - (here_us - HOUR_US)) < 60 * 1_000_000
