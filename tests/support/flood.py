"""Proposals sent as fast as they are taken, until the server ends; what it acknowledged by then is kept."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import grpc

from governance import v1
from tests.support.messages import core_frame, proposal
from tests.support.wire import StreamEndedError, Wire, propose_stream

if TYPE_CHECKING:
    from pathlib import Path

FRAME = 16
AHEAD = 4
"""Frames that are not acknowledged yet: as many as the connection takes at once. A write that still waits as the stream
ends has gRPC's client say INTERNAL in place of the server's status."""


class Flooded(NamedTuple):
    """What came of it.

    Attributes:
        acknowledged: The offset of every accepted proposal, by decision id.
        code: What the stream ended with; None where everything was answered.
        said: What its status said.
    """

    acknowledged: dict[str, int]
    code: grpc.StatusCode | None
    said: str


async def flood(core: Path, *, first: int = 0, frames: int) -> Flooded:
    """Propose so many frames of sixteen, unless the stream ends before."""
    acknowledged: dict[str, int] = {}
    try:
        async with propose_stream(core) as wire:
            room = asyncio.Semaphore(AHEAD * FRAME)
            writing = asyncio.create_task(_write(wire, room, first, frames))
            try:
                while len(acknowledged) < frames * FRAME:
                    for one in (await wire.read()).news.receipts:
                        acknowledged[one.request_id] = one.accepted.offset
                        room.release()
                await writing
            finally:
                writing.cancel()
    except grpc.aio.AioRpcError as error:
        return Flooded(acknowledged, error.code(), error.details() or "")
    except StreamEndedError:
        return Flooded(acknowledged, grpc.StatusCode.OK, "")
    return Flooded(acknowledged, None, "")


async def _write(wire: Wire[v1.ProposeResponse], room: asyncio.Semaphore, first: int, frames: int) -> None:
    numbers = range(first, first + frames * FRAME, FRAME)
    try:
        for number in numbers:
            for _ in range(FRAME):
                await room.acquire()
            commands = [v1.CoreCommand(proposal=proposal(number + index)) for index in range(FRAME)]
            await wire.call.write(core_frame(commands))
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        return  # the reader is told why


def lost(ledger: Path, acknowledged: dict[str, int]) -> set[str]:
    """Return what was acknowledged and is not in a ledger at its offset."""
    with closing(sqlite3.connect(ledger)) as database:
        there = {str(row[1]): int(row[0]) for row in database.execute("SELECT offset, decision_id FROM entries")}
    return {decision_id for decision_id, offset in acknowledged.items() if there.get(decision_id) != offset}
