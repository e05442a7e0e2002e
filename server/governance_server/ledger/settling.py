"""Carries what cannot be called back to its end, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

T = TypeVar("T")


async def settled(work: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """Return what the work returns or raises; if cancelled meanwhile, only then let the cancellation go on."""
    carried = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not carried.done():
        try:
            await _done(carried)
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is None:
        return carried.result()
    carried.exception()  # looked at, so that it is not reported as lost; being cancelled comes before it
    raise cancellation


async def _done(carried: asyncio.Future[T]) -> None:
    """Return when the work is done. Hardly more than a future: this stands in the way of every commit."""
    woken: asyncio.Future[None] = carried.get_loop().create_future()

    def wake(_: asyncio.Future[T]) -> None:
        if not woken.done():
            woken.set_result(None)

    carried.add_done_callback(wake)
    await woken
