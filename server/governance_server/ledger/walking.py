"""Verifies entries in a process of its own, beside whoever has something else to do meanwhile.

A million entries are walked in a dozen seconds, nearly all of them Python's, which does one thing at a time in a
process. A start has as much to do with what is open; so where many entries have come since they were verified, the two
are done side by side. The other process opens the ledger as any does, says on its standard output what it found, and
ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from governance_server.engine.ports import StoreError
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import LedgerDamagedError, Verified, verify

if TYPE_CHECKING:
    from governance_server.engine.ports import Store

log = structlog.get_logger(__name__)

MANY: Final = 65_536
"""So many entries are walked in less than a second, of which another process would take half to begin."""


async def verify_beside(store: Store, path: Path, *, after: int) -> Verified:
    """Verify the entries after an offset as `verification.verify` does; in another process, if they are MANY.

    Cancelled, the other process is ended.

    Args:
        store: The ledger.
        path: Where its file is.
        after: An offset up to which it was verified before.

    Raises:
        LedgerDamagedError: An entry is missing, surplus, out of place or changed.
        StoreError: The ledger could not be read.
    """
    if (await store.head()).offset - after >= MANY:
        told = await _told(path, after)
        if told is not None:
            return told
        log.warning("the entries could not be verified in a process of their own, and are here; that takes longer")
    return await verify(store, after=after)


async def _told(path: Path, after: int) -> Verified | None:
    """Return what another process finds; None where it does not say."""
    try:
        walker = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", _MODULE, str(path), str(after), stdin=_NONE, stdout=_PIPE, stderr=_NONE
        )
    except OSError:
        return None
    try:
        output, _ = await walker.communicate()
    finally:
        with suppress(ProcessLookupError):
            walker.kill()  # it is at its end already, unless we are to end
    try:
        offset, what = json.loads(output)
    except ValueError:
        return None
    if what:
        raise LedgerDamagedError(offset, what)
    return Verified(offset)


_MODULE: Final = "governance_server.ledger.walking"
_NONE: Final = asyncio.subprocess.DEVNULL
_PIPE: Final = asyncio.subprocess.PIPE


async def _walk(path: Path, after: int) -> tuple[int, str]:
    """Return the last entry, or the one that is damaged and what is wrong with it."""
    store = await SqliteStore.open(path, create=False)
    try:
        return (await verify(store, after=after)).offset, ""
    except LedgerDamagedError as error:
        return error.offset, error.what
    finally:
        await store.close()


def main() -> int:
    """Verify the ledger that the arguments name, and say what was found; return the exit status."""
    path, after = sys.argv[1:]
    try:
        found = asyncio.run(_walk(Path(path), int(after)))
    except (StoreError, KeyboardInterrupt):
        return 1
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
