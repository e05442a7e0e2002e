"""Carries what cannot be called back to its end, whoever is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

T = TypeVar("T")


async def settled(work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns or raises; if cancelled meanwhile, only then let the cancellation go on."""
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is None:
        return task.result()
    task.exception()  # looked at, so that it is not reported as lost; being cancelled comes before it
    raise cancellation
