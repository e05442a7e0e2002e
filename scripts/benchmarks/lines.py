"""Lines: the open streams of a load program, in bytes. What is read of a frame is up to who reads it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import grpc

from governance import v1
from governance_server.engine.frames import length_delimited, varint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROPOSE: Final = "/governance.v1.DecisionService/Propose"
OPERATE: Final = "/governance.v1.ConsoleService/Operate"
FRAME: Final = 64
"""Items a frame, where many are under way at once."""
_SEQUENCE: Final = bytes([v1.OperateRequest.SEQUENCE_FIELD_NUMBER << 3])
_COMMANDS: Final = v1.OperateRequest.COMMANDS_FIELD_NUMBER
_ITEMS: Final = v1.OperatorCommands.COMMANDS_FIELD_NUMBER
_OFFSET: Final = 3
"""Where a frame's offset begins: the envelope's tag, its length, the offset's tag, and then a varint."""
_NEVER: Final = 2**63


class LineEndedError(Exception):
    """The stream ended while it was still needed."""


def command_item(command: v1.CoreCommand | v1.OperatorCommand) -> bytes:
    """Return one item of a frame's commands, ready to be joined."""
    return length_delimited(_ITEMS, command.SerializeToString())


def frame_offset(frame: bytes) -> int:
    """Return a server frame's resume point, without parsing the frame: its envelope is what is written first."""
    offset = shift = 0
    for byte in frame[_OFFSET:]:
        offset |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last of a varint
            return offset
        shift += 7
    return offset


class Line:
    """One open stream to a server: whatever comes is handed on, whatever is put is written.

    grpc.aio ends a call whose read or write is cancelled, so both go on from its beginning to its end.

    Attributes:
        ledger_id: The server's ledger.
        offset: Up to which offset all was told.
        hand_on: Given every frame that comes; what it raises ends the line.
    """

    def __init__(self, call: Any, hello: v1.ServerHello) -> None:
        self.ledger_id = hello.ledger_id
        self.offset = hello.head_offset
        self.hand_on: Callable[[bytes], None] = _forget
        self._call = call
        self._sequence = 1
        self._waiting: list[bytes] = []
        self._wakened = asyncio.Event()
        self._awaited = _NEVER
        self._reached = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    @classmethod
    async def open(cls, channel: grpc.aio.Channel, path: str, beside: Line | None = None) -> Line:
        """Open a stream that tells what changes from now on. What is open by now is not told: that may be very much.

        Args:
            channel: The connection.
            path: The rpc.
            beside: Another line to the same server, which knows by now how far the ledger goes.
        """
        if beside is None:
            call, hello = await _call(channel, path, 0, "")
            call.cancel()
            offset, ledger_id = hello.head_offset, hello.ledger_id
        else:
            offset, ledger_id = beside.offset, beside.ledger_id
        return cls(*await _call(channel, path, offset, ledger_id))

    def put(self, items: Sequence[bytes]) -> None:
        """Have commands written, with what else gathers until then, but no more than `FRAME` at a time."""
        self._waiting += items
        self._wakened.set()

    async def until(self, done: asyncio.Event) -> None:
        """Wait for what is handed on to bring something about.

        Raises:
            LineEndedError: The stream has ended instead.
        """
        waiting = asyncio.create_task(done.wait())
        await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            if task.done():
                waiting.cancel()
                task.result()

    async def reach(self, offset: int) -> None:
        """Return once all was told up to an offset. Raises LineEndedError as `until` does."""
        self._awaited = offset
        self._reached.clear()
        if self.offset < offset:
            await self.until(self._reached)
        self._awaited = _NEVER

    async def close(self) -> None:
        """End it at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _read(self) -> None:
        while (frame := await self._call.read()) is not grpc.aio.EOF:
            self.offset = frame_offset(frame)
            self.hand_on(frame)
            if self.offset >= self._awaited:
                self._reached.set()
        raise LineEndedError(f"{await self._call.code()}: {await self._call.details()}")

    async def _write(self) -> None:
        while True:
            await self._wakened.wait()
            self._wakened.clear()
            while self._waiting:
                items, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
                self._sequence += 1
                commands = length_delimited(_COMMANDS, b"".join(items))
                await self._call.write(_SEQUENCE + varint(self._sequence) + commands)


async def _call(channel: grpc.aio.Channel, path: str, offset: int, ledger_id: str) -> tuple[Any, v1.ServerHello]:
    """Return an open call after both hellos, and the server's."""
    call: Any = channel.stream_stream(path)()
    hello = v1.ClientHello(client="bench", instance="bench", offset=offset, ledger_id=ledger_id)
    await call.write(v1.OperateRequest(sequence=1, hello=hello).SerializeToString())
    answer = await call.read()
    if answer is grpc.aio.EOF:
        raise LineEndedError(f"{await call.code()}: {await call.details()}")
    return call, v1.OperateResponse.FromString(answer).hello


def _forget(_frame: bytes) -> None:
    """Take no notice."""
