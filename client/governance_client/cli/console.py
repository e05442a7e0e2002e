"""The verb that opens the console."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from governance_client.cli import status
from governance_client.cli.output import complain

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context


async def start(context: Context, arguments: Namespace) -> int:
    """Open the console, where there is a terminal to open it on."""
    del arguments
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        complain("The console needs a terminal. In a script use `governance ls`, `approve` and `watch --json`.")
        return status.USAGE
    if context.json:
        complain("The console is for people and has no --json. For programs there is `governance watch --json`.")
        return status.USAGE
    from governance_client.console.program import start as start_console

    return status.DONE if await start_console(context.credentials()) else status.NOT_REACHED
