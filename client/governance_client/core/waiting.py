"""Waiting for a decision to be as a caller wants it, whether the stream tells of it or it has to be read."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from governance_client.errors import ClientError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance import v1
    from governance_client.core.decisions import Decisions, Wait
    from governance_client.core.reading import Reader

_log = logging.getLogger(__name__)


class Waiting:
    """Waits by the stream, and reads what it does not tell of."""

    def __init__(self, decisions: Decisions, reader: Reader) -> None:
        self._decisions = decisions
        self._reader = reader

    async def until(self, decision_id: str, wanted: Callable[[v1.Decision], bool]) -> v1.Decision:
        """Return the decision, or the one it joined, as soon as it is as wanted.

        Raises:
            NotFoundError: There is none.
            ClientError: Core has stopped, or the server will not say.
        """
        wait = self._decisions.begin(decision_id, wanted)
        followed = self._decisions.followed(decision_id)
        try:
            if not wait.decision.done() and followed not in self._decisions.open:
                await self._read_meanwhile(followed, wait)
            return await wait.decision
        finally:
            self._decisions.finish(decision_id, wait)

    async def read_quietly(self, decision_id: str) -> None:
        """Read a decision for those who wait for it; what prevents that is told in the log."""
        try:
            await self._read(decision_id)
        except NotFoundError:
            _log.debug("decision %s is waited for and not there yet", decision_id)
        except ClientError as error:
            _log.warning("decision %s could not be read: %s", decision_id, error)

    async def _read_meanwhile(self, decision_id: str, wait: Wait) -> None:
        """Read a decision, unless the stream tells first what is waited for."""
        reading = asyncio.create_task(self._read(decision_id))
        either = asyncio.Event()
        reading.add_done_callback(lambda _: either.set())
        wait.decision.add_done_callback(lambda _: either.set())
        try:
            await either.wait()
            if not wait.decision.done():
                await reading
        finally:
            reading.cancel()
            await asyncio.wait([reading])
            if not reading.cancelled():
                reading.exception()  # the stream was first; nobody needs it

    async def _read(self, decision_id: str) -> None:
        self._decisions.offer(await self._reader.decision(decision_id))
