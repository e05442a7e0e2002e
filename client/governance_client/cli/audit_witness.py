"""`audit witness`: signs, as a second party, that a ledger continues what was seen of it before."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from governance_client.cli import status
from governance_client.cli.audit_verify import chosen_key, key_argument, memory_of, write_note
from governance_client.cli.output import complain, drawn
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.audit.notes import SignerKey
    from governance_client.audit.witness import Cosigned
    from governance_client.cli.context import Context
    from governance_client.cli.grammar import Add


def add_parser(add: Add) -> None:
    """Add what the verb takes."""
    verb = add("witness", _("cosign the newest checkpoint, if it continues the last one that you cosigned"))
    which = verb.add_mutually_exclusive_group(required=True)
    which.add_argument("--key-file", metavar=_("FILE"), help=_("your key as a witness"))
    which.add_argument("--new-key", metavar=_("FILE"), help=_("make such a key, with --name, and do nothing else"))
    verb.add_argument("--name", metavar=_("NAME"), help=_("the witness's name, such as witness.example.org/audit"))
    key_argument(verb)
    verb.add_argument("--publish", action="store_true", help=_("leave the cosignature with the server, for others"))
    verb.add_argument(
        "--output", metavar=_("FILE"), help=_("where to write the cosigned checkpoint (default: print it)")
    )


async def run(context: Context, arguments: Namespace) -> int:
    """Make a key, or cosign."""
    if arguments.new_key:
        return _make_key(arguments)
    witness = _key(arguments)
    if witness is None:
        return status.USAGE
    cosigned = await _cosign(context, witness, arguments)
    continued = _("It continues the one of {before} entries that you cosigned before.")
    first = _("It is the first of this ledger that you cosign: that it was not rewound before is not shown.")
    told = _("{origin}: cosigned {size} entries as {name}.").format(
        origin=cosigned.checkpoint.origin, size=cosigned.checkpoint.size, name=witness.verifier.name
    )
    before = continued.format(before=cosigned.before) if cosigned.before else first
    sys.stderr.write(drawn(f"{told} {before}\n"))
    return status.DONE


def _make_key(arguments: Namespace) -> int:
    from governance_client.audit.witness import SEED_BYTES, new_key

    if not arguments.name:
        complain(_("A witness needs a name. Say --name NAME, such as witness.example.org/audit."))
        return status.USAGE
    verifier = new_key(Path(arguments.new_key), arguments.name, os.urandom(SEED_BYTES))
    sys.stdout.write(f"{verifier}\n")
    return status.DONE


def _key(arguments: Namespace) -> SignerKey | None:
    from governance_client.audit.witness import read_key

    witness = read_key(Path(arguments.key_file))
    if arguments.name and arguments.name != witness.verifier.name:
        complain(
            _("The key in {file} is of {name}, not of {other}. Nothing was signed.").format(
                file=arguments.key_file, name=witness.verifier.name, other=arguments.name
            )
        )
        return None
    return witness


async def _cosign(context: Context, witness: SignerKey, arguments: Namespace) -> Cosigned:
    from governance_client.audit.source import RemoteSource
    from governance_client.audit.witness import cosign

    key, state = chosen_key(arguments.key), memory_of(f"witness/{witness.verifier.key_id.hex()}")
    async with context.channel() as channel:
        source = RemoteSource(channel)
        cosigned = await cosign(source, state, witness, key=key, now_s=int(time.time()))
        _write(cosigned, arguments.output)  # whether or not the server takes it
        if arguments.publish:
            await source.publish(cosigned.to_publish())
    return cosigned


def _write(cosigned: Cosigned, output: str | None) -> None:
    if output:
        write_note(output, cosigned.note())
    else:
        sys.stdout.write(cosigned.note())
