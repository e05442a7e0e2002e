"""The verb that has checkpoints signed with another key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from governance_server.program.arguments import DONE, Verbs, directory_of, take_directory

if TYPE_CHECKING:
    import argparse


def add_verbs(verbs: Verbs) -> None:
    """Add `rotate-key`."""
    rotate = verbs.add_parser("rotate-key", help="sign checkpoints with a new key, and destroy the one before")
    take_directory(rotate)
    rotate.set_defaults(run=_rotate)


def _rotate(options: argparse.Namespace) -> int:
    from governance_server import bootstrap

    directory = directory_of(options)
    key = asyncio.run(bootstrap.rotate_key(directory))
    print(
        "Checkpoints are signed with a new key from now on; a running server uses it with its next one. The ledger has"
        f" it, signed with the one before, so that who has that one needs no other. It is in"
        f" {directory.checkpoint_vkey}:\n{key}"
    )
    return DONE
