"""The system's chance."""

from __future__ import annotations

from governance_server.system import DRAWN_BYTES, SystemEntropy


def test_no_byte_is_given_twice() -> None:
    """Tokens of many sizes, across what is drawn at a time, are of their size and have nothing in common."""
    entropy = SystemEntropy()
    tokens = [entropy.token(length) for length in (16, 32, DRAWN_BYTES, 20) * 300]
    assert [len(token) for token in tokens] == [16, 32, DRAWN_BYTES, 20] * 300
    pieces = [token[at : at + 16] for token in tokens for at in range(0, len(token) - 15, 16)]
    assert len(set(pieces)) == len(pieces)


def test_two_draw_apart() -> None:
    """Nobody gives what another gives."""
    assert SystemEntropy().token(32) != SystemEntropy().token(32)
