"""The outbox: the commands that have no receipt yet, in the order they were given, across all connections."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from governance_client.errors import InvalidRequestError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance import v1
    from governance_client.errors import ClientError

MAX_COMMANDS_PER_FRAME: Final = 1024
"""The contract's bound on CoreCommands.commands."""
MAX_FRAME_BYTES: Final = 1 << 20
"""Until the server's hello says what it takes."""
_ITEM_OVERHEAD_BYTES: Final = 8
"""A tag and a length in front of each command."""
_FRAME_OVERHEAD_BYTES: Final = 64


@dataclass(slots=True)
class _Waiting:
    command: v1.CoreCommand
    size: int
    receipt: asyncio.Future[v1.Receipt]


class Outbox:
    """Commands that wait for their receipts.

    Not safe for threads. A command stays until its receipt comes, its caller is told that it failed, or all ends.

    Attributes:
        ready: Set while there is something to send on the present stream, or nothing will be sent any more.
    """

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self._waiting: dict[str, _Waiting] = {}
        self._unsent: dict[str, _Waiting] = {}
        self._max_commands = MAX_COMMANDS_PER_FRAME
        self._max_bytes = MAX_FRAME_BYTES
        self._ended: ClientError | None = None

    def __len__(self) -> int:
        """Return how many commands have no receipt."""
        return len(self._waiting)

    def put(self, command: v1.CoreCommand) -> asyncio.Future[v1.Receipt]:
        """Take a command; return where its receipt will be. The same command again shares the first one's receipt.

        Raises:
            InvalidRequestError: It has no id, it is too large, or another command with its id has no receipt yet.
            ClientError: The outbox has ended, by this.
        """
        if self._ended is not None:
            raise self._ended
        key = request_key(command)
        known = self._waiting.get(key)
        if known is not None and known.command == command:
            return known.receipt
        size = self._checked_size(command, key, taken=known is not None)
        receipt: asyncio.Future[v1.Receipt] = asyncio.get_running_loop().create_future()
        receipt.add_done_callback(_seen)
        self._waiting[key] = self._unsent[key] = _Waiting(command, size, receipt)
        self.ready.set()
        return receipt

    def rewind(self, limits: v1.SessionLimits) -> None:
        """Take everything without a receipt as unsent, in its order: a new stream has begun, with these bounds."""
        self._max_commands = min(limits.max_commands_per_frame or MAX_COMMANDS_PER_FRAME, MAX_COMMANDS_PER_FRAME)
        self._max_bytes = limits.max_frame_bytes or MAX_FRAME_BYTES
        self._unsent = dict(self._waiting)
        for key in [key for key, waiting in self._unsent.items() if waiting.size > self._room()]:
            self.fail(key, _too_large(self._max_bytes))
        self._signal()

    def next_frame(self) -> list[v1.CoreCommand]:
        """Return the unsent commands that go into the next frame, in order, and take them as sent."""
        frame: list[v1.CoreCommand] = []
        room = self._room()
        for waiting in self._unsent.values():
            room -= waiting.size
            if room < 0 or len(frame) == self._max_commands:
                break
            frame.append(waiting.command)
        for command in frame:
            del self._unsent[request_key(command)]
        self._signal()
        return frame

    def settle(self, receipts: Iterable[v1.Receipt]) -> None:
        """Hand receipts to those who wait for them. A receipt that nobody waits for is passed over."""
        for receipt in receipts:
            waiting = self._take(receipt.request_id)
            if waiting is not None and not waiting.receipt.done():
                waiting.receipt.set_result(receipt)

    def fail(self, key: str, error: ClientError) -> bool:
        """Tell the one who waits for a command that it failed; return whether there is one."""
        waiting = self._take(key)
        if waiting is None:
            return False
        if not waiting.receipt.done():
            waiting.receipt.set_exception(error)
        self._signal()
        return True

    def end(self, error: ClientError) -> None:
        """Fail everything that waits, and whatever is put from now on."""
        self._ended = error
        for key in list(self._waiting):
            self.fail(key, error)
        self.ready.set()

    def _take(self, key: str) -> _Waiting | None:
        self._unsent.pop(key, None)
        return self._waiting.pop(key, None)

    def _room(self) -> int:
        return self._max_bytes - _FRAME_OVERHEAD_BYTES

    def _signal(self) -> None:
        if self._unsent or self._ended is not None:
            self.ready.set()
        else:
            self.ready.clear()

    def _checked_size(self, command: v1.CoreCommand, key: str, *, taken: bool) -> int:
        if not key:
            raise InvalidRequestError(_("A proposal needs a decision_id. Give it one, the same for the same incident."))
        if taken:
            raise InvalidRequestError(
                _("Another command under {key} waits for its receipt. Give this one an id of its own.").format(key=key)
            )
        size = command.ByteSize() + _ITEM_OVERHEAD_BYTES
        if size > self._room():
            raise _too_large(self._max_bytes)
        return size


def request_key(command: v1.CoreCommand) -> str:
    """Return the id that a command's receipt will name."""
    return command.proposal.decision_id if command.WhichOneof("command") == "proposal" else command.request_id


def _too_large(limit: int) -> InvalidRequestError:
    return InvalidRequestError(
        _("The command is larger than a frame may be ({limit} bytes). Cut its evidence.").format(limit=limit)
    )


def _seen(receipt: asyncio.Future[v1.Receipt]) -> None:
    """Look at a failure whose caller has gone, so that asyncio does not report it as forgotten."""
    if not receipt.cancelled():
        receipt.exception()
