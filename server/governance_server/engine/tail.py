"""The tail: the newest state of every recently changed decision, in offset order, shared by all who follow the ledger.

Theory of operation. A follower is a cursor: the offset up to which it has been told. The tail holds one item a
decision; when a decision changes again, its item moves to the end, so that what a follower gets is coalesced, strictly
ascending in offset, and right at the end, however slow it is: a slow follower costs nothing but its cursor. The tail is
bounded; what falls off its old end is below the `floor`, and a follower whose cursor lies below reads the store until
it has come up to it. This is the shape of etcd's watch (synced and unsynced watchers), with coalescing.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance import v1

TAIL_ITEMS: Final = 8192
"""Items a tail keeps at most: about 16 MiB of decisions of 2 KiB. A follower further behind reads the store instead."""
TAIL_BYTES: Final = 64 * 1024 * 1024
"""Bytes of changes a tail keeps at most: decisions of up to a quarter MiB, as the largest proposals make them, must not
add up to gigabytes."""
PLACES_AN_ITEM: Final = 2
"""Places a tail has for each item it may keep: a superseded one leaves its place empty until it is the oldest."""


class Item(NamedTuple):
    """A decision's newest change.

    Attributes:
        offset: The entry that made it.
        decision_id: Which decision.
        core: Whose proposal it was.
        change: The change as `frames.change_item` encodes it.
    """

    offset: int
    decision_id: str
    core: str
    change: bytes


class Tail:
    """The recent end of the ledger's changes, for one audience.

    Attributes:
        floor: Every decision that changed after this offset is in the tail.
        head: The ledger's last offset that was published.
    """

    def __init__(self, head: int, *, capacity: int = TAIL_ITEMS, capacity_bytes: int = TAIL_BYTES) -> None:
        self.floor = head
        self.head = head
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._bytes = 0
        # Places are counted from the tail's beginning: what is in the lists begins at the place `_first`, and of that
        # the `_gone` oldest have fallen off already. They are taken out many at a time, since that moves all others.
        self._first = 0
        self._gone = 0
        self._offsets: list[int] = []
        self._items: list[Item | None] = []
        self._place: dict[str, int] = {}
        self._followers: dict[Callable[[], None], None] = {}  # woken in the order they came

    def publish(self, items: Sequence[Item], head: int) -> None:
        """Tell the followers what changed, in ascending order of offsets, up to and including the entry at `head`."""
        assert head >= self.head
        offsets, kept, place, first = self._offsets, self._items, self._place, self._first
        last = offsets[-1] if offsets else 0
        size = 0
        for item in items:
            offset, decision_id, _, change = item
            assert offset > last
            last = offset
            former = place.get(decision_id)
            if former is not None:
                superseded = kept[former - first]
                assert superseded is not None
                size -= len(superseded.change)
                kept[former - first] = None
            place[decision_id] = first + len(kept)
            offsets.append(offset)
            kept.append(item)
            size += len(change)
        self._bytes += size
        self.head = head
        self._drop_oldest()
        if items:
            self.wake()

    def wake(self) -> None:
        """Have every follower look up."""
        for wake in self._followers:
            wake()

    def _drop_oldest(self) -> None:
        """Drop what is beyond the capacity, the oldest first; it is below the floor from now on."""
        capacity, kept, place = self._capacity, self._items, self._place
        gone = self._gone
        while (
            len(place) > capacity or len(kept) - gone > PLACES_AN_ITEM * capacity or self._bytes > self._capacity_bytes
        ):
            self._drop(gone)
            gone += 1
        if gone != self._gone:
            self.floor = max(self.floor, self._offsets[gone - 1])
            self._gone = gone
            self._take_out()

    def _drop(self, index: int) -> None:
        item = self._items[index]
        if item is not None:
            self._items[index] = None
            self._bytes -= len(item.change)
            del self._place[item.decision_id]

    def _take_out(self) -> None:
        """Take out of the lists what has fallen off, once it is half of them."""
        gone = self._gone
        if 2 * gone >= len(self._items):
            del self._items[:gone], self._offsets[:gone]
            self._first += gone
            self._gone = 0

    def cut(self, offset: int) -> None:
        """Drop what changed up to an offset. Who has not been told of it yet reads the store, as it is by now."""
        self.floor = max(self.floor, min(offset, self.head))
        end = bisect_right(self._offsets, offset, self._gone)
        for index in range(self._gone, end):
            self._drop(index)
        self._gone = end
        self._take_out()

    def cut_at(self, decision_id: str) -> None:
        """Drop what is kept of a decision, and what changed before it; nothing where it is not kept."""
        place = self._place.get(decision_id)
        if place is not None:
            self.cut(self._offsets[place - self._first])

    def after(self, cursor: int, *, max_bytes: int) -> tuple[list[Item], int] | None:
        """Return what changed after a cursor and the cursor to go on from; None where the cursor lies below the floor.

        Args:
            cursor: The offset up to which the follower was told.
            max_bytes: Stop before the changes are larger than this; the first is returned however large it is.
        """
        if cursor < self.floor:
            return None
        found: list[Item] = []
        size = 0
        for index in range(bisect_right(self._offsets, cursor, self._gone), len(self._items)):
            item = self._items[index]
            if item is None:
                continue
            size += len(item.change)
            if found and size > max_bytes:
                return found, found[-1].offset
            found.append(item)
        # A follower that read the store may be ahead of what was published.
        return found, max(cursor, self.head)

    def follow(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever there is something new."""
        self._followers[wake] = None

    def leave(self, wake: Callable[[], None]) -> None:
        """Have it called no more."""
        self._followers.pop(wake, None)


class Tails:
    """The tails of all audiences: one for those who may see every decision, one for each core that follows its own."""

    def __init__(self, head: int, *, capacity: int = TAIL_ITEMS) -> None:
        self._all = Tail(head, capacity=capacity)
        self._capacity = capacity
        self._cores: dict[str, Tail] = {}

    @property
    def head(self) -> int:
        """The ledger's last offset that was published."""
        return self._all.head

    def of(self, core: str) -> Tail:
        """Return one core's tail, or with an empty name that of everything. It starts at the head when first asked."""
        if not core:
            return self._all
        tail = self._cores.get(core)
        if tail is None:
            tail = self._cores[core] = Tail(self.head, capacity=self._capacity)
        return tail

    def wake(self) -> None:
        """Have every follower of every audience look up."""
        for tail in (self._all, *self._cores.values()):
            tail.wake()

    def forget(self, entry: v1.Entry) -> None:
        """Drop what an entry says is no longer there: personal data that were erased, entries that were pruned."""
        for event in entry.events:
            for tail in (self._all, *self._cores.values()):
                if event.HasField("personal_data_erased"):
                    tail.cut_at(event.personal_data_erased.decision_id)
                elif event.HasField("entries_pruned"):
                    tail.cut(event.entries_pruned.offset)

    def publish(self, items: Sequence[Item], head: int) -> None:
        """Tell every audience what is its: cores first, whose orders would stand behind what a hundred screens get."""
        for core, tail in self._cores.items():
            tail.publish([item for item in items if item.core == core], head)
        self._all.publish(items, head)
