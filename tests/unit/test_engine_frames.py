"""Frames: what is joined by hand is what protobuf would have written."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.engine.frames import change_item, receipt_item, receipt_items, varint
from governance_server.engine.ports import DecisionRow
from tests.support.messages import OPERATOR_1

EDGES = sorted({max((1 << bits) + off, 0) for bits in range(0, 64, 7) for off in (-1, 0, 1)} | {(1 << 63) - 1})


@pytest.mark.parametrize("number", EDGES)
def test_a_varint_is_protobufs(number: int) -> None:
    """On both sides of every length that it can have, whether it is spelled out or looped over."""
    field = v1.Accepted(offset=number).SerializeToString()
    assert varint(number) == (field[1:] or b"\0")


@pytest.mark.parametrize("offset", [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 10_000_000_000])
@pytest.mark.parametrize("name", ["short", "long" * 5000])
def test_a_change_reads_as_protobuf_wrote_it(offset: int, name: str) -> None:
    """With its cause and, as a snapshot has it, without; whatever the lengths."""
    decision = v1.Decision(decision_id=name, offset=offset)
    row = DecisionRow(decision, decision.SerializeToString())
    events = [v1.Event(decision_cancelled=v1.DecisionCancelled()), v1.Event()]
    entry = v1.Entry(actor=OPERATOR_1, events=events)
    told = v1.OperatorNews.FromString(change_item(row, entry) + change_item(row, None))
    cause = v1.Cause(events=["decision_cancelled", ""], actor=OPERATOR_1)
    assert list(told.changes) == [
        v1.Change(offset=offset, decision=decision, cause=cause),
        v1.Change(offset=offset, decision=decision),
    ]


def test_receipts_read_as_they_were_given() -> None:
    """One by one and joined, also one that carries a long decision."""
    given = [
        v1.Receipt(request_id="r-1", sequence=7, accepted=v1.Accepted(offset=300)),
        v1.Receipt(request_id="r-2", refused=v1.Refusal(message="No. " * 5000)),
    ]
    joined = receipt_items(given)
    assert list(v1.OperatorNews.FromString(joined).receipts) == given
    assert joined == b"".join(receipt_item(receipt) for receipt in given)
