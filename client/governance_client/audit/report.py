"""A report about a period: tallied from the whole ledger, every entry of it verified before it counts.

The ledger is read as `audit verify` reads it, from the first entry on, so that decisions which began before the period
are known. What counts is what the signed checkpoint is about; what follows it is not proven to stay, and is named.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.audit.report_tally import Tally
from governance_client.audit.verifying import parsed, verify_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from governance_client.audit.memory import Memory
    from governance_client.audit.notes import VerifierKey
    from governance_client.audit.report_period import Period
    from governance_client.audit.source import Source
    from governance_client.audit.verifying import Progress, Verified

_PATIENCE_S: Final = 10.0
"""How long a checkpoint is waited for that has the ledger's last entry: servers sign every second."""
_PAUSE_S: Final = 0.2


class Report(NamedTuple):
    """What a period came to.

    Attributes:
        tally: What was counted.
        verified: What the numbers rest on.
        unsigned: How many entries of the period came after the checkpoint, and were not counted.
    """

    tally: Tally
    verified: Verified
    unsigned: int


async def report_on(
    source: Source,
    memory: Memory,
    period: Period,
    *,
    key: VerifierKey | None,
    progress: Progress = lambda _reached, _end: None,
) -> Report:
    """Verify a ledger, and tally it on the way. Holds one frame of the server's at a time.

    Args:
        source: The server.
        memory: What was verified before, and what this verification is added to.
        period: What the report is about.
        key: The key to trust; None for the one that is remembered.
        progress: Told after each frame.

    Raises:
        ChainBrokenError: The ledger is not what was signed, or not what it was; there is no report about it then.
        UntrustedError: There is no key to trust.
        ClientError: The server could not be asked.
    """
    watched = _Watched(source, Tally(period))
    verified = await verify_source(watched, memory, key=key, progress=progress)
    return Report(watched.tally, verified, watched.unsigned)


class _Watched:
    """A source whose entries are tallied once the verifier has been through their frame and asks for the next.

    Attributes:
        tally: What was counted.
        unsigned: How many entries of the period lay beyond the checkpoint.
    """

    def __init__(self, source: Source, tally: Tally) -> None:
        self.tally = tally
        self.unsigned = 0
        self._source = source
        self._size = 0

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        """Return the newest checkpoint, waiting a little for one about all that there was when it was asked for."""
        response = await self._source.checkpoint(witnessed=witnessed)
        head, end = response.head_offset, asyncio.get_running_loop().time() + _PATIENCE_S
        self._size = parsed(response.note).size
        while self._size < head and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_PAUSE_S)
            response = await self._source.checkpoint(witnessed=witnessed)
            self._size = parsed(response.note).size
        return response

    async def inclusion(self, offset: int, size: int) -> v1.GetInclusionProofResponse:
        """Return the proof that an entry is in the tree of a size."""
        return await self._source.inclusion(offset, size)

    async def consistency(self, first: int, second: int) -> v1.GetConsistencyProofResponse:
        """Return the proof that one tree begins with another."""
        return await self._source.consistency(first, second)

    async def removed_up_to(self) -> int:
        """Return up to which entry it says that some were removed."""
        return await self._source.removed_up_to()

    async def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
        """Return the entries after an offset, each tallied after it was verified: the reader ends where one is not."""
        whole = limit == 0  # single entries are asked for where something is wrong
        async for frame in self._source.frames(after, limit):
            yield frame
            if whole:
                for record in frame.records:
                    self._take(v1.Entry.FromString(record.entry))

    def _take(self, entry: v1.Entry) -> None:
        if entry.offset <= self._size:
            self.tally.take(entry)
        elif self.tally.period.from_us <= entry.recorded_at.ToMicroseconds() < self.tally.period.to_us:
            self.unsigned += 1
