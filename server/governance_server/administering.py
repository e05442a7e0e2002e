"""Looks after a ledger beside the server: erases personal data and prunes what is beyond its retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_server.bootstrap import open_store
from governance_server.directory import DirectoryError
from governance_server.domain.house import house_of
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.ledger import erasure, pruning, verification
from governance_server.ledger.erasure import ErasureError
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.directory import Directory
    from governance_server.ledger.erasure import Reason
    from governance_server.ledger.pruning import Pruned
    from governance_server.ledger.verification import Progress


DAY_US: Final = 24 * 3600 * SECOND_US


class Erased(NamedTuple):
    """What was erased of one decision.

    Attributes:
        decision_id: Which.
        entries: How many of its entries lost their personal data; 0 where it was done before.
    """

    decision_id: str
    entries: int


async def erase(directory: Directory, decision_ids: Sequence[str], reason: Reason) -> list[Erased]:
    """Erase the personal data of decisions that have ended, and its traces. The server may be running.

    Each decision is erased by itself, and the file is written anew once, after the last of them.

    Raises:
        DirectoryError: One of them cannot be erased; those before it are.
        StoreError: The ledger cannot be written, or traces may be left.
    """
    erased: list[Erased] = []
    try:
        async with open_store(directory) as store:
            for decision_id in decision_ids:
                entries = await erasure.erase(store, SystemClock(), SystemEntropy(), decision_id, reason)
                erased.append(Erased(decision_id, entries))
    except ErasureError as error:
        before = f" Erased before it: {', '.join(one.decision_id for one in erased)}." if erased else ""
        raise DirectoryError(f"{error}{before}") from error
    finally:
        if erased:
            await erasure.remove_traces(directory.ledger)
    return erased


async def prune(directory: Directory, *, before_us: int | None, progress: Progress | None = None) -> Pruned:
    """Verify the ledger, and remove the entries about decisions that are beyond their retention, with their traces.

    The server may be running. Killed in between, less was pruned, and nothing by halves.

    Args:
        directory: The server's directory.
        before_us: Only those recorded before this moment; None for all that the policy does not keep.
        progress: Told of the verification.

    Raises:
        DirectoryError: The policy keeps what was recorded before that moment.
        LedgerDamagedError: The ledger is damaged. Nothing was pruned.
        StoreError: The ledger cannot be written, or traces may be left.
    """
    clock = SystemClock()
    async with open_store(directory) as store:
        days = house_of(await store.house()).policy.retention_days
        end_us = max(clock.now_us() - days * DAY_US, 0)
        if before_us is not None and before_us > end_us:
            kept_from = timestamp(end_us).ToJsonString()
            raise DirectoryError(
                f"The policy keeps entries for {days} days, so those since {kept_from}. Nothing was pruned; name an"
                " earlier date, or apply another policy first."
            )
        await verification.check(store, progress=progress)
        pruned = await pruning.prune(
            store, clock, SystemEntropy(), before_us=end_us if before_us is None else before_us
        )
    if pruned.entries:
        await erasure.remove_traces(directory.ledger)
    return pruned
