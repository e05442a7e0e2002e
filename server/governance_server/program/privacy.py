"""The verbs that take away what may not be kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from governance_server.program.arguments import DONE, Verbs, date, directory_of, take_directory, words
from governance_server.program.progressing import progress

if TYPE_CHECKING:
    import argparse


def add_verbs(verbs: Verbs) -> None:
    """Add `erase` and `prune`."""
    erase = verbs.add_parser(
        "erase", help="erase the personal data of decisions that have ended, with their traces in the file"
    )
    take_directory(erase)
    erase.add_argument("decisions", nargs="+", metavar="DECISION", help="which decisions")
    erase.add_argument("--reason", required=True, type=words, metavar="TEXT", help="why; it is recorded")
    erase.add_argument(
        "--requested-by", required=True, type=words, metavar="TEXT", help="who asked for it; it is recorded"
    )
    erase.set_defaults(run=_erase)

    prune = verbs.add_parser(
        "prune", help="remove decisions that are beyond the policy's retention, with their entries"
    )
    take_directory(prune)
    prune.add_argument(
        "--before", type=date, metavar="DATE", help="only those that ended before that day in UTC, such as 2026-01-31"
    )
    prune.set_defaults(run=_prune)


def _erase(options: argparse.Namespace) -> int:
    from governance_server import administering
    from governance_server.ledger.erasure import Reason

    directory = directory_of(options)
    reason = Reason(options.requested_by, options.reason)
    for one in asyncio.run(administering.erase(directory, options.decisions, reason)):
        if one.entries:
            print(f"Erased the personal data of {one.decision_id}: of {one.entries} of its entries.")
        else:
            print(f"The personal data of {one.decision_id} was erased before; there was none left.")
    print("No trace of what was erased is left in the ledger's files. Copies that were made before still have it.")
    return DONE


def _prune(options: argparse.Namespace) -> int:
    from governance_server import administering

    directory = directory_of(options)
    with progress() as told:
        pruned = asyncio.run(administering.prune(directory, before_us=options.before, progress=told))
    if pruned.entries:
        print(f"Pruned {pruned.entries} entries of decisions that ended up to entry {pruned.offset}.")
        print("Their hashes stay in the tree, so that every proof holds.")
    else:
        print("There is nothing to prune: no decision ended that long ago, below a checkpoint and a multiple of 256.")
    return DONE
