"""Collecting the evidence about a decision from a server, whose every word is checked afterwards."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.audit.evidence import Checked, Evidence, check, offset_of
from governance_client.audit.search import search
from governance_client.audit.source import RemoteSource
from governance_client.audit.verifying import key_line, parsed, prove_continued, trusted_key
from governance_client.errors import NotFoundError, ServerError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    import grpc

    from governance_client.audit.checkpoints import Checkpoint
    from governance_client.audit.memory import Memory
    from governance_client.audit.notes import VerifierKey

_PATIENCE_S: Final = 10.0
"""How long a checkpoint is waited for that has the decision's last entry: servers sign every second."""
_PAUSE_S: Final = 0.2


class _Basis(NamedTuple):
    """What everything else is proven against."""

    checkpoint: Checkpoint
    keys: Sequence[v1.CheckpointKey]
    records: Sequence[v1.LedgerRecord]
    erasures: Sequence[v1.LedgerRecord]


async def collect(channel: grpc.aio.Channel, decision_id: str, memory: Memory, *, key: VerifierKey | None) -> Checked:
    """Collect the evidence about a decision, and check all of it.

    Args:
        channel: To the server.
        decision_id: Which decision: its whole id.
        memory: What was verified before: the ledger has to continue it. Nothing is remembered here, since not all of
            the ledger is read.
        key: The key to trust; None for the one that is remembered.

    Raises:
        ChainBrokenError: The ledger is not what was signed, or not what it was.
        UntrustedError: There is no key to trust.
        ClientError: The server could not be asked, or has no such decision.
    """
    source = RemoteSource(channel)
    basis = await _basis(channel, source, decision_id)
    remembered = memory.recall(basis.checkpoint.origin)
    trusted = trusted_key(key, remembered)
    key_line(basis.keys).check(basis.checkpoint, trusted)
    if remembered is not None:
        await prove_continued(source, remembered.checkpoint, basis.checkpoint)
    house = await _house(channel, basis)
    offsets = [offset_of(each) for each in (*house, *basis.records)]
    proofs = {offset: await source.inclusion(offset, basis.checkpoint.size) for offset in sorted(offsets)}
    evidence = Evidence(decision_id, str(basis.checkpoint.note), tuple(basis.keys), basis.records, house, proofs)
    return check(evidence, trusted)


async def _basis(channel: grpc.aio.Channel, source: RemoteSource, decision_id: str) -> _Basis:
    """Return a checkpoint, and all entries about the decision, of which none lies beyond it."""
    end = asyncio.get_running_loop().time() + _PATIENCE_S
    while True:
        response = await source.checkpoint()
        checkpoint = parsed(response.note)
        records = await _list(channel, v1.ListEntriesRequest(decision_id=decision_id))
        if not records:
            text = _("The ledger has no entries about {decision}. They may have been removed after their retention.")
            raise NotFoundError(text.format(decision=decision_id))
        erasures = await _erasures(channel, decision_id, records)
        last = max(offset_of(each) for each in (*records, *erasures))
        if last <= checkpoint.size:
            keys = [each for each in response.keys if each.offset <= checkpoint.size]
            return _Basis(checkpoint, keys, records, erasures)
        if asyncio.get_running_loop().time() > end:
            text = _(
                "The newest checkpoint has {size} entries and not yet the last one about the decision ({offset}). Try"
                " again; if it stays so, the server does not sign any more."
            )
            raise ServerError(text.format(size=checkpoint.size, offset=last))
        await asyncio.sleep(_PAUSE_S)


async def _house(channel: grpc.aio.Channel, basis: _Basis) -> list[v1.LedgerRecord]:
    """Return the entries about the house that belong to the evidence, in order."""
    offsets = {1, *(each.offset for each in basis.keys)}
    found = {offset: await _one(channel, offset) for offset in sorted(offsets)}
    found |= {offset_of(each): each for each in await _policies(channel, basis)}
    found |= {offset_of(each): each for each in basis.erasures}
    return [found[offset] for offset in sorted(found)]


async def _policies(channel: grpc.aio.Channel, basis: _Basis) -> list[v1.LedgerRecord]:
    """Return the policy that was in force at the proposal, if an entry has it, and those applied while it ran."""
    first, last = offset_of(basis.records[0]), offset_of(basis.records[-1])
    # no entry after the decision's last is looked at but those of its own second
    until = Timestamp(seconds=v1.Entry.FromString(basis.records[-1].entry).recorded_at.seconds + 1)
    applied = v1.EntryFilter(events=["policy_applied"], until=until)
    records = await _list(channel, v1.ListEntriesRequest(filter=applied))
    before = [each for each in records if offset_of(each) < first]
    return before[-1:] + [each for each in records if first < offset_of(each) < last]


async def _erasures(
    channel: grpc.aio.Channel, decision_id: str, records: Sequence[v1.LedgerRecord]
) -> list[v1.LedgerRecord]:
    """Return the entries that say that personal data of the decision were erased, where some are missing."""
    if not any(_is_erased(each) for each in records):
        return []
    erasing = v1.EntryFilter(events=["personal_data_erased"])
    found = await _list(channel, v1.ListEntriesRequest(offset=offset_of(records[0]), filter=erasing))
    return [each for each in found if _erases(v1.Entry.FromString(each.entry), decision_id)]


def _is_erased(record: v1.LedgerRecord) -> bool:
    committed = v1.Entry.FromString(record.entry).personal_commitment
    return bool(committed) and not record.salt and not record.HasField("redacted")


def _erases(entry: v1.Entry, decision_id: str) -> bool:
    return any(event.personal_data_erased.decision_id == decision_id for event in entry.events)


async def _one(channel: grpc.aio.Channel, offset: int) -> v1.LedgerRecord:
    records = await _list(channel, v1.ListEntriesRequest(offset=offset - 1, limit=1))
    if not records or offset_of(records[0]) != offset:
        text = _("The server does not give entry {offset}, which the evidence needs.")
        raise ServerError(text.format(offset=offset))
    return records[0]


async def _list(channel: grpc.aio.Channel, request: v1.ListEntriesRequest) -> list[v1.LedgerRecord]:
    return [found.record async for found in search(channel, request, lambda _progress: None)]
