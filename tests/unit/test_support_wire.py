"""The tests' own streams: an end is told apart from what may never come."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from governance import v1
from tests.support.wire import StreamEndedError, Wire


class Frames:
    """A call that has these frames to read, and then ends."""

    def __init__(self, *frames: v1.OperateResponse) -> None:
        self._frames: list[Any] = [*frames, grpc.aio.EOF]

    async def read(self) -> Any:
        return self._frames.pop(0)


def told(*offsets: int) -> v1.OperateResponse:
    changes = [v1.Change(offset=offset) for offset in offsets]
    return v1.OperateResponse(envelope=v1.Envelope(offset=max(offsets)), news=v1.OperatorNews(changes=changes))


async def test_an_ended_stream_is_no_failed_assertion() -> None:
    """A test that kills the server takes the one, and never the other."""
    wire = Wire(Frames(told(1, 2)), v1.OperateResponse())
    await wire.read()
    with pytest.raises(StreamEndedError):
        await wire.read()


@pytest.mark.parametrize("offsets", [(2, 1), (2, 2), (1, 2)])
async def test_changes_out_of_order_are_a_failed_assertion(offsets: tuple[int, int]) -> None:
    """Descending, doubled, or told before."""
    wire = Wire(Frames(told(*offsets)), v1.OperateResponse(envelope=v1.Envelope(offset=1)))
    with pytest.raises(AssertionError):
        await wire.read()
