"""Has the governor take over what other processes append, also while no command comes.

An administrator's commands run beside the server and append entries of their own. The governor takes them over with
its next batch; the lookout brings an empty one within a second, so that what was erased is gone from the server's
memory, and who follows the ledger is told how far it reaches.

It is also who notices that the ledger cannot be read any more while nobody writes: callers are not let in then, so that
no command would ever come to the governor, and the server would stand there for nothing. So it ends with the fault.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from governance_server.domain.moment import SECOND_US
from governance_server.engine.ports import StoreBusyError, StoreError
from governance_server.errors import Unavailable

if TYPE_CHECKING:
    from governance_server.engine.governor import Governor
    from governance_server.engine.ports import Clock, Store

log = structlog.get_logger(__name__)

INTERVAL_US: Final = SECOND_US
"""One short read a second."""


MOST_FAILURES: Final = 10
"""After so many in a row, for ten seconds, what keeps the ledger from being read does not go away by itself."""


class Lookout:
    """Looks where the ledger ends."""

    def __init__(self, store: Store, clock: Clock, governor: Governor) -> None:
        self._store = store
        self._clock = clock
        self._governor = governor

    async def run(self) -> None:
        """Look once a second, until cancelled or until the governor has ended.

        Raises:
            StoreError: The ledger cannot be read, and not because another process holds it.
        """
        failures = 0
        while True:
            await self._clock.sleep_until(self._clock.now_us() + INTERVAL_US)
            try:
                await self.look()
                failures = 0
            except StoreBusyError as error:
                log.warning("the ledger could not be looked at", reason=str(error))
            except StoreError as error:
                log.warning("the ledger could not be looked at", reason=str(error))
                failures += 1
                if failures == MOST_FAILURES:
                    raise
            except Unavailable:
                return

    async def look(self) -> None:
        """Have the governor take over what it does not know of; return when it has.

        Raises:
            StoreError: The ledger could not be read.
            Unavailable: The governor has ended.
        """
        if (await self._store.head()).offset <= self._governor.tails.head:
            return
        taken_over = asyncio.Event()
        await self._governor.submit([], lambda _: taken_over.set())
        await taken_over.wait()
