"""Finds the first entry that is another than the one that was signed, where that can still be proven."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from governance_client.audit.faults import ProofBrokenError
from governance_client.audit.merkle import is_included

if TYPE_CHECKING:
    from governance_client.audit.checkpoints import Checkpoint
    from governance_client.audit.source import Source


async def first_difference(source: Source, checkpoint: Checkpoint, after: int = 0) -> int | None:
    """Return the first entry that differs from what a checkpoint was signed over; None where that cannot be proven.

    Args:
        source: The ledger, whose entries follow each other, so that all after the first that differs do too.
        checkpoint: A checkpoint whose signature was checked, and that the entries do not fit.
        after: The entries up to this one are known to be those that were signed.
    """
    low, high = after, checkpoint.size
    if not await _differs(source, checkpoint, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        differs = await _differs(source, checkpoint, middle)
        if differs is None:
            return None
        low, high = (low, middle) if differs else (middle, high)
    return high


async def _differs(source: Source, checkpoint: Checkpoint, offset: int) -> bool | None:
    """Tell whether an entry is another than the one that was signed; None where the signed one is not proven."""
    try:
        proof = await source.inclusion(offset, checkpoint.size)
    except ProofBrokenError:
        return None
    if not is_included(proof.leaf_hash, offset - 1, checkpoint.size, proof.hashes, checkpoint.root):
        return None
    async for frame in source.frames(offset - 1, 1):
        for record in frame.records:
            return hashlib.sha256(b"\x00" + record.entry).digest() != proof.leaf_hash
    return None
