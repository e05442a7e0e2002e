"""Remembers, while the server serves, which rows of open decisions are in order, so that the next start is a short one.

A start verifies every row that is open and that it does not know from before, which takes most of a minute for a
million of them. So what was opened and changed meanwhile is remembered now and then, as a start does it
(`verified_rows`).

What is relied on. No row is read here. What is remembered is the hash of the row that has to be there: the one that
the engine's memory makes by `projected`, which is what was written. So whatever somebody has made of the row, its bytes
or a column beside them, before this or after it, is another row than the one that is remembered, and the next start
compares it with its entries as ever. The memory in turn was verified at the start, and has followed from that and from
the server's own entries since. Where it has not, since something was read out of the store while serving, the decision
is `doubted` and not remembered. Nobody verifies here that the entries in the file are the ones that were written: the
next start does, of all that it has not verified before.

A row that is no more is remembered no longer: it must not be believed if somebody puts it back. Of what is not known
by then, the place says enough: the next start finds out which entries come after it, and believes no row that one of
them is about and that does not show it.
"""

from __future__ import annotations

import asyncio
from array import array
from functools import partial
from typing import TYPE_CHECKING, Final

from governance_server.domain.moment import SECOND_US
from governance_server.engine.open_decisions import OpenDecisions
from governance_server.ledger.projection import decision_row, projected
from governance_server.ledger.verified_rows import Place, Rows, row_hash

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from governance_server.engine.governor import Governor
    from governance_server.engine.ports import Clock
    from governance_server.engine.turnover import Taken
    from governance_server.ledger.verified_rows import VerifiedRows

DUE_ENTRIES: Final = 32_768
"""After so many entries at the least. If all of them opened a decision, the next start takes two seconds longer. What
has ended by then costs nothing here: half as many took 5 % of the throughput where all stay open for a while."""
DUE_SHARE: Final = 32
"""After a 32nd of what is remembered, where that is more: the file is written whole, 24 MB for a million decisions,
and so about every six seconds where 5,000 entries come in one. The next start takes two seconds longer then."""
SLICE: Final = 32
"""Decisions looked at in one go: a third of a millisecond, in which the server does nothing else."""
PAUSE_US: Final = 2_000
"""After each slice, so that a seventh of the time is taken while there is something to do. Where the server is so busy
that a pause takes longer, the slice after it is as much larger: else more would come than is looked at."""
MOST_SLICES: Final = 64
"""At once, after a pause of an eighth of a second: 20 ms, after a batch of commands that took six times as long."""
INTERVAL_US: Final = SECOND_US
"""How often somebody looks whether so much has come."""


class Remembering:
    """Keeps the file of verified rows up with what the server does."""

    def __init__(self, remembered: VerifiedRows, governor: Governor, clock: Clock, ledger_id: str) -> None:
        """Take up from a start: the governor has recovered, from pages that were verified and are remembered.

        Args:
            remembered: The file.
            governor: Whose memory is relied on.
            clock: The time.
            ledger_id: The ledger's name.
        """
        opened = governor.open_decisions
        assert isinstance(opened, OpenDecisions)
        self._opened = opened
        self._remembered = remembered
        self._governor = governor
        self._clock = clock
        self._ledger_id = ledger_id
        self._count = len(opened)
        self._offset = governor.head.offset

    async def run(self) -> None:
        """Remember whenever much has come, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now_us() + INTERVAL_US)
            if self.is_due:
                await self.remember()

    @property
    def is_due(self) -> bool:
        """Whether so much has come since the last time that it is worth it."""
        return self._governor.head.offset - self._offset >= max(DUE_ENTRIES, self._count // DUE_SHARE)

    async def remember(self) -> None:
        """Remember what has come since the last time. Where that cannot be written, it is tried again when it is due.

        Not to be called while it is under way.
        """
        opened = self._opened
        head, taken = self._governor.head, opened.turnover.take()  # as of one moment: nothing is awaited in between
        self._offset = head.offset
        here = Place(self._ledger_id, head.offset, head.hash, self._remembered.release)
        count = None
        try:
            rows = await self._rows(taken, head.offset)
            count = await asyncio.to_thread(partial(self._remembered.renew, here, gone=taken.gone, came=rows))
        finally:
            if count is None:
                opened.turnover.give_back(taken, [name for name in taken.came if name in opened])
        self._count = self._count if count is None else count

    async def _rows(self, taken: Taken, up_to: int) -> Rows:
        """Return the rows of the decisions that came and have not changed again since the offset."""
        place = self._remembered.place
        after = 0 if place is None else place.offset
        found: list[tuple[int, bytes]] = []
        async for names in self._slices(taken.came):
            found += [row for row in self._hashed(names) if after < row[0] <= up_to]
        found.sort()
        return Rows(array("q", [offset for offset, _ in found]), b"".join([hash_ for _, hash_ in found]))

    async def _slices(self, names: Iterable[str]) -> AsyncIterator[list[str]]:
        clock, everybody = self._clock, [*names]
        start, slices = 0, 1
        while start < len(everybody):
            if start:
                paused_us = clock.now_us()
                await clock.sleep_until(paused_us + PAUSE_US)
                slices = min(max((clock.now_us() - paused_us) // PAUSE_US, 1), MOST_SLICES)
            end = start + slices * SLICE
            yield everybody[start:end]
            start = end

    def _hashed(self, names: Iterable[str]) -> list[tuple[int, bytes]]:
        """Return offsets and hashes of the rows that have to be there of decisions, as far as they are open."""
        serialized, doubted = self._opened.serialized, self._opened.turnover.doubted
        there = [serialized[name] for name in names if name in serialized and name not in doubted]
        rows = [projected(decision_row(each)) for each in there]
        return [(row.offset, row_hash(tuple(row))) for row in rows]
