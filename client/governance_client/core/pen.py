"""The pen: writes the journal without holding up the event loop, many orders to one sync of the disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from governance_client.errors import JournalError

if TYPE_CHECKING:
    from governance_client.journal import Journal, Step


class Pen:
    """Group commit for one journal. While one batch is being synced, the next one gathers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._gathered: list[tuple[Step, asyncio.Future[None]]] = []
        self._work = asyncio.Event()

    async def note(self, step: Step) -> None:
        """Write a step. Durable when it returns.

        Raises:
            JournalError: It is not written.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gathered.append((step, written))
        self._work.set()
        await written

    async def write(self) -> None:
        """Write what is noted, until cancelled. What is being written then is still written."""
        while True:
            await self._work.wait()
            self._work.clear()
            batch, self._gathered = self._gathered, []
            await asyncio.shield(self._commit(batch))

    async def _commit(self, batch: list[tuple[Step, asyncio.Future[None]]]) -> None:
        failure: JournalError | None = None
        try:
            await asyncio.to_thread(self._journal.append, [step for step, _ in batch])
        except JournalError as error:
            failure = error
        for _, written in batch:
            if written.done():
                continue
            if failure is None:
                written.set_result(None)
            else:
                written.set_exception(failure)
