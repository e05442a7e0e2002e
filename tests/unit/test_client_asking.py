"""Asking again what was refused only for now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.core.asking import Asking
from governance_client.core.outbox import Outbox
from governance_client.errors import RefusedError, UnreachableError
from tests.support.messages import proposal

if TYPE_CHECKING:
    from collections.abc import Awaitable

COMMAND = v1.CoreCommand(proposal=proposal(1))
ID = "decision-000001"


def too_often(retry_after: Duration | None = None) -> v1.Receipt:
    refusal = v1.Refusal(reason=v1.REFUSAL_REASON_RATE_LIMITED, retry_after=retry_after or Duration(nanos=1_000_000))
    return v1.Receipt(request_id=ID, refused=refusal)


async def answered(outbox: Outbox, asked: Awaitable[v1.Accepted], *receipts: v1.Receipt) -> v1.Accepted:
    """Give what is asked these answers, each when it is asked."""
    work = asyncio.ensure_future(asked)
    for receipt in receipts:
        await outbox.ready.wait()
        assert len(outbox.next_frame()) == 1
        outbox.settle([receipt])
    return await work


async def test_who_asks_too_often_comes_back_by_itself() -> None:
    """A rate is waited out, under the same id, and the caller sees only the end."""
    outbox = Outbox()
    asking = Asking(outbox, None, asyncio.Event())
    taken = v1.Receipt(request_id=ID, accepted=v1.Accepted(offset=9))
    accepted = await answered(outbox, asking.accepted(COMMAND), too_often(), too_often(), taken)
    assert accepted.offset == 9


async def test_patience_with_rates_ends() -> None:
    """Where the wait would be longer than the patience, the refusal is handed on, with when to come back."""
    outbox = Outbox()
    asking = Asking(outbox, 1.0, asyncio.Event())
    with pytest.raises(RefusedError) as refused:
        await answered(outbox, asking.accepted(COMMAND), too_often(Duration(seconds=3600)))
    assert refused.value.refusal.retry_after.seconds == 3600


async def test_other_refusals_are_handed_on_at_once() -> None:
    """Only a rate gets better by waiting."""
    outbox = Outbox()
    full = v1.Receipt(request_id=ID, refused=v1.Refusal(reason=v1.REFUSAL_REASON_TOO_MANY_OPEN))
    with pytest.raises(RefusedError):
        await answered(outbox, Asking(outbox, None, asyncio.Event()).accepted(COMMAND), full)


async def test_who_waits_for_a_rate_does_not_outlast_core() -> None:
    """When core stops, whoever waits to ask again is told at once."""
    outbox, over = Outbox(), asyncio.Event()
    work = asyncio.ensure_future(Asking(outbox, None, over).accepted(COMMAND))
    await outbox.ready.wait()
    outbox.next_frame()
    outbox.settle([too_often(Duration(seconds=3600))])
    await asyncio.sleep(0)
    outbox.end(UnreachableError("closed"))
    over.set()
    with pytest.raises(UnreachableError):
        await work
