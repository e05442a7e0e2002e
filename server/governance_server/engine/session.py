"""A session: one caller's stream as the engine sees it, without a transport.

Downwards it is a cursor into the ledger's changes and the receipts that wait; upwards it is commands to the governor.
It holds no queue of changes: what a slow reader has not been told stays in the tail or the store.

In a storm, whoever only watches is told ten times a second, of each decision the newest state: nobody reads faster,
and the same bytes sent to a hundred screens are what the server would else be busy with.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.consoles import console_rules
from governance_server.domain.pressure import hold_back_below
from governance_server.engine.attention import Attention
from governance_server.engine.bulletin import Bulletins, News
from governance_server.engine.frames import change_item, receipt_item
from governance_server.errors import FailedPrecondition, Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from governance_server.domain.command import Command
    from governance_server.domain.house import House
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
STORM: Final = 16
"""Changes of a frame from which on it is a storm that goes on: more than anybody reads before the next one."""
STORM_PAUSE_S: Final = 0.1
"""Between the frames of whoever only watches a storm. A decision that is proposed, approved and ordered within it is
told once."""
ACTS_S: Final = 1.0
"""Who brought a command so lately acts in the storm, and is not kept waiting."""


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
        bulletins: Bulletins | None = None,
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
            bulletins: What it shares with the other sessions; None for a session that shares nothing.

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
        self._bulletin = (Bulletins() if bulletins is None else bulletins).of(self._tail)
        self._snapshot_end = head if offset == 0 else 0
        self._receipts: list[bytes] = []
        self._unanswered = 0
        self._unanswered_bytes = 0
        self._fault: Fault | None = None
        self._page = min(FIRST_PAGE, PAGE)
        self._attention = Attention()
        self._acts_until_s = 0.0
        self._room = asyncio.Event()
        self._room.set()
        self.cursor = offset
        self.snapshot = offset == 0
        self._house = governor.house
        self.console_rules = console_rules(self._house.policy)
        self._held_back_below = v1.RISK_LEVEL_UNSPECIFIED
        self._tail.follow(self._attention.stir)

    def close(self) -> None:
        """Follow no more. Idempotent."""
        self._tail.leave(self._attention.stir)
        self._attention.close()

    def wake(self) -> None:
        """Have a waiting `news` return at once."""
        self._attention.rouse()

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
        self._attention.yielding = True
        if not self._core:
            self._acts_until_s = asyncio.get_running_loop().time() + ACTS_S
            self._attention.end_pause()

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
        self.wake()

    def _answer(self, receipts: Sequence[v1.Receipt] | Unavailable) -> None:
        if isinstance(receipts, Fault):
            self.end(receipts)
        else:
            # A refusal carries the decision as it stands, so that answers can be larger than what they answer.
            items = [receipt_item(receipt) for receipt in receipts]
            self._receipts += items
            self._unanswered_bytes += sum(map(len, items))
            self._attention.pausing = False
            self._attention.stir()

    async def news(self, timeout_s: float) -> News:
        """Return what there is to tell, at the latest after a time, then perhaps without receipts and changes.

        Raises:
            Fault: The session was ended, or the governor has ended before it answered a command.
            StoreError: The store cannot be read.
        """
        attention = self._attention
        waits = timeout_s > 0
        if waits and (attention.pausing or not attention.stirred):
            await attention.wait(timeout_s)
            waits = False
        news = await self._collect()
        if waits and news.idle:
            await attention.wait(timeout_s)
            news = await self._collect()
        if len(news.changes) >= STORM and news.caught_up and not self._core:
            self._pause()
        return news

    def _pause(self) -> None:
        """Have the next news wait, where the caller only watches. All who watch go on together, and share the news."""
        if asyncio.get_running_loop().time() >= self._acts_until_s:
            self._attention.pause(STORM_PAUSE_S)

    @property
    def _caught_up(self) -> bool:
        return not self._snapshot_end and self.cursor >= self._tail.head

    async def _collect(self) -> News:
        """Take what waits: all receipts, and as many changes as fit a frame."""
        attention = self._attention
        attention.stirred = attention.pausing = False
        if self._fault is not None:
            raise self._fault
        receipts, self._receipts = self._receipts, []
        shared = self._from_bulletin()
        if shared is None:
            changes = await self._changes()
            caught_up = self._caught_up
        else:
            changes, caught_up = shared.changes, shared.caught_up
        # What is left to tell does not wait for something new.
        attention.stirred |= not caught_up
        own = self._own_news()
        if receipts or not self._room.is_set():
            self._hand_out(receipts)
        elif shared is not None and own is None:
            return shared
        halts, pressure, rules = own or ((), None, None)
        return News(receipts, changes, self.cursor, caught_up, halts, pressure, rules)

    def _hand_out(self, receipts: Sequence[bytes]) -> None:
        """Take receipts off what is unanswered."""
        self._unanswered -= len(receipts)
        self._attention.yielding = self._unanswered > 0
        self._unanswered_bytes -= sum(map(len, receipts))
        if not self._full:
            self._room.set()

    def _own_news(self) -> tuple[Sequence[v1.Halt], v1.Pressure | None, v1.ConsoleRules | None] | None:
        """Return what is to tell beside receipts and changes: halts, pressure, console rules; None for nothing."""
        before, self._house = self._house, self._governor.house
        if before is self._house and not self._core:
            return None
        halts = self._halt_news(before)
        pressure = self._pressure_news()
        rules = self._rules_news(before)
        return (halts, pressure, rules) if halts or pressure is not None or rules is not None else None

    def _halt_news(self, before: House) -> list[v1.Halt]:
        """Return the halts that are otherwise than when they were told last."""
        then, now = before.halts, self._house.halts
        if then is now:
            return []
        gone = [halt for name, halt in then.items() if name not in now]
        ended = [v1.Halt(halt_id=halt.halt_id, scope=halt.scope, released=True) for halt in gone]
        return ended + [halt for name, halt in now.items() if then.get(name) != halt]

    def _pressure_news(self) -> v1.Pressure | None:
        """Return how much waits, where what this core should hold back is otherwise than it was told last."""
        if not self._core:
            return None
        below = hold_back_below(self._house.policy, len(self._governor.open_decisions))
        if below == self._held_back_below:
            return None
        self._held_back_below = below
        return self._governor.pressure

    def _rules_news(self, before: House) -> v1.ConsoleRules | None:
        """Return what the policy asks of consoles, where it is otherwise than this operator was told last."""
        now = self._house.policy
        if self._core or now is before.policy:
            return None
        told, self.console_rules = self.console_rules, console_rules(now)
        return self.console_rules if self.console_rules != told else None

    def _from_bulletin(self) -> News | None:
        """Take the cursor forward to where the tail's news lead; None where it is below the tail, or not for all."""
        if self._snapshot_end or self._only:
            return None
        shared = self._bulletin.after(self.cursor, NEWS_BYTES)
        if shared is not None:
            self.cursor = shared.offset
        return shared

    async def _changes(self) -> Sequence[bytes]:
        """Take the cursor forward to what is to tell, or to the end; return what lies between."""
        while True:
            recent = None if self._snapshot_end else self._tail.after(self.cursor, max_bytes=NEWS_BYTES)
            if recent is None:
                changes = await self._read_store()
            else:
                items, self.cursor = recent
                changes = [item.change for item in items if not self._only or item.decision_id in self._only]
            if changes or self._caught_up:
                return changes

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
