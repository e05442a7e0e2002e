"""Where a verifier gets what it checks: a server, whose every word is checked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import grpc
from google.protobuf.message import DecodeError

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.audit.faults import NotTakenError, ProofBrokenError
from governance_client.errors import OffsetUnknownError, UnreachableError, from_rpc_error
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

_T = TypeVar("_T")
_TIMEOUT_S = 20.0
"""For one answer; as long as the command line waits for any."""
STANDSTILL_S: Final = 60.0
"""A server that gets no further for this long is given up. An honest one says every few seconds how far it looked."""


class Source(Protocol):
    """A ledger that somebody else keeps."""

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        """Return the newest checkpoint, or the newest that a witness cosigned."""

    async def inclusion(self, offset: int, size: int) -> v1.GetInclusionProofResponse:
        """Return the proof that an entry is in the tree of a size. Raises ProofBrokenError where there is none."""

    async def consistency(self, first: int, second: int) -> v1.GetConsistencyProofResponse:
        """Return the proof that one tree begins with another. Raises ProofBrokenError where there is none."""

    async def removed_up_to(self) -> int:
        """Return up to which entry it says that some were removed; a hint, which the entries have to bear out."""

    def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
        """Return the entries after an offset, to the end of the ledger or so many; at least one frame."""


class RemoteSource:
    """A server's AuditService."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AuditServiceStub(channel)

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        """Return the newest checkpoint, or the newest that a witness cosigned."""
        return await _answer(self._stub.GetCheckpoint(v1.GetCheckpointRequest(witnessed=witnessed), timeout=_TIMEOUT_S))

    async def inclusion(self, offset: int, size: int) -> v1.GetInclusionProofResponse:
        """Return the proof that an entry is in the tree of a size. Raises ProofBrokenError where there is none."""
        request = v1.GetInclusionProofRequest(offset=offset, tree_size=size)
        return await _proof(self._stub.GetInclusionProof(request, timeout=_TIMEOUT_S), offset)

    async def consistency(self, first: int, second: int) -> v1.GetConsistencyProofResponse:
        """Return the proof that one tree begins with another. Raises ProofBrokenError where there is none."""
        request = v1.GetConsistencyProofRequest(from_size=first, to_size=second)
        return await _proof(self._stub.GetConsistencyProof(request, timeout=_TIMEOUT_S), first)

    async def removed_up_to(self) -> int:
        """Return up to which entry it says that some were removed; a hint, which the entries have to bear out."""
        highest = 0
        request = v1.ListEntriesRequest(filter=v1.EntryFilter(events=["entries_pruned"]))
        async for frame in self._frames(request):
            for record in frame.records:
                highest = max(highest, *(event.entries_pruned.offset for event in _events(record)), 0)
        return highest

    async def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
        """Return the entries after an offset, to the end of the ledger or so many; at least one frame."""
        async for frame in self._frames(v1.ListEntriesRequest(offset=after, limit=limit)):
            yield frame

    async def _frames(self, request: v1.ListEntriesRequest) -> AsyncIterator[v1.ListEntriesResponse]:
        """Yield frames while they get further; a server that sends on and on without that is given up."""
        loop, reached = asyncio.get_running_loop(), -1
        call = self._stub.ListEntries(request)
        given_up_at_s = loop.time() + STANDSTILL_S
        while True:
            try:
                async with asyncio.timeout_at(given_up_at_s):
                    frame = await call.read()
            except TimeoutError:
                raise UnreachableError(
                    _("The server did not answer within {seconds:g} s. Check that it runs, and its log.").format(
                        seconds=STANDSTILL_S
                    )
                ) from None
            except grpc.aio.AioRpcError as error:
                raise from_rpc_error(error) from None
            if not isinstance(frame, v1.ListEntriesResponse):  # grpc.aio.EOF
                return
            yield frame
            if frame.offset > reached:
                reached, given_up_at_s = frame.offset, loop.time() + STANDSTILL_S

    async def publish(self, note: str) -> None:
        """Leave a cosigned checkpoint with the server. Raises NotTakenError where that does not keep the checkpoint."""
        try:
            await _answer(self._stub.AddCosignature(v1.AddCosignatureRequest(note=note), timeout=_TIMEOUT_S))
        except OffsetUnknownError:
            raise NotTakenError(
                _("The server did not take the cosignature: it no longer keeps that checkpoint. Cosign its newest one.")
            ) from None


def _events(record: v1.LedgerRecord) -> Sequence[v1.Event]:
    try:
        return v1.Entry.FromString(record.entry).events
    except DecodeError:
        raise ProofBrokenError(0, _("among what it says was removed are bytes that are no entry")) from None


async def _answer(call: Awaitable[_T]) -> _T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None


async def _proof(call: Awaitable[_T], offset: int) -> _T:
    try:
        return await _answer(call)
    except OffsetUnknownError as error:
        raise ProofBrokenError(offset, _("the server has no proof about it ({why})").format(why=error)) from None
