"""The verb that opens the console."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from governance_client.cli import speaking, status
from governance_client.cli.output import complain
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context


async def start(context: Context, arguments: Namespace) -> int:
    """Open the console, where there is a terminal to open it on."""
    del arguments
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        complain(_("The console needs a terminal. In a script use `governance exec`, `approve` and `watch --json`."))
        return status.USAGE
    if context.json:
        complain(_("The console is for people and has no --json. For programs there is `governance exec --json`."))
        return status.USAGE
    from governance_client.console import configuration, glyphs
    from governance_client.console.program import start as start_console

    try:
        settings = configuration.read(os.environ)
    except configuration.ConfigurationError as error:
        complain(str(error))
        return status.USAGE
    speaking.prefer(context.language, settings.language)
    glyphs.use(ascii=settings.ascii)
    return status.DONE if await start_console(context.credentials(), settings) else status.NOT_REACHED
