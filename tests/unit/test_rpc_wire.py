"""Walking bytes that protobuf would not parse, to the string that is not UTF-8."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_server.rpc.wire import MOST_FIELDS, bad_text

PROPOSAL = v1.Proposal.DESCRIPTOR
FRAME = v1.ProposeRequest.DESCRIPTOR
MARK = "~~~~"


def broken(proposal: v1.Proposal) -> bytes:
    """Return a proposal whose marked text is not UTF-8."""
    return proposal.SerializeToString().replace(MARK.encode(), b"\xc3\x28\xff\xff")


@pytest.mark.parametrize(
    ("proposal", "path"),
    [
        (v1.Proposal(decision_id=MARK), "decision_id"),
        (v1.Proposal(compliance_tags=["a", "b", MARK]), "compliance_tags[2]"),
        (v1.Proposal(threat=v1.Threat(type=MARK)), "threat.type"),
        (v1.Proposal(assets=[v1.Asset(name="a"), v1.Asset(name=MARK)]), "assets[1].name"),
        (v1.Proposal(metadata={"key": MARK}), "metadata"),
        (v1.Proposal(metadata={MARK: "value"}), "metadata"),
        (v1.Proposal(evidence=v1.Evidence(exhibits=[v1.Exhibit(text=MARK)])), "evidence.exhibits[0].text"),
    ],
)
def test_the_string_is_found_wherever_it_stands(proposal: v1.Proposal, path: str) -> None:
    """A string, an item, a field of a message in a list, an entry of a map: each is named."""
    with pytest.raises(DecodeError):
        v1.Proposal.FromString(broken(proposal))
    assert bad_text(PROPOSAL, broken(proposal)) == path


def test_bytes_need_not_be_text() -> None:
    """A field of bytes may hold any bytes."""
    order = v1.AcceptOrder(action_digest=b"\xff" * 32)
    assert bad_text(v1.AcceptOrder.DESCRIPTOR, order.SerializeToString()) is None


@pytest.mark.parametrize(
    "unknown",
    [
        b"\x98\x06\x05",  # field 99, a varint
        b"\x99\x06" + bytes(8),  # 64 bits
        b"\x9a\x06\x01\xff",  # a length, and no text of ours
        b"\x9b\x06\x0a\x01\xff\x9c\x06",  # a group that holds a field 1
        b"\x9d\x06" + bytes(4),  # 32 bits
    ],
)
def test_unknown_fields_are_stepped_over(unknown: bytes) -> None:
    """What the contract does not know is not text, and does not hide what follows it."""
    assert bad_text(PROPOSAL, unknown + b"\x0a\x01a") is None
    assert bad_text(PROPOSAL, unknown + b"\x0a\x01\xff") == "decision_id"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x0a",  # a length is missing
        b"\x0a\x05abc",  # shorter than it says
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a number without an end
        b"\x0c",  # the end of a group that never began
        b"\x0f",  # a kind that does not exist
        b"\x32\x02\x0a\x7f",  # a message that ends within a field
    ],
)
def test_garbage_has_no_strings(garbage: bytes) -> None:
    """Bytes that are no wire format name no field."""
    assert bad_text(PROPOSAL, garbage) is None


def test_the_walk_has_an_end() -> None:
    """A request of very many fields cannot keep the server looking: the answer then names none of them."""
    many, text = b"\x22\x00" * MOST_FIELDS, b"\x0a\x01\xff"
    assert bad_text(PROPOSAL, many[2:] + text) == "decision_id"
    assert bad_text(PROPOSAL, many + text) is None


@given(data=st.binary(max_size=300))
def test_any_bytes_can_be_walked(data: bytes) -> None:
    """The walk ends on whatever is sent, and names nothing in what protobuf takes for a message."""
    found = bad_text(FRAME, data)
    try:
        v1.ProposeRequest.FromString(data)
    except DecodeError:
        return
    assert found is None
