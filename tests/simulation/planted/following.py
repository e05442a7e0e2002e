"""Bugs in what those who follow are told."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from governance_server.engine.session import Session
from governance_server.engine.tail import Tail, Tails
from tests.simulation.disk import DiskStore
from tests.simulation.planted.bug import Bug, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance_server.engine.tail import Item


@contextmanager
def resume_off_by_one() -> Iterator[None]:
    """Start a resumed stream one entry too late."""
    collect, begun = Session._collect, WeakSet[Session]()

    async def from_one_further(self: Session) -> Any:
        if self not in begun and not self.snapshot and self.cursor < self._tail.head:
            self.cursor += 1
        begun.add(self)
        return await collect(self)

    with replaced((Session, "_collect", from_one_further)):
        yield


@contextmanager
def snapshot_forgets() -> Iterator[None]:
    """Go on, after a snapshot, from where the ledger is by then, and not from where the snapshot began."""
    read = Session._read_store

    async def forgetful(self: Session) -> list[bytes]:
        snapshot = bool(self._snapshot_end)
        changes = await read(self)
        if snapshot and not self._snapshot_end:
            self.cursor = self._tail.head
        return changes

    with replaced((Session, "_read_store", forgetful)):
        yield


@contextmanager
def last_state_dropped() -> Iterator[None]:
    """Keep the older of two states that nobody has been told yet."""
    publish = Tail.publish

    def published(self: Tail, items: Sequence[Item], head: int) -> None:
        publish(self, [item for item in items if item.decision_id not in self._place], head)

    with replaced((Tail, "publish", published)):
        yield


@contextmanager
def floor_off_by_one() -> Iterator[None]:
    """Take a follower that lacks the last thing that fell off the tail for one that lacks nothing."""
    after = Tail.after

    def found(self: Tail, cursor: int, *, max_bytes: int) -> Any:
        return after(self, max(cursor, self.floor) if cursor >= self.floor - 1 else cursor, max_bytes=max_bytes)

    with replaced((Tail, "after", found)):
        yield


@contextmanager
def core_sees_all() -> Iterator[None]:
    """Give every core the tail of all decisions."""
    with replaced((Tails, "of", lambda self, _core: self._all)):
        yield


@contextmanager
def ends_left_out() -> Iterator[None]:
    """Tell whoever is behind the tail of what is open alone."""
    read = DiskStore.changed_after

    async def open_alone(self: DiskStore, offset: int, **named: Any) -> Any:
        return await read(self, offset, **{**named, "open_only": True})

    with replaced((DiskStore, "changed_after", open_alone)):
        yield


@contextmanager
def resume_point_too_far() -> Iterator[None]:
    """Name the ledger's head as resume point, also where a frame had no room for all."""
    after = Tail.after

    def found(self: Tail, cursor: int, *, max_bytes: int) -> Any:
        recent = after(self, cursor, max_bytes=max_bytes)
        return recent and (recent[0], max(cursor, self.head))

    with replaced((Tail, "after", found)):
        yield


_RESUMING = frozenset({"cuts"})
_SMALL = (("tail", 1), ("page", 2))

BUGS = (
    Bug(
        "resume off by one",
        "A client that resumes misses the first change.",
        (4,),
        15,
        resume_off_by_one,
        faults=_RESUMING,
    ),
    Bug(
        "snapshot forgets",
        "What changes while a snapshot is read is not told.",
        (4,),
        10,
        snapshot_forgets,
        faults=_RESUMING,
        shape=_SMALL,
    ),
    Bug("last state dropped", "Of two states, the older one stays.", (4, 3), 5, last_state_dropped),
    Bug(
        "floor off by one",
        "What has just fallen off the tail is not told.",
        (4,),
        15,
        floor_off_by_one,
        faults=_RESUMING | {"slow readers"},
        shape=_SMALL,
    ),
    Bug("core sees all", "A core is told of another core's decisions.", (4,), 5, core_sees_all, shape=(("cores", 3),)),
    Bug(
        "ends left out",
        "Whoever is far behind does not hear of what has ended.",
        (4,),
        10,
        ends_left_out,
        faults=_RESUMING | {"slow readers"},
        shape=_SMALL,
    ),
    Bug(
        "resume point too far",
        "A frame that has no room for all says that it had.",
        (4,),
        10,
        resume_point_too_far,
        shape=(("news_bytes", 1), ("tail", 8192)),
    ),
)
