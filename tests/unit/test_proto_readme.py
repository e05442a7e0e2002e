"""The worked example of `proto/README.md` is what the server computes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.protobuf import json_format

from governance import v1
from governance_server.domain.digest import action_digest, action_encoding

SECTION = (
    (Path(__file__).parents[2] / "proto" / "README.md")
    .read_text(encoding="utf-8")
    .partition("## The digest of an action\n")[2]
    .partition("\n## ")[0]
)


@pytest.fixture
def example() -> v1.Action:
    return json_format.Parse(blocks("json")[0], v1.Action())


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)


def test_example_encoding(example: v1.Action) -> None:
    """The bytes that the protocol's page spells out, line by line, are the encoding of its example."""
    lines = blocks("text")[0].splitlines()
    spelled_out = bytes.fromhex("".join(re.split(r" {2,}", line)[0] for line in lines))
    assert spelled_out == action_encoding(example)


def test_example_length(example: v1.Action) -> None:
    """The page gives the right number of bytes."""
    assert f"Its encoding, {len(action_encoding(example))} bytes" in SECTION


def test_example_digest(example: v1.Action) -> None:
    """The digest that the page ends with is the digest of its example."""
    assert blocks("text")[1].strip() == action_digest(example).hex()
