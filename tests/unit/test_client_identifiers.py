"""Ids that clients draw."""

from __future__ import annotations

import time
import uuid

from governance_client.identifiers import new_id


def test_an_id_is_a_uuid_of_version_7_of_now() -> None:
    """It says its version and variant, and begins with the milliseconds since the epoch (RFC 9562, section 5.7)."""
    before_ms = time.time_ns() // 1_000_000
    drawn = uuid.UUID(new_id())
    after_ms = time.time_ns() // 1_000_000
    assert (drawn.version, drawn.variant) == (7, uuid.RFC_4122)
    assert before_ms <= drawn.int >> 80 <= after_ms


def test_no_two_are_the_same() -> None:
    """Many are drawn within a millisecond, and differ in chance alone."""
    assert len({new_id() for _ in range(10_000)}) == 10_000
