"""A session: one caller's stream as the engine sees it, without a transport.

Downwards it is a cursor into the ledger's changes and the receipts that wait; upwards it is commands to the governor.
It holds no queue of changes: what a slow reader has not been told stays in the tail or the store.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.consoles import console_rules
from governance_server.engine.frames import change_item
from governance_server.errors import FailedPrecondition, Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from governance_server.domain.command import Command
    from governance_server.engine.governor import Governor
    from governance_server.engine.ports import ChangedDecision, Store
    from governance_server.errors import Unavailable

NEWS_BYTES: Final = 512 * 1024
"""Changes in a frame stop growing here: far below gRPC's default bound of 4 MiB a message, and past the size at which
a frame's fixed cost of about 100 µs matters."""
PAGE: Final = 256
"""Most decisions a read from the store, while a follower is behind the tail."""
FIRST_PAGE: Final = 16
"""Decisions of the first read: of the largest, these are a few MiB. Pages grow while they fit a frame."""
MAX_UNANSWERED: Final = 4096
"""Most commands a session may have under way or answered and not yet written; then its stream is not read."""
MAX_UNANSWERED_BYTES: Final = 8 * 1024 * 1024
"""Bytes of frames under way and of answers not yet written at which a session's stream is not read: two of the largest
frames."""


class News(NamedTuple):
    """What a session has to be told: in one frame, or in a few where the receipts are many bytes.

    Attributes:
        receipts: The answers to its commands.
        changes: Changes as `frames.change_item` encodes them, in ascending order of offsets.
        offset: The resume point once the frame is read.
        caught_up: Nothing older than the ledger's head is left to tell.
        halts: Halts that were declared or ended since they were told last; those that ended are `released`.
        pressure: How much waits, where core should hold back otherwise than it was told last.
        console_rules: What the policy asks of consoles, where that is otherwise than an operator was told last.
    """

    receipts: Sequence[v1.Receipt]
    changes: Sequence[bytes]
    offset: int
    caught_up: bool
    halts: Sequence[v1.Halt] = ()
    pressure: v1.Pressure | None = None
    console_rules: v1.ConsoleRules | None = None

    @property
    def idle(self) -> bool:
        """There is nothing to tell but the time and the offset."""
        told = self.receipts or self.changes or self.halts
        return not told and self.pressure is None and self.console_rules is None


class Session:
    """One follower of the ledger, who may also bring commands.

    Attributes:
        cursor: The offset up to which it has been told.
        snapshot: It starts with the open decisions instead of what changed after an offset.
        console_rules: What the policy asks of consoles, as it was told last.
    """

    def __init__(
        self,
        store: Store,
        governor: Governor,
        *,
        core: str,
        offset: int,
        only: Collection[str] = frozenset(),
        known_head: int = 0,
    ) -> None:
        """Start a session.

        Args:
            store: Read while the session is behind.
            governor: Decides its commands.
            core: It follows this core's decisions; empty for all.
            offset: What it has been told; 0 for nothing, which starts with a snapshot.
            only: It follows these decisions alone; empty for all.
            known_head: How far the ledger reaches where another process has appended what the governor has not taken
                over yet.

        Raises:
            FailedPrecondition: The ledger does not reach that far.
        """
        head = governor.tails.head
        end = max(head, known_head)
        if offset > end:
            raise FailedPrecondition(
                v1.ERROR_REASON_OFFSET_UNKNOWN,
                f"The ledger ends at offset {end}, the client has seen {offset}: it has followed another ledger, or"
                " this one lost entries. Find out which before starting from 0.",
            )
        self._store = store
        self._governor = governor
        self._core = core
        self._only = frozenset(only)
        self._tail = governor.tails.of(core)
        self._snapshot_end = head if offset == 0 else 0
        self._receipts: list[v1.Receipt] = []
        self._unanswered = 0
        self._unanswered_bytes = 0
        self._receipt_bytes = 0
        self._fault: Fault | None = None
        self._page = min(FIRST_PAGE, PAGE)
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.cursor = offset
        self.snapshot = offset == 0
        self._halts = governor.house.halts
        self._policy = governor.house.policy
        self.console_rules = console_rules(self._policy)
        self._held_back_below = v1.RISK_LEVEL_UNSPECIFIED
        self._tail.follow(self._news.set)

    def close(self) -> None:
        """Follow no more. Idempotent."""
        self._tail.leave(self._news.set)

    def wake(self) -> None:
        """Have a waiting `news` return at once."""
        self._news.set()

    async def bring(self, commands: Sequence[Command], sequence: int, size: int = 0) -> None:
        """Bring commands before the governor; return when the session may bring more. The receipts come as news.

        Args:
            commands: Those of one frame.
            sequence: The frame's.
            size: The frame's bytes.

        Raises:
            Unavailable: The governor has ended.
        """
        self._unanswered += len(commands)
        self._unanswered_bytes += size

        def reply(receipts: Sequence[v1.Receipt] | Unavailable) -> None:
            self._unanswered_bytes -= size
            self._answer(receipts)

        await self._governor.submit(commands, reply, sequence=sequence, size=size)
        await self._until_there_is_room()

    async def refuse(self, receipt: v1.Receipt) -> None:
        """Answer what never became a command; return when the session may bring more."""
        self._unanswered += 1
        self._answer([receipt])
        await self._until_there_is_room()

    async def _until_there_is_room(self) -> None:
        if self._full:
            self._room.clear()
        await self._room.wait()

    @property
    def _full(self) -> bool:
        return self._unanswered >= MAX_UNANSWERED or self._unanswered_bytes >= MAX_UNANSWERED_BYTES

    @property
    def settled(self) -> bool:
        """Every command has been answered, every answer handed out, and nothing has gone wrong."""
        return self._unanswered == 0 and self._fault is None

    def end(self, fault: Fault) -> None:
        """Have `news` raise a fault, now and from now on."""
        self._fault = self._fault or fault
        self._news.set()

    def _answer(self, receipts: Sequence[v1.Receipt] | Unavailable) -> None:
        if isinstance(receipts, Fault):
            self.end(receipts)
        else:
            # A refusal carries the decision as it stands, so that answers can be larger than what they answer.
            size = sum(receipt.ByteSize() for receipt in receipts)
            self._receipts += receipts
            self._receipt_bytes += size
            self._unanswered_bytes += size
            self._news.set()

    async def news(self, timeout_s: float) -> News:
        """Return what there is to tell, at the latest after a time, then perhaps without receipts and changes.

        Raises:
            Fault: The session was ended, or the governor has ended before it answered a command.
            StoreError: The store cannot be read.
        """
        news = await self._collect()
        if not news.idle:
            return news
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return news
        return await self._collect()

    @property
    def _caught_up(self) -> bool:
        return not self._snapshot_end and self.cursor >= self._tail.head

    async def _collect(self) -> News:
        """Take what waits: all receipts, and as many changes as fit a frame."""
        self._news.clear()
        if self._fault is not None:
            raise self._fault
        receipts, self._receipts = self._receipts, []
        answered_bytes, self._receipt_bytes = self._receipt_bytes, 0
        changes = await self._changes()
        while not (changes or self._caught_up):
            changes = await self._changes()
        self._unanswered -= len(receipts)
        self._unanswered_bytes -= answered_bytes
        if not self._full:
            self._room.set()
        return News(
            receipts,
            changes,
            self.cursor,
            self._caught_up,
            halts=self._halt_news(),
            pressure=self._pressure_news(),
            console_rules=self._rules_news(),
        )

    def _halt_news(self) -> list[v1.Halt]:
        """Return the halts that are otherwise than when they were told last."""
        before, now = self._halts, self._governor.house.halts
        if before is now:
            return []
        self._halts = now
        gone = [halt for name, halt in before.items() if name not in now]
        ended = [v1.Halt(halt_id=halt.halt_id, scope=halt.scope, released=True) for halt in gone]
        return ended + [halt for name, halt in now.items() if before.get(name) != halt]

    def _pressure_news(self) -> v1.Pressure | None:
        """Return how much waits, where what this core should hold back is otherwise than it was told last."""
        now = self._governor.pressure
        if not self._core or now.hold_back_below == self._held_back_below:
            return None
        self._held_back_below = now.hold_back_below
        return now

    def _rules_news(self) -> v1.ConsoleRules | None:
        """Return what the policy asks of consoles, where it is otherwise than this operator was told last."""
        now = self._governor.house.policy
        if self._core or now is self._policy:
            return None
        self._policy, before = now, self.console_rules
        self.console_rules = console_rules(now)
        return self.console_rules if self.console_rules != before else None

    async def _changes(self) -> list[bytes]:
        """Take the cursor forward; return what lies between."""
        recent = None if self._snapshot_end else self._tail.after(self.cursor, max_bytes=NEWS_BYTES)
        if recent is None:
            return await self._read_store()
        items, self.cursor = recent
        return [item.change for item in items if not self._only or item.decision_id in self._only]

    async def _read_store(self) -> list[bytes]:
        """Take the cursor forward by a page of the store, to the end of the snapshot or into the tail."""
        snapshot = bool(self._snapshot_end)
        # Whatever was committed up to here is in the page, or is in one to come.
        target = self._snapshot_end or self._tail.head
        limit = self._page
        page = await self._store.changed_after(self.cursor, limit=limit, core=self._core, open_only=snapshot)
        taken = _within(page)
        # Read next time about what fits a frame: what does not fit is read again.
        self._page = min(PAGE, 2 * (len(taken) if len(taken) < len(page) else limit))
        # What is open and changed since the snapshot began comes as a change, with its cause.
        due = [changed for changed in taken if not snapshot or changed.row.decision.offset <= target]
        last = due[-1].row.decision.offset if due else self.cursor
        if len(due) < len(taken) or (len(taken) == len(page) < limit):
            self.cursor = max(target, last)
            self._snapshot_end = 0
        else:
            self.cursor = last
        return [
            change_item(changed.row, None if snapshot else v1.Entry.FromString(changed.entry))
            for changed in due
            if not self._only or changed.row.decision.decision_id in self._only
        ]


def _within(page: Sequence[ChangedDecision]) -> Sequence[ChangedDecision]:
    """Return as much of a page as fits a frame, at least its first decision."""
    size = 0
    for place, changed in enumerate(page):
        size += len(changed.row.serialized)
        if size > NEWS_BYTES and place:
            return page[:place]
    return page
