"""The connection: one session after another, with jittered backoff between those that fail."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final, NamedTuple

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from governance_client.errors import BrokenOffError, InvalidRequestError, LimitError, ServerError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from governance_client.errors import ClientError

_log = logging.getLogger(__name__)
_TRANSIENT: Final = (UnreachableError, ServerError, LimitError)


class Backoff(NamedTuple):
    """How to wait between attempts: a random time below a bound that doubles from the first to the most.

    Attributes:
        first_s: The bound before the second attempt.
        most_s: What the bound grows to: however long a server was away, everybody is back within two of these, and
            five hundred who come back within one are a hundred a second.
        healthy_s: A session that lasted this long sets the bound back.
        silence_s: A server that says nothing for this long is taken for dead, or for three of its own progress
            intervals where that is longer.
    """

    first_s: float = 0.5
    most_s: float = 5.0
    healthy_s: float = 5.0
    silence_s: float = 30.0


DEFAULT_BACKOFF: Final = Backoff()


class Connection:
    """Keeps a session up until something happens that connecting anew does not mend.

    Attributes:
        trouble: Why there is no session now; None while there is one, and before the first attempt.
    """

    def __init__(
        self,
        session: Callable[[], Awaitable[None]],
        forgive: Callable[[InvalidRequestError], bool],
        *,
        backoff: Backoff,
        patience_s: float | None,
    ) -> None:
        """Prepare.

        Args:
            session: Runs one session; raises why it ended.
            forgive: Takes a command out that the server found out of bounds; returns whether it was one of ours.
            backoff: How to wait.
            patience_s: How long to go without a session before giving up; None for ever.
        """
        self.trouble: ClientError | None = None
        self._session = session
        self._forgive = forgive
        self._backoff = backoff
        self._patience_s = patience_s
        self._chance = random.SystemRandom()
        self._up_at: float | None = None
        self._down_at = 0.0

    def up(self) -> None:
        """Note that the session was greeted."""
        self.trouble = None
        self._up_at = asyncio.get_running_loop().time()

    async def keep(self) -> None:
        """Run sessions. Raises ClientError: what connecting anew does not mend."""
        self._down_at = asyncio.get_running_loop().time()
        while True:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(_TRANSIENT), wait=self._wait, stop=self._lost_patience, reraise=True
            ):
                with attempt:
                    await self._once()

    async def _once(self) -> None:
        """Run a session. Returns where the next one may follow without having grown more patient."""
        self._up_at = None
        try:
            await self._session()
        except InvalidRequestError as error:
            if not self._forgive(error):
                raise
        except _TRANSIENT as error:
            self.trouble = error
            # what broke off is told by the next attempt
            _log.log(logging.DEBUG if isinstance(error, BrokenOffError) else logging.WARNING, "no session: %s", error)
            if not self._was_healthy():
                raise
            await asyncio.sleep(self._pause(error, self._chance.uniform(0, self._backoff.first_s)))

    def _was_healthy(self) -> bool:
        """Tell whether the session that ended had lasted; either way, note since when there is none."""
        now = asyncio.get_running_loop().time()
        if self._up_at is None:
            return False
        self._down_at = now
        return now - self._up_at >= self._backoff.healthy_s

    def _wait(self, state: RetryCallState) -> float:
        jittered = wait_random_exponential(multiplier=self._backoff.first_s, max=self._backoff.most_s)(state)
        return self._pause(state.outcome.exception() if state.outcome else None, jittered)

    @staticmethod
    def _pause(error: BaseException | None, jittered_s: float) -> float:
        asked_s = error.retry_after_s if isinstance(error, UnreachableError | LimitError) else None
        return (asked_s or 0.0) + jittered_s

    def _lost_patience(self, _: RetryCallState) -> bool:
        if self._patience_s is None:
            return False
        return asyncio.get_running_loop().time() - self._down_at >= self._patience_s
