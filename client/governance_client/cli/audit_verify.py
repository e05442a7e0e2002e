"""`audit verify`: checks the whole ledger, trusting one key and not the server."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from governance_client.cli import status
from governance_client.cli.bar import Bar
from governance_client.cli.output import complain, harmless
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from governance_client.audit.memory import Memory
    from governance_client.audit.notes import VerifierKey
    from governance_client.audit.verifying import Verified
    from governance_client.cli.context import Context
    from governance_client.cli.grammar import Add

_MOST_BYTES: Final = 64 * 1024
"""Of a file with a key or a checkpoint."""
_LONGEST_LINE: Final = 32 * 1024 * 1024
"""Characters: several times the largest record that a server sends. What is longer is cut there, and no record."""


def add_parser(add: Add) -> None:
    """Add what the verb takes."""
    verb = add("verify", _("prove that the ledger is the one that was signed, trusting nothing but a key"))
    key_argument(verb)
    verb.add_argument(
        "--witness",
        metavar="VKEY|FILE",
        help=_("the key of a witness that has to have cosigned what this ledger continues"),
    )
    verb.add_argument(
        "--since-last",
        action="store_true",
        help=_("read only what came after the checkpoint that was verified last, which is proven to be continued"),
    )
    verb.add_argument(
        "--file",
        metavar=_("FILE"),
        help=_("verify an export of `audit ls --format records`, from the first entry, without server"),
    )
    verb.add_argument("--checkpoint", metavar=_("FILE"), help=_("the checkpoint that the export is verified against"))
    verb.add_argument("--output", metavar=_("FILE"), help=_("write the checkpoint that was verified there, to be kept"))
    verb.add_argument("--pack", metavar=_("FILE"), help=_("verify an evidence pack, without server"))


def key_argument(verb: ArgumentParser) -> None:
    """Add the key to trust."""
    verb.add_argument(
        "--key",
        metavar="VKEY|FILE",
        help=_(
            "the key of the ledger's checkpoints, or the file with it: checkpoint.vkey in the server's directory "
            "(default: the one that the last verification ended with)"
        ),
    )


async def run(context: Context, arguments: Namespace) -> int:
    """Verify, and say what holds; stop, and say where, at the first that does not."""
    wrong = _contradiction(arguments)
    if wrong:
        complain(wrong)
        return status.USAGE
    key = chosen_key(arguments.key)
    if arguments.pack:
        return _run_pack(context, arguments, key)
    from governance_client.audit import telling

    with Bar() as bar:
        verified = _from_file(arguments, key, bar) if arguments.file else await _online(context, arguments, key, bar)
    if arguments.output:
        write_note(arguments.output, str(verified.checkpoint.note))
    if context.json:
        sys.stdout.write(json.dumps(telling.facts(verified)) + "\n")
    else:
        sys.stdout.write("".join(f"{harmless(line)}\n" for line in telling.told(verified)))
    return status.DONE


def write_note(name: str, note: str) -> None:
    """Write a signed note, which is no secret, to a file, whole or not at all. Raises UnusableFileError."""
    from governance_client.audit.faults import UnusableFileError
    from governance_client.audit.memory import write_whole

    try:
        write_whole(Path(name), note.encode(), 0o644)
    except OSError as error:
        raise UnusableFileError(
            _("{file} cannot be written: {why}.").format(file=name, why=error.strerror or error)
        ) from None


def chosen_key(chosen: str | None) -> VerifierKey | None:
    """Return the key that was named on the command line; None where none was.

    Raises:
        UnusableFileError: It is none.
    """
    from governance_client.audit.faults import UnusableFileError
    from governance_client.audit.notes import NoteError, VerifierKey

    if not chosen:
        return None
    # neither of the two signs is in the usual name of a file, and both are in every key
    text = chosen if chosen.count("+") > 1 and not Path(chosen).exists() else read_text(chosen)
    try:
        return VerifierKey.parse(text.strip())
    except NoteError as error:
        raise UnusableFileError(
            _("{key} is no key to verify with: {why}. Take it from checkpoint.vkey in the server's directory.").format(
                key=chosen, why=error
            )
        ) from None


def read_text(name: str) -> str:
    """Return what a small file holds. Raises UnusableFileError."""
    from governance_client.audit.faults import UnusableFileError

    try:
        with Path(name).open("rb") as file:
            return file.read(_MOST_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise UnusableFileError(
            _("{file} cannot be read: {why}. Nothing was checked.").format(file=name, why=why or error)
        ) from None


def memory_of(part: str) -> Memory:
    """Return what a verb remembers, in a folder of its own."""
    from governance_client.audit.memory import Memory, state_folder

    return Memory(state_folder(os.environ, Path.home()) / part)


def _contradiction(arguments: Namespace) -> str:
    if bool(arguments.file) != bool(arguments.checkpoint):
        return _("--file and --checkpoint go together: the export, and the checkpoint it is verified against.")
    if arguments.pack and (arguments.file or arguments.since_last or arguments.output or arguments.witness):
        return _("--pack stands alone: a pack holds all that it is verified with, but for the key.")
    if arguments.file and (arguments.since_last or arguments.witness):
        return _("An export is verified from its first entry, without server; leave --since-last and --witness out.")
    return ""


async def _online(context: Context, arguments: Namespace, key: VerifierKey | None, bar: Bar) -> Verified:
    from governance_client.audit.source import RemoteSource
    from governance_client.audit.verifying import verify_source

    async with context.channel() as channel:
        return await verify_source(
            RemoteSource(channel),
            memory_of("checkpoints"),
            key=key,
            since_last=arguments.since_last,
            witness=chosen_key(arguments.witness),
            progress=bar.show,
        )


def _from_file(arguments: Namespace, key: VerifierKey | None, bar: Bar) -> Verified:
    from governance_client.audit.verifying import verify_records

    note = read_text(arguments.checkpoint)
    return verify_records(_lines(arguments.file), note, memory_of("checkpoints"), key=key, progress=bar.show)


def _lines(name: str) -> Iterator[str]:
    from governance_client.audit.faults import UnusableFileError

    try:
        with Path(name).open(encoding="utf-8") as file:
            yield from iter(lambda: file.readline(_LONGEST_LINE), "")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise UnusableFileError(
            _("{file} cannot be read: {why}. It was not verified.").format(file=name, why=why or error)
        ) from None


def _run_pack(context: Context, arguments: Namespace, key: VerifierKey | None) -> int:
    from governance_client.audit.faults import UntrustedError
    from governance_client.audit.pack_check import check_pack
    from governance_client.errors import ProtocolError

    if key is None:
        raise UntrustedError(
            _("A pack is verified with a key from elsewhere; the one inside it proves nothing. Say --key KEY.")
        )
    try:
        found = check_pack(Path(arguments.pack), key)
    except ProtocolError as error:
        complain(str(error))
        return status.REFUSED
    if context.json:
        sys.stdout.write(json.dumps(found.facts()) + "\n")
    else:
        sys.stdout.write("".join(f"{harmless(line)}\n" for line in found.told()))
    return status.DONE
