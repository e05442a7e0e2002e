"""Promise 4, no gap: what each client was told, against the ledger up to where the server says that it was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance import v1
from tests.simulation.checkers.moments import us
from tests.simulation.checkers.replay import OPEN
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.simulation.checkers.ledger import Ledger
    from tests.simulation.history import Opened, Told


@dataclass(slots=True)
class Replica:
    """What a client holds by what it was told on one stream, on top of what it held before.

    Attributes:
        client: Whose.
        asked: The offset that it said it has.
        core: The core whose decisions it may see; empty for all.
        versions: The version that it holds of each decision.
        halts: The halts that it holds to be in force.
        greeted: The server has said hello.
        snapshot_end: What had ended by then need not be told; 0 where there is no snapshot.
        offset: The resume point so far.
        last: The offset of the last change.
        server_us: The server's clock in the last frame.
    """

    client: str
    asked: int
    core: str
    versions: dict[str, int]
    halts: set[str] = field(default_factory=set)
    greeted: bool = False
    snapshot_end: int = 0
    offset: int = 0
    last: int = 0
    server_us: int = 0


class Following:
    """Keeps every client's replica by the protocol's plain rules."""

    def __init__(self, ledger: Ledger, cores: frozenset[str]) -> None:
        self._ledger = ledger
        self._cores = cores
        self._streams: dict[int, Replica] = {}
        self._held: dict[str, tuple[dict[str, int], set[str], int]] = {}

    def opened(self, opened: Opened) -> None:
        """Begin a stream from what its client holds."""
        versions, halts, offset = self._held.get(opened.client, ({}, set(), 0))
        person = opened.client.partition("/")[0]
        asked = opened.hello.offset
        if asked > offset:
            raise AssertionError(f"the world lets {opened.client} resume at {asked}, which was told up to {offset}")
        core = person if person in self._cores else ""
        self._streams[opened.stream] = Replica(opened.client, asked, core, dict(versions), set(halts), offset=asked)

    def closed(self, stream: int) -> None:
        """Keep what the client holds at the end of a stream."""
        replica = self._streams.pop(stream, None)
        if replica is not None and replica.greeted:
            self._held[replica.client] = (replica.versions, replica.halts, replica.offset)

    def told(self, told: Told) -> None:
        """Check a frame."""
        replica, frame = self._streams.get(told.stream), told.frame
        if replica is None:
            self._answered(told)
            return
        kind = frame.WhichOneof("frame")
        _assure((kind == "hello") != replica.greeted, replica, f"is told {kind} where the protocol has none")
        self._clock(replica, frame.envelope)
        if kind == "hello":
            self._hello(replica, frame.hello, told.client)
        elif kind == "news":
            self._changes(replica, frame)
            _follow_halts(replica, frame.news.halts)
        self._advance(replica, frame.envelope.offset)

    def _answered(self, told: Told) -> None:
        """Check the decisions in the answer to a single call, which is on no stream."""
        person = told.client.partition("/")[0]
        changes = told.frame.news.changes if told.frame.WhichOneof("frame") == "news" else ()
        for change in changes:
            self.shown(told.client, person if person in self._cores else "", change.decision)

    def shown(self, client: str, core: str, decision: v1.Decision) -> None:
        """Check a decision that somebody is shown, whole: one that is committed, and theirs to see."""
        name = f"version {decision.version} of {decision.decision_id}"
        if decision.offset > self._ledger.end:
            raise BrokenPromiseError(1, f"{client} is shown {name}, of entry {decision.offset}, which is not durable")
        if core and decision.core != core:
            raise BrokenPromiseError(4, f"{client} is shown {name}, which is {decision.core}'s")
        kept = self._ledger.version(decision.decision_id, decision.version)
        if kept == decision:
            return
        where = f"{client} is shown {name} otherwise than the ledger has it"
        if kept is None or kept.state != decision.state:
            raise BrokenPromiseError(3, f"{where}: {v1.DecisionState.Name(decision.state)}")
        raise BrokenPromiseError(4, f"{where}: {', '.join(_differing(kept, decision))}")

    def _clock(self, replica: Replica, envelope: v1.Envelope) -> None:
        now_us = us(envelope.server_time)
        if now_us < replica.server_us:
            raise BrokenPromiseError(5, f"the server's clock went back before the eyes of {replica.client}")
        replica.server_us = now_us
        told = self._ledger.rows[envelope.offset - 1] if 0 < envelope.offset <= self._ledger.end else None
        if told is not None and now_us < told.recorded_us:
            raise BrokenPromiseError(
                5, f"the server's clock is behind entry {envelope.offset}, which {replica.client} has been told of"
            )

    def _hello(self, replica: Replica, hello: v1.ServerHello, client: str) -> None:
        replica.greeted = True
        person = client.partition("/")[0]
        _assure(hello.you.name == person, replica, f"is taken for {hello.you.name}")
        _assure(hello.ledger_id == self._ledger.ledger_id, replica, "is told of another ledger")
        _assure(hello.head_offset <= self._ledger.end, replica, f"is told of a head at {hello.head_offset}")
        _assure(hello.snapshot == (not replica.asked), replica, "is given a snapshot where it has an offset, or none")
        _assure(hello.offset == replica.asked, replica, f"asked from {replica.asked}, and starts at {hello.offset}")
        replica.last = replica.asked
        replica.halts = {halt.halt_id for halt in hello.halts}
        for halt in self._ledger.halts.values():
            if halt.offset <= hello.head_offset:
                _assure(halt.halt_id in replica.halts, replica, f"is not told of {halt.halt_id}, which is in force")
        if hello.snapshot:
            replica.versions = {}
            replica.snapshot_end = hello.head_offset

    def _changes(self, replica: Replica, frame: v1.ProposeResponse | v1.OperateResponse) -> None:
        for change in frame.news.changes:
            decision = change.decision
            name = decision.decision_id
            _assure(change.offset == decision.offset, replica, f"is told of {name} at two offsets")
            _assure(change.offset > replica.last, replica, f"is told of {change.offset} after {replica.last}")
            self.shown(replica.client, replica.core, decision)
            self._cause(replica, change)
            replica.last = change.offset
            replica.versions[name] = max(decision.version, replica.versions.get(name, 0))
        _assure(
            replica.last <= max(frame.envelope.offset, replica.asked), replica, "is told more than its resume point"
        )

    def _cause(self, replica: Replica, change: v1.Change) -> None:
        if not change.HasField("cause"):
            in_snapshot = change.offset <= replica.snapshot_end
            _assure(in_snapshot, replica, f"is told of {change.offset} without a cause")
            return
        row = self._ledger.rows[change.offset - 1]
        _assure(tuple(change.cause.events) == row.kinds, replica, f"is told another cause of {change.offset}")
        _assure(change.cause.actor == row.entry.actor, replica, f"is told another actor of {change.offset}")

    def _advance(self, replica: Replica, offset: int) -> None:
        """Check that a client holds all that has not changed since its new resume point."""
        _assure(offset >= replica.offset, replica, f"is taken back from {replica.offset} to {offset}")
        if offset > self._ledger.end:
            raise BrokenPromiseError(1, f"{replica.client} is told that it has {offset}, which is not durable")
        for row in self._ledger.rows[replica.offset : offset]:
            self._holds(replica, row.entry.decision_id, row.offset, offset)
        replica.offset = offset

    def _holds(self, replica: Replica, decision_id: str, changed: int, offset: int) -> None:
        newest = self._ledger.newest(decision_id) if decision_id else None
        if newest is None or newest.offset != changed:  # it changed again: that is still to come
            return
        if replica.core and newest.core != replica.core:
            return
        if newest.state not in OPEN and newest.offset <= replica.snapshot_end:
            return
        held = replica.versions.get(decision_id, 0)
        _assure(
            held >= newest.version,
            replica,
            f"is told that it has all up to {offset}, and has version {held} of {decision_id}, not {newest.version}",
        )

    def finish(self) -> None:
        """Check, when all is quiet, that every client that follows has come to the end, and holds what is there."""
        for replica in self._streams.values():
            _assure(replica.greeted, replica, "waits for ever for a hello")
            last = max((row.offset for row in self._ledger.rows if self._concerns(replica, row.entry)), default=0)
            _assure(replica.offset >= last, replica, f"was told up to {replica.offset}, and {last} concerns it")
            in_force = set(self._ledger.halts)
            _assure(replica.halts == in_force, replica, f"holds {sorted(replica.halts)} to be halts, not {in_force}")
            for decision_id, newest in self._ledger.open.items():
                if replica.core in ("", newest.core):
                    held = replica.versions.get(decision_id, 0)
                    _assure(held == newest.version, replica, f"has version {held} of {decision_id}, not the last")

    def _concerns(self, replica: Replica, entry: v1.Entry) -> bool:
        newest = self._ledger.newest(entry.decision_id)
        return newest is not None and replica.core in ("", newest.core)


def _follow_halts(replica: Replica, halts: Iterable[v1.Halt]) -> None:
    for halt in halts:
        if halt.released:
            replica.halts.discard(halt.halt_id)
        else:
            replica.halts.add(halt.halt_id)


def _differing(one: v1.Decision, other: v1.Decision) -> list[str]:
    """Return the names of the fields in which two decisions differ."""
    return [field.name for field in one.DESCRIPTOR.fields if getattr(one, field.name) != getattr(other, field.name)]


def _assure(holds: bool, replica: Replica, sentence: str) -> None:
    if not holds:
        raise BrokenPromiseError(4, f"{replica.client} {sentence}")
