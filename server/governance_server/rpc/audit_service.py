"""AuditService: where the ledger is read, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.errors import FailedPrecondition, Unavailable
from governance_server.rpc.handlers import ServerStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from governance_server.engine.ports import Record
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Rpc
    from governance_server.rpc.identity import Principal

PAGE: Final = 128
"""Entries a read and a frame; few enough that the largest proposals fit."""
FRAME_BYTES: Final = 512 * 1024


class AuditService:
    """The rpcs of AuditService; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {"ListEntries": ServerStream(v1.ListEntriesRequest, self._list_entries)}

    async def _list_entries(self, request: v1.ListEntriesRequest, _: Principal) -> AsyncGenerator[bytes, None]:
        head = await self._edge.store.head()
        if request.offset > head.offset:
            raise FailedPrecondition(
                v1.ERROR_REASON_OFFSET_UNKNOWN,
                f"The ledger ends at offset {head.offset}; nothing follows {request.offset}.",
            )
        after, left, sent = request.offset, request.limit or head.offset, False
        while left:
            page = await self._edge.store.records(after=after, limit=min(PAGE, left), decision_id=request.decision_id)
            records = _fitting([record for record in page if record.offset <= head.offset])
            if not records:
                break
            if self._edge.stopping.is_set():
                # An end that says OK would have the caller take a part for the whole.
                raise Unavailable(
                    v1.ERROR_REASON_SERVER_STOPPING,
                    f"The server is stopping; entries after {after} are left. Ask for them when it is back.",
                )
            yield _frame(records, head.offset)
            sent = True
            after, left = records[-1].offset, left - len(records)
        if not sent:
            yield _frame([], head.offset)


def _fitting(records: list[Record]) -> list[Record]:
    """Return as many records as fit a frame, at least the first."""
    size = 0
    for place, record in enumerate(records):
        size += len(record.entry) + len(record.personal)
        if size > FRAME_BYTES and place:
            return records[:place]
    return records


def _frame(records: list[Record], head_offset: int) -> bytes:
    return v1.ListEntriesResponse(
        records=[
            v1.LedgerRecord(entry=record.entry, hash=record.hash, salt=record.salt, personal=record.personal)
            for record in records
        ],
        head_offset=head_offset,
    ).SerializeToString()
