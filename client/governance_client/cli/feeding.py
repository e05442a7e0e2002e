"""The verb that is the reference core: a sensor's alerts become proposals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from governance_client.cli import status

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context


async def feed(context: Context, arguments: Namespace) -> int:
    """Feed EVE files. Ctrl-C is how following ends, and no failure."""
    from governance_client.eve.feed import Options, run
    from governance_client.eve.network import PRIVATE

    options = Options(
        files=arguments.files,
        follow=arguments.follow,
        home_networks=arguments.home_net or PRIVATE,
        journal=None if arguments.journal is None else Path(arguments.journal),
        wait=arguments.wait,
        as_json=context.json,
    )
    try:
        return await run(context.credentials(), options)
    except asyncio.CancelledError:
        if arguments.follow:
            return status.DONE
        raise
