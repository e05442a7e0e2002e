"""The client's own digest of an action."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from governance import v1
from governance_client.digest import action_digest, has_unknown_fields
from governance_client.errors import ProtocolError

VECTORS = Path(__file__).parent.parent / "vectors" / "action_digest.json"
UNKNOWN_FIELD = b"\xa0\x3e\x01"
"""Field 1000, a varint."""


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda vector: vector["about"])
def test_the_client_computes_what_the_contract_says(vector: dict[str, Any]) -> None:
    """Server and client agree on every vector, without sharing a line."""
    action = json_format.ParseDict(vector["action"], v1.Action())
    assert action_digest(action).hex() == vector["digest"]


def with_unknown(message: v1.Action | v1.Target) -> bytes:
    return message.SerializeToString() + UNKNOWN_FIELD


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


@pytest.mark.parametrize(
    "content",
    [
        with_unknown(v1.Action(type=v1.ACTION_TYPE_BLOCK_IP)),
        field(3, with_unknown(v1.Target(kind=v1.TARGET_KIND_HOST, value="web-1"))),
        field(5, UNKNOWN_FIELD),
    ],
    ids=["action", "target", "duration"],
)
def test_a_field_of_the_future_has_no_digest(content: bytes) -> None:
    """Nobody agrees to what they cannot read, wherever in the action it is."""
    action = v1.Action.FromString(content)
    assert has_unknown_fields(action)
    with pytest.raises(ProtocolError, match="Update the client"):
        action_digest(action)


def test_a_number_out_of_bounds_has_no_digest() -> None:
    """An enum's number below zero is nobody's action."""
    with pytest.raises(ProtocolError, match="out of the contract's bounds"):
        action_digest(v1.Action.FromString(b"\x08" + b"\xff" * 9 + b"\x01"))
