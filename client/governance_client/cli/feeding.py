"""The verb that is the reference core: a sensor's alerts become proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context


async def feed(context: Context, arguments: Namespace) -> int:
    """Feed EVE files."""
    from governance_client.eve.feed import run

    return await run(context.credentials(), arguments)
