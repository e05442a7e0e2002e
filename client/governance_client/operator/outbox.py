"""The outbox: commands that wait to be written, and the frames they leave in."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FRAME_ROOM_BYTES: Final = 64
"""What a frame takes beside its commands, generously."""
_COMMAND_ROOM_BYTES: Final = 8
"""What a command takes in a frame beside its own bytes, generously."""


class Outbox:
    """What is to be sent on the present stream, in order."""

    def __init__(self) -> None:
        self._waiting: deque[v1.OperatorCommand] = deque()
        self._ready = asyncio.Event()
        self._sequence = 1
        self._limits = v1.SessionLimits()

    def start_over(self, limits: v1.SessionLimits, commands: Iterable[v1.OperatorCommand]) -> None:
        """Begin a stream, after its hello, with what has to be sent first."""
        self._limits = limits
        self._sequence = 1
        self._waiting = deque()
        self._ready.clear()
        self.put(commands)

    def put(self, commands: Iterable[v1.OperatorCommand]) -> None:
        """Add commands."""
        self._waiting.extend(commands)
        if self._waiting:
            self._ready.set()

    async def next_frame(self, wanted: Callable[[str], bool]) -> v1.OperateRequest:
        """Wait for commands and return a frame of as many as the server takes in one.

        Args:
            wanted: Tells by its request id whether a command's receipt is awaited still; others are not sent.
        """
        while True:
            await self._ready.wait()
            batch = self._batch(wanted)
            if batch:
                self._sequence += 1
                return v1.OperateRequest(sequence=self._sequence, commands=v1.OperatorCommands(commands=batch))

    def _batch(self, wanted: Callable[[str], bool]) -> list[v1.OperatorCommand]:
        most = self._limits.max_commands_per_frame or 1
        room_bytes = (self._limits.max_frame_bytes or 1) - _FRAME_ROOM_BYTES
        batch: list[v1.OperatorCommand] = []
        while self._waiting and len(batch) < most:
            command = self._waiting[0]
            room_bytes -= command.ByteSize() + _COMMAND_ROOM_BYTES
            if batch and room_bytes < 0:
                break
            self._waiting.popleft()
            if wanted(command.request_id):
                batch.append(command)
        if not self._waiting:
            self._ready.clear()
        return batch
