"""The echo's client, a load program: sends frames of proposals and takes them in again, as fast as they come."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from benchmarks.bare import ECHO, ECHO_BYTES
from benchmarks.callers import CORE, of_settings
from benchmarks.dialogue import answer_questions
from benchmarks.lines import FRAME
from benchmarks.proposals import Drawing
from governance import v1
from governance_client.channel import connect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import grpc

    from benchmarks.dialogue import Deed


class Echo:
    """What the client can be asked for."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._drawing = Drawing(CORE)

    async def echo(self, messages: int, at_once: int, *, parsed: bool) -> dict[str, Any]:
        """Have so many proposals echoed; return how many a second that were.

        Args:
            messages: How many.
            at_once: So many are under way.
            parsed: Both ends parse what comes and serialise what goes; else the bytes are made before and left alone.
        """
        frames = [
            v1.ProposeRequest(sequence=number + 1, commands=v1.CoreCommands(commands=self._commands()))
            for number in range(max(messages // FRAME, 1))
        ]
        message = v1.ProposeRequest
        if parsed:
            call: Any = self._channel.stream_stream(ECHO, message.SerializeToString, message.FromString)()
            took_s = await _through(call, frames, at_once // FRAME)
        else:
            call = self._channel.stream_stream(ECHO_BYTES)()
            took_s = await _through(call, [frame.SerializeToString() for frame in frames], at_once // FRAME)
        return {"per_second": len(frames) * FRAME / took_s}

    def _commands(self) -> list[v1.CoreCommand]:
        return [v1.CoreCommand(proposal=each) for each in self._drawing.proposals(FRAME)]


async def _through(call: Any, frames: Sequence[Any], at_once: int) -> float:
    """Send all frames, some at once, and read them all again; return how long it took, in seconds."""
    room = asyncio.Semaphore(max(at_once, 1))

    async def write() -> None:
        for frame in frames:
            await room.acquire()
            await call.write(frame)
        await call.done_writing()

    began = time.perf_counter()
    writing = asyncio.create_task(write())
    for _ in frames:
        await call.read()
        room.release()
    took_s = time.perf_counter() - began
    await writing
    return took_s


async def _begin(settings: Any) -> Mapping[str, Deed]:
    credentials = of_settings(settings["callers"]).credentials(CORE, settings["address"])
    return {"echo": Echo(connect(credentials)).echo}


if __name__ == "__main__":
    answer_questions(_begin)
