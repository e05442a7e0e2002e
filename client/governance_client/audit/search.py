"""Searching a server's ledger: entries as they come, each checked, with what may be seen of what belongs to it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import grpc
from google.protobuf.message import DecodeError

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.errors import from_rpc_error
from governance_client.language import _
from governance_client.verify import ChainBrokenError, ChainReader

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable


class Held(Enum):
    """What there is of an entry's personal data."""

    NONE = "none"
    """There never was any."""
    SHOWN = "shown"
    REDACTED = "redacted"
    """There is, and the reader may not see it: only its shape."""
    ERASED = "erased"
    """There was."""


class Found(NamedTuple):
    """An entry that was found, and checked.

    Attributes:
        record: As the server gave it.
        entry: What its bytes say.
        held: What there is of its personal data.
        personal: The personal data, or their shape; empty where there is nothing.
    """

    record: v1.LedgerRecord
    entry: v1.Entry
    held: Held
    personal: v1.PersonalData


class Progress(NamedTuple):
    """How far a search has looked.

    Attributes:
        offset: Up to this entry.
        head_offset: Of so many.
    """

    offset: int
    head_offset: int


async def search(
    channel: grpc.aio.Channel, request: v1.ListEntriesRequest, told: Callable[[Progress], None]
) -> AsyncGenerator[Found, None]:
    """Find the entries that a request asks for, in order. Holds one frame of the server's at a time.

    Every entry's bytes are checked against its hash, its personal data against what it committed to, and its link to
    the entry before where that was found, too. That it is in the ledger that was signed is for `audit verify` to prove.

    Args:
        channel: To the server.
        request: What is asked for.
        told: Called with how far was looked, whenever the server says so.

    Raises:
        ChainBrokenError: An entry is not the one that was hashed.
        ClientError: The server cannot be reached, or does not answer that.
    """
    try:
        async for found in checked(AuditServiceStub(channel).ListEntries(request), request.offset, told):
            yield found
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from None


async def checked(
    frames: AsyncIterable[v1.ListEntriesResponse], after: int, told: Callable[[Progress], None]
) -> AsyncGenerator[Found, None]:
    """Give the entries of frames, checked. Raises ChainBrokenError at the first that is not what was hashed."""
    reader = ChainReader(after)
    async for frame in frames:
        for record in frame.records:
            yield found_of(record, reader.read(record))
        told(Progress(frame.offset, frame.head_offset))


def found_of(record: v1.LedgerRecord, entry: v1.Entry) -> Found:
    """Return what a checked record holds. Raises ChainBrokenError where its personal data cannot be read."""
    if record.HasField("redacted"):
        return Found(record, entry, Held.REDACTED, record.redacted)
    if not entry.personal_commitment:
        return Found(record, entry, Held.NONE, v1.PersonalData())
    if not record.salt:
        return Found(record, entry, Held.ERASED, v1.PersonalData())
    try:
        return Found(record, entry, Held.SHOWN, v1.PersonalData.FromString(record.personal))
    except DecodeError:
        raise ChainBrokenError(entry.offset, _("what is stored apart from it cannot be read")) from None
