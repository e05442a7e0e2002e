"""The way down to one client: what is written, and when its client is taken for gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

import grpc

from governance_server.engine.attention import GRAIN_S

if TYPE_CHECKING:
    from types import TracebackType


class ClientGoneError(Exception):
    """Nobody is there any more to take what is sent; the message says how that was seen."""


class Outlet:
    """Writes the frames of a stream; one task does. A context: no timer is left behind.

    One timer a stream looks after the write that is under way and is moved on when it fires, in place of one a write:
    these were a third of what it cost to hand a frame to a hundred streams.
    """

    __slots__ = ("_began_s", "_cancelling", "_context", "_loop", "_timeout_s", "_timer", "_writer")

    def __init__(self, context: grpc.aio.ServicerContext[Any, Any], timeout_s: float) -> None:
        """Begin.

        Args:
            context: The call.
            timeout_s: Who takes nothing for so long has gone.
        """
        self._context = context
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._began_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[Any] | None = None
        self._cancelling: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look after it no longer."""
        if self._timer is not None:
            self._timer.cancel()

    async def send(self, frame: Any) -> None:
        """Send one frame.

        Raises:
            ClientGoneError: The client has left, or takes nothing.
        """
        self._began_s = self._loop.time()
        if self._timer is None:
            self._writer = asyncio.current_task()
            self._timer = self._loop.call_at(self._began_s + self._timeout_s, self._look)
        try:
            await self._context.write(frame)
        except asyncio.CancelledError:
            self._tell_timeout()
            raise
        except grpc.aio.InternalError:
            raise ClientGoneError("it left while it was written to") from None
        finally:
            self._began_s = None

    def _look(self) -> None:
        """End the write where it takes too long; else look again when it would."""
        self._timer = None
        if self._began_s is None or self._writer is None:
            return
        due_s = self._began_s + self._timeout_s
        if self._loop.time() + GRAIN_S < due_s:
            self._timer = self._loop.call_at(due_s, self._look)
            return
        self._cancelling = self._writer.cancelling()
        self._writer.cancel()

    def _tell_timeout(self) -> None:
        """Tell a write that was ended here from a task that was cancelled by somebody, as `asyncio.timeout` does.

        Raises:
            ClientGoneError: It was ended here alone.
        """
        if self._cancelling is not None and self._writer is not None and self._writer.uncancel() <= self._cancelling:
            raise ClientGoneError(f"it took nothing for {self._timeout_s:g} s") from None
