"""Digests: the vectors that every implementation has to meet, and what tells one digest from another."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from governance import v1
from governance_server.domain.digest import (
    action_digest,
    action_encoding,
    content_digest,
    entry_hash,
    personal_commitment,
)

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "action_digest.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["about"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    """Encoding and digest of an action are those written down, in whatever language they are computed."""
    action = json_format.ParseDict(vector["action"], v1.Action())
    assert action_encoding(action).hex() == vector["encoding"]
    assert action_digest(action).hex() == vector["digest"]


def test_vectors_differ() -> None:
    """No two of the actions are taken for each other."""
    assert len({vector["digest"] for vector in VECTORS}) == len(VECTORS)


def test_order_of_insertion_is_no_matter() -> None:
    """Parameters have no order: however they were put in, the digest is the same."""
    one = v1.Action(parameters={"a": "1", "b": "2", "c": "3"})
    other = v1.Action(parameters={"c": "3", "b": "2", "a": "1"})
    assert action_digest(one) == action_digest(other)


def test_content_digest() -> None:
    """A command repeated is known by its content, however its maps were filled; another content is another digest."""
    one = v1.Proposal(metadata={"a": "1", "b": "2"})
    same = v1.Proposal(metadata={"b": "2", "a": "1"})
    assert content_digest(one) == content_digest(same)
    assert content_digest(one) != content_digest(v1.Proposal(metadata={"a": "1"}))


def test_hashes_of_the_ledger() -> None:
    """An entry is hashed as a leaf of RFC 9162; a commitment to personal data is salted and never looks like one."""
    salt = bytes(range(32))
    assert entry_hash(b"entry") == hashlib.sha256(b"\x00entry").digest()
    assert personal_commitment(salt, b"entry") == hashlib.sha256(b"\x02" + salt + b"entry").digest()
    with pytest.raises(AssertionError):
        personal_commitment(b"short", b"entry")
