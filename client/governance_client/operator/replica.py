"""The replica: what the server has told about the decisions, kept by version. Pure; it reads no clock and no socket."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPEN_STATES: Final = frozenset(
    {
        v1.DECISION_STATE_PENDING,
        v1.DECISION_STATE_APPROVED,
        v1.DECISION_STATE_EXECUTING,
        v1.DECISION_STATE_OUTCOME_UNKNOWN,
    }
)
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

    Memory grows with what is open, not with history: of those that ended, the last `ENDED_KEPT` are kept.

    Attributes:
        ledger_id: The ledger that all of it is from; empty before the first hello.
        offset: The resume point: every change up to it is in here.
        complete: A snapshot is not half read.
        halts: The halts in force, by id.
    """

    def __init__(self) -> None:
        self.ledger_id = ""
        self.offset = 0
        self.complete = False
        self.halts: dict[str, v1.Halt] = {}
        self._head_at_hello = 0
        self._open: dict[str, v1.Decision] = {}
        self._ended: OrderedDict[str, v1.Decision] = OrderedDict()

    def hello(self, hello: v1.ServerHello) -> None:
        """Take the server's hello. A snapshot, or another ledger, voids everything that was held before."""
        if hello.snapshot or hello.ledger_id != self.ledger_id:
            self._open.clear()
            self._ended.clear()
            self.offset = 0
            self.complete = False
        self.ledger_id = hello.ledger_id
        self._head_at_hello = hello.head_offset
        self.halts = {halt.halt_id: halt for halt in hello.halts if not halt.released}

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
        return updates

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

    def with_prefix(self, prefix: str) -> list[v1.Decision]:
        """Return the known decisions whose id starts so, by id. A whole id is that decision alone."""
        exact = self.get(prefix)
        if exact is not None:
            return [exact]
        return sorted(
            (each for each in self.known() if each.decision_id.startswith(prefix)), key=lambda d: d.decision_id
        )

    def _change(self, change: v1.Change) -> Update | None:
        decision = change.decision
        before = self.get(decision.decision_id)
        if before is not None and before.version >= decision.version:
            return None
        if decision.state in OPEN_STATES:
            self._ended.pop(decision.decision_id, None)
            self._open[decision.decision_id] = decision
        else:
            self._open.pop(decision.decision_id, None)
            self._ended[decision.decision_id] = decision
            if len(self._ended) > ENDED_KEPT:
                self._ended.popitem(last=False)
        return Update(before, decision, change.cause)

    def _take_halts(self, halts: Iterable[v1.Halt]) -> None:
        for halt in halts:
            if halt.released:
                self.halts.pop(halt.halt_id, None)
            else:
                self.halts[halt.halt_id] = halt
