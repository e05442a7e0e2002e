"""Attention: when a session looks whether there is something to tell.

Theory of operation. It is *stirred* when there may be something: the tail moved, an answer came, a halt changed. While
a frame is written, that costs a flag. One timer says when nothing came for long enough; it is moved on only when it
fires, since a timer for every wait costs as much as the wait itself.

After a frame of a storm, who only watches *pauses*: what stirs it then is looked at when the pause is over.

Who brought a command *yields*: it is stirred by what became of it a turn of the loop later than those who wait to hear
of it, the operator of a proposal or core of an order. To make and send a frame takes 100 to 150 µs, which was what an
order lost behind the receipt of its approval.
"""

from __future__ import annotations

import asyncio
from typing import Final

GRAIN_S: Final = 0.001
"""An event loop's timers may fire so much too early; uvloop's count milliseconds."""


class Attention:
    """Whether there may be something to tell, and the wait for it. One task waits.

    Attributes:
        stirred: There may be something to tell.
        pausing: It is not looked at yet.
        yielding: It is looked at after others.
    """

    __slots__ = ("_due_s", "_pause_end_s", "_timer", "_waiter", "pausing", "stirred", "yielding")

    def __init__(self) -> None:
        self.stirred = True
        self.pausing = False
        self.yielding = False
        self._pause_end_s = 0.0
        self._due_s = 0.0
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def stir(self) -> None:
        """Have it looked at once, or after others, or after the pause."""
        self.stirred = True
        if self.pausing:
            return
        if self.yielding and self._waiter is not None:
            self._waiter.get_loop().call_soon(self._return_if_stirred)
        else:
            self._return()

    def rouse(self) -> None:
        """Have it looked at once."""
        self.pausing = False
        self.stirred = True
        self._return()

    def end_pause(self) -> None:
        """Pause no longer."""
        self.pausing = False
        if self.stirred:
            self._return()

    def pause(self, pause_s: float) -> None:
        """Pause until the next moment that is a multiple of a span: who pauses alike goes on together."""
        now_s = asyncio.get_running_loop().time()
        self.pausing = True
        self._pause_end_s = (now_s // pause_s + 1) * pause_s

    async def wait(self, timeout_s: float) -> None:
        """Return when it is stirred, and does not pause; or after a time."""
        if self.stirred and not self.pausing:
            return
        loop = asyncio.get_running_loop()
        self._due_s = loop.time() + timeout_s
        due_s = self._pause_end_s if self.pausing else self._due_s
        if self._timer is None or self._timer.when() > due_s:
            self._set_timer(loop, due_s)
        self._waiter = loop.create_future()
        await self._waiter

    def close(self) -> None:
        """Leave no timer behind. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _return(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    def _return_if_stirred(self) -> None:
        # What it was stirred for may have been looked at meanwhile.
        if self.stirred and not self.pausing:
            self._return()

    def _set_timer(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(due_s, self._look_at_time, loop)

    def _look_at_time(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the pause, or the wait, where it is time to; else look again when it is."""
        self._timer = None
        now_s = loop.time() + GRAIN_S
        if self.pausing and now_s >= self._pause_end_s:
            self.end_pause()
        if self._waiter is None:
            return
        if now_s >= self._due_s:
            self._return()
        else:
            self._set_timer(loop, self._pause_end_s if self.pausing else self._due_s)
