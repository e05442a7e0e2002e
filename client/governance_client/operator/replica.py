"""The replica: what the server has told about the decisions, kept by version. Pure; it reads no clock and no socket."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.operator.indexes import OPEN_STATES, Indexes, id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ENDED_KEPT: Final = 512
"""So many ended decisions are remembered, for whoever still looks at one. Older ones are asked of the server."""


class Update(NamedTuple):
    """One decision that the replica now knows better.

    Attributes:
        before: What was known before; None where nothing was.
        after: What is known now.
        cause: What moved it there, the newest cause where states were skipped.
    """

    before: v1.Decision | None
    after: v1.Decision
    cause: v1.Cause


class Replica:
    """Everything one stream has said, newest version of each decision only.

    Memory grows with what is open, not with history: of those that ended, the last `ENDED_KEPT` are kept. What is asked
    for at every key press (counts, orders, prefixes) is kept up with each change and costs nothing to look at.

    Attributes:
        ledger_id: The ledger that all of it is from; empty before the first hello.
        offset: The resume point: every change up to it is in here.
        complete: A snapshot is not half read.
        halts: The halts in force, by id.
        revision: Another number after everything that changed what is held; of no other meaning.
    """

    def __init__(self) -> None:
        self.ledger_id = ""
        self.offset = 0
        self.complete = False
        self.halts: dict[str, v1.Halt] = {}
        self.revision = 0
        self._head_at_hello = 0
        self._open: dict[str, v1.Decision] = {}
        self._ended: OrderedDict[str, v1.Decision] = OrderedDict()
        self._indexes = Indexes()
        self._recent: tuple[v1.Decision, ...] | None = ()

    def hello(self, hello: v1.ServerHello) -> None:
        """Take the server's hello. A snapshot, or another ledger, voids everything that was held before."""
        if hello.snapshot or hello.ledger_id != self.ledger_id:
            self._open.clear()
            self._ended.clear()
            self._indexes = Indexes()
            self._recent = ()
            self.offset = 0
            self.complete = False
        self.ledger_id = hello.ledger_id
        self._head_at_hello = hello.head_offset
        self.halts = {halt.halt_id: halt for halt in hello.halts if not halt.released}
        self.revision += 1

    def frame(self, response: v1.OperateResponse) -> list[Update]:
        """Take any frame after the hello, and return what it made known, in order.

        An older version of what is known already is ignored. The resume point moves to the envelope's offset, and never
        back.
        """
        updates: list[Update] = []
        if response.WhichOneof("frame") == "news":
            updates = [update for change in response.news.changes if (update := self._change(change)) is not None]
            self._take_halts(response.news.halts)
        self.offset = max(self.offset, response.envelope.offset)
        if response.WhichOneof("frame") == "progress" or self.offset >= self._head_at_hello:
            self.complete = True
        self.revision += 1
        return updates

    @property
    def counts(self) -> Mapping[int, int]:
        """How many decisions wait for a person, by risk; 0 for a risk that none has."""
        return MappingProxyType(self._indexes.counts)

    @property
    def alarmed(self) -> int:
        """How many open decisions somebody has to look at."""
        return self._indexes.alarmed

    @property
    def searched(self) -> Mapping[str, str]:
        """The targets of every decision by its id, one a line, in one case of letters: what is searched for a part."""
        return MappingProxyType(self._indexes.searched)

    def next_due(self) -> v1.Decision | None:
        """Return the pending decision with the nearest deadline; None where none has one."""
        return self._indexes.due.first()

    def urgent(self) -> Sequence[v1.Decision]:
        """Return the pending decisions, most urgent first. What is returned does not change later."""
        return self._indexes.urgent.listed()

    def recent(self) -> Sequence[v1.Decision]:
        """Return the decisions that ended lately, the newest end first. What is returned does not change later."""
        if self._recent is None:
            self._recent = tuple(reversed(self._ended.values()))
        return self._recent

    def get(self, decision_id: str) -> v1.Decision | None:
        """Return what is known of a decision, open or lately ended."""
        return self._open.get(decision_id) or self._ended.get(decision_id)

    def open(self) -> Iterator[v1.Decision]:
        """Yield the open decisions, in no order."""
        yield from self._open.values()

    def pending(self) -> Iterator[v1.Decision]:
        """Yield the decisions that wait for a person, in no order."""
        return (each for each in self._open.values() if each.state == v1.DECISION_STATE_PENDING)

    def known(self) -> Iterator[v1.Decision]:
        """Yield the open decisions and those that ended lately."""
        yield from self._open.values()
        yield from self._ended.values()

    def with_prefix(self, prefix: str, most: int | None = None) -> list[v1.Decision]:
        """Return the known decisions whose id starts so, by id, at most so many. A whole id is that decision alone."""
        exact = self.get(prefix)
        if exact is not None:
            return [exact]
        found = (self.get(decision_id) for decision_id in islice(self._indexes.starting_with(prefix), most))
        return [each for each in found if each is not None]

    def unique_prefix(self, decision_id: str) -> str:
        """Return the shortest start of an id, of at least 8 characters, that no other known id has; else all of it."""
        return self._indexes.unique_prefix(decision_id)

    def _change(self, change: v1.Change) -> Update | None:
        before = self.get(change.decision.decision_id)
        if before is not None and before.version >= change.decision.version:
            return None
        decision, cause = _own(change) if self.complete else (change.decision, change.cause)
        self._indexes.move(before, decision)
        if decision.state in OPEN_STATES:
            if self._ended.pop(decision.decision_id, None) is not None:
                self._recent = None
            self._open[id_of(decision)] = decision
        else:
            self._open.pop(decision.decision_id, None)
            self._end(decision)
        return Update(before, decision, cause)

    def _end(self, decision: v1.Decision) -> None:
        """Hold a decision among those that ended, and let go of the one that ended first where there are too many."""
        self._ended[id_of(decision)] = decision
        self._recent = None
        if len(self._ended) > ENDED_KEPT:
            _, oldest = self._ended.popitem(last=False)
            self._indexes.move(oldest, None)

    def _take_halts(self, halts: Iterable[v1.Halt]) -> None:
        for halt in halts:
            if halt.released:
                self.halts.pop(halt.halt_id, None)
            else:
                self.halts[halt.halt_id] = halt


def _own(change: v1.Change) -> tuple[v1.Decision, v1.Cause]:
    """Return copies of what a change holds.

    A part of a message keeps all of it in memory: a decision that stays open would keep the frame it came in, whatever
    else of it is long gone. A snapshot is the exception, since all of it is held at first: as they came, its decisions
    take a bit more than half of the memory that copies take.
    """
    decision, cause = v1.Decision(), v1.Cause()
    decision.CopyFrom(change.decision)
    cause.CopyFrom(change.cause)
    return decision, cause
