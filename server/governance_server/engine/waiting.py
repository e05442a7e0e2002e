"""Waiting: the commands that have come and are not decided yet, within bounds of number and of bytes.

Theory of operation. What comes together, such as a frame's commands, stays together as a submission, and submissions
leave in the order they came, as many at a time as fit a transaction. Once as much waits as may, whoever brings more
waits outside until some was taken. So what it costs to be behind is bounded, and a stream that brings too much is read
no further, which its sender feels.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance import v1
    from governance_server.engine.requests import Request
    from governance_server.errors import Unavailable

MAX_BATCH: Final = 1024
"""Most commands a transaction. SQLite's cost per row is flat from about 64 rows a commit (DESIGN section 7)."""
MAX_WAITING: Final = 8192
"""Most commands that wait; who brings more waits with them, and stops reading from its stream."""
MAX_BATCH_BYTES: Final = 32 * 1024 * 1024
"""Most bytes of commands a transaction, but for the first frame's: eight of the largest frames."""
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Bytes of commands at which as much waits as may: two transactions. 8192 of the largest proposals are 2 GiB."""

Reply: TypeAlias = "Callable[[Sequence[v1.Receipt] | Unavailable], None]"


class Submission(NamedTuple):
    """Commands that came together.

    Attributes:
        requests: The commands, decided in this order, with what they are known by.
        sequence: Copied into their receipts.
        reply: Called once, with one receipt a command in the same order, or with a fault when nothing can be said.
        size: The bytes they came in.
    """

    requests: Sequence[Request]
    sequence: int
    reply: Reply
    size: int


class WaitingRoom:
    """The submissions that wait, first come, first taken, and those who wait to bring more.

    Attributes:
        submissions: What waits, in the order it came.
        shut: Nobody may enter: as much waits as may, or it was closed for good. Kept, since every frame asks for it.
    """

    __slots__ = ("_arrived", "_bytes", "_closed", "_commands", "_room", "shut", "submissions")

    def __init__(self) -> None:
        """Open it, with nobody in it."""
        self.submissions: deque[Submission] = deque()
        self.shut = False
        self._commands = 0
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._closed: Unavailable | None = None

    async def until_open(self) -> None:
        """Return when one more may enter, as long as nobody else does first: so in the turn in which this returns.

        Raises:
            Unavailable: It was closed for good.
        """
        while self.shut:
            if self._closed is not None:
                raise self._closed
            self._room.clear()
            await self._room.wait()

    def enter(self, submission: Submission) -> None:
        """Let a submission in, however large; for one who has just found that it is not shut."""
        self.submissions.append(submission)
        self._commands += len(submission.requests)
        self._bytes += submission.size
        if self._commands >= MAX_WAITING or self._bytes >= MAX_WAITING_BYTES:
            self.shut = True
        self._arrived.set()

    async def until_somebody_came(self) -> None:
        """Return when a submission has come in since this last returned, whether or not it still waits."""
        await self._arrived.wait()
        self._arrived.clear()

    def take(self) -> list[Submission]:
        """Take what fits a transaction, at least one submission; somebody has to wait."""
        waiting = self.submissions
        first = waiting.popleft()
        taken = [first]
        count, size = len(first.requests), first.size
        while waiting:
            following = waiting[0]
            if count + len(following.requests) > MAX_BATCH or size + following.size > MAX_BATCH_BYTES:
                break
            taken.append(waiting.popleft())
            count, size = count + len(following.requests), size + following.size
        self._commands -= count
        self._bytes -= size
        if self._commands < MAX_WAITING and self._bytes < MAX_WAITING_BYTES:
            self.shut = False
            self._room.set()
        return taken

    def close(self, fault: Unavailable, taken: Sequence[Submission] = ()) -> None:
        """Let nobody in any more, and tell the fault to everyone who waits. What it was closed with first stays.

        Args:
            fault: Why nothing can be said about their commands.
            taken: Submissions that were taken and are not answered; they are told first.
        """
        self._closed = self._closed or fault
        self.shut = True
        waiting = [*taken, *self.submissions]
        self.submissions.clear()
        self._commands = self._bytes = 0
        self._room.set()
        for submission in waiting:
            submission.reply(fault)


def answer(submissions: Sequence[Submission], receipts: Sequence[v1.Receipt]) -> None:
    """Hand every submission its receipts, with the sequence of the frame that carried its commands."""
    start = 0
    for submission in submissions:
        end = start + len(submission.requests)
        answers = receipts[start:end]
        for receipt in answers:
            receipt.sequence = submission.sequence
        submission.reply(answers)
        start = end
