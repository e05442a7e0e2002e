"""Asking: commands that were refused only for now are sent again, under the same id, when the server says so."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.errors import ProtocolError, RefusedError, seconds
from governance_client.language import _

if TYPE_CHECKING:
    from governance_client.core.outbox import Outbox

_LEAST_S: Final = 0.1
"""Where a refusal does not say when to come back."""
_SPREAD: Final = 0.5
"""The jitter: up to half as long again, so that those who were refused together do not come back together."""


class Proposed(NamedTuple):
    """Where a proposal was taken.

    Attributes:
        offset: The ledger's offset that recorded it.
        decision_id: The decision to follow: its own, or the open one that it joined since that proposes the same.
    """

    offset: int
    decision_id: str


class Asking:
    """Sends commands and waits for their receipts."""

    def __init__(self, outbox: Outbox, patience_s: float | None, over: asyncio.Event) -> None:
        """Prepare.

        Args:
            outbox: Sends commands.
            patience_s: How long to come back after being told that one asks too often; None for ever.
            over: Set when Core has stopped.
        """
        self._outbox = outbox
        self._patience_s = patience_s
        self._over = over
        self._chance = random.SystemRandom()

    async def receipt(self, command: v1.CoreCommand) -> v1.Receipt:
        """Return the receipt of a command; RATE_LIMITED only once patience has run out."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while True:
            # shielded: a caller that gives up does not take the command back, nor from another who asked the same
            receipt = await asyncio.shield(self._outbox.put(command))
            if receipt.refused.reason != v1.REFUSAL_REASON_RATE_LIMITED:
                return receipt
            wait_s = max(seconds(receipt.refused.retry_after), _LEAST_S) * (1 + self._chance.uniform(0, _SPREAD))
            if self._patience_s is not None and loop.time() + wait_s - began_s > self._patience_s:
                return receipt
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._over.wait()  # then the outbox says why

    async def accepted(self, command: v1.CoreCommand) -> v1.Accepted:
        """Return where a command was accepted. Raises RefusedError, or as the outbox does."""
        receipt = await self.receipt(command)
        match receipt.WhichOneof("result"):
            case "accepted":
                return receipt.accepted
            case "refused":
                raise RefusedError(receipt.refused)
        raise ProtocolError(_("The server's receipt says neither accepted nor refused. Update the client."))
