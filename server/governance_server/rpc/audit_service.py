"""AuditService: where the ledger is read, byte for byte."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.moment import SECOND_US
from governance_server.errors import FailedPrecondition, Unavailable
from governance_server.rpc.handlers import ServerStream
from governance_server.rpc.redacting import redacted_record
from governance_server.rpc.searching import search

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    from governance_server.engine.ports import Record, Searched
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Rpc
    from governance_server.rpc.identity import Principal

FRAME_BYTES: Final = 512 * 1024
"""Where a frame ends, but after at least one entry."""
QUIET_ENTRIES: Final = 65_536
QUIET_US: Final = SECOND_US
"""After so many entries that were not asked for, or so long, the caller is told how far was looked."""


class AuditService:
    """The rpcs of AuditService; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {"ListEntries": ServerStream(v1.ListEntriesRequest, self._list_entries)}

    async def _list_entries(self, request: v1.ListEntriesRequest, caller: Principal) -> AsyncGenerator[bytes, None]:
        head = await self._edge.store.head()
        if request.offset > head.offset:
            raise FailedPrecondition(
                v1.ERROR_REASON_OFFSET_UNKNOWN,
                f"The ledger ends at offset {head.offset}; nothing follows {request.offset}.",
            )
        silence = _Silence(self._edge, request.offset)
        looked_to = request.offset
        async with aclosing(search(self._edge.store, request, head.offset)) as pages:
            async for page in pages:
                self._assure_serving(looked_to)
                looked_to = page.offset
                for records, offset in _frames(page):
                    if records or silence.is_long(offset):
                        yield self._frame(records, offset, head.offset, caller)
                        silence.broken(offset)
        if not silence.is_over(looked_to):
            yield self._frame((), looked_to, head.offset, caller)

    def _assure_serving(self, after: int) -> None:
        if self._edge.stopping.is_set():
            # An end that says OK would have the caller take a part for the whole.
            raise Unavailable(
                v1.ERROR_REASON_SERVER_STOPPING,
                f"The server is stopping; entries after {after} are left. Ask for them when it is back.",
            )

    def _frame(self, records: Sequence[Record], offset: int, head_offset: int, caller: Principal) -> bytes:
        policy = self._edge.governor.house.policy
        return v1.ListEntriesResponse(
            records=[redacted_record(record, caller, policy) for record in records],
            head_offset=head_offset,
            offset=offset,
        ).SerializeToString()


class _Silence:
    """How long a caller has heard nothing: a stream that finds nothing must not look dead."""

    def __init__(self, edge: Edge, offset: int) -> None:
        self._clock = edge.clock
        self._told: int | None = None
        self._offset = offset
        self._since_us = edge.clock.now_us()

    def broken(self, offset: int) -> None:
        """Note that the caller was told how far was looked."""
        self._told = self._offset = offset
        self._since_us = self._clock.now_us()

    def is_long(self, offset: int) -> bool:
        """Tell whether it is time to say how far was looked."""
        return offset - self._offset >= QUIET_ENTRIES or self._clock.now_us() - self._since_us >= QUIET_US

    def is_over(self, offset: int) -> bool:
        """Tell whether the caller was told that it was looked that far."""
        return self._told == offset


def _frames(page: Searched) -> Iterator[tuple[Sequence[Record], int]]:
    """Give the parts of a page that fit a frame each, with how far was looked; one without records for an empty one."""
    start = size = 0
    for place, record in enumerate(page.records):
        size += len(record.entry) + len(record.personal)
        if size > FRAME_BYTES and place > start:
            yield page.records[start:place], page.records[place - 1].offset
            start, size = place, len(record.entry) + len(record.personal)
    yield page.records[start:], page.offset
