"""The verbs of `governance audit`: who runs which."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from governance_client.cli.audit_parser import module_of

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context
    from governance_client.cli.run import Verb


async def audit(context: Context, arguments: Namespace) -> int:
    """Do with the ledger what was asked for."""
    run = cast("Verb", import_module(module_of(arguments.audit_verb)).run)
    return await run(context, arguments)
