"""The verbs that keep copies of the ledger."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from governance_server.program.arguments import DONE, Verbs, directory_of, take_directory
from governance_server.program.progressing import progress

if TYPE_CHECKING:
    import argparse

    from governance_server.backing_up import Restored, Witness


def add_verbs(verbs: Verbs) -> None:
    """Add `backup` and `restore`."""
    backup = verbs.add_parser("backup", help="write a verified copy of the ledger, beside a server that may be running")
    take_directory(backup)
    backup.add_argument("file", type=Path, metavar="FILE", help="the copy; there is no such file yet")
    backup.set_defaults(run=_backup)

    restore = verbs.add_parser("restore", help="put a copy of a ledger, once verified, where there is none")
    restore.add_argument("file", type=Path, metavar="FILE", help="the copy; it is not changed")
    take_directory(restore)
    restore.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="a checkpoint that the copy has to agree with; needs --key"
    )
    restore.add_argument("--key", metavar="VKEY", help="the key that it is signed with, or the file that has it")
    restore.set_defaults(run=_restore, parser=restore)


def _backup(options: argparse.Namespace) -> int:
    from governance_server import backing_up

    directory = directory_of(options)
    with progress() as told:
        offset = asyncio.run(backing_up.back_up(directory, options.file, told))
    print(f"Wrote {options.file}: {offset} entries, in order. Its keys and configuration are not in it.")
    return DONE


def _restore(options: argparse.Namespace) -> int:
    from governance_server import backing_up
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    witness = _witness(options)
    with progress() as told:
        restored = asyncio.run(backing_up.restore(options.file, directory, witness=witness, progress=told))
    print(f"Restored {directory.ledger}: {restored.offset} entries, in order.")
    print(_behind(restored, given=witness is not None))
    if not restored.ready:
        print(f"Before it can serve, put server.toml, tls/, credentials/ and checkpoint.key into {directory.root}.")
    return DONE


def _witness(options: argparse.Namespace) -> Witness | None:
    from governance_server.backing_up import Witness
    from governance_server.directory import DirectoryError

    if (options.checkpoint is None) != (options.key is None):
        options.parser.error("--checkpoint and --key go together")
    if options.checkpoint is None:
        return None
    key = Path(options.key)
    try:
        text = key.read_text(encoding="utf-8") if key.is_file() else options.key
        return Witness(options.checkpoint.read_text(encoding="utf-8"), text.strip())
    except UnicodeDecodeError as error:
        raise DirectoryError("The checkpoint or the key is not text in UTF-8. Nothing was restored.") from error


def _behind(restored: Restored, *, given: bool) -> str:
    standing = restored.standing
    whose = "the checkpoint" if given else "the last checkpoint that a witness has cosigned, as far as the copy knows"
    if standing is None:
        return "It has no checkpoint that a witness has cosigned; how much it lacks, only a later checkpoint can tell."
    if standing.behind:
        return (
            f"It is {standing.behind} entries behind {whose}, of {standing.size} entries. That those would follow it"
            " cannot be shown without them."
        )
    return f"It holds all of {whose}, of {standing.size} entries, and {restored.offset - standing.size} entries more."
