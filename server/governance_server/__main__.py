"""The program `governance-server`: makes a server directory, lets callers in, serves, and checks the ledger.

Exit status: 0 done; 1 the directory or the ledger is not in order, or is held by another server; 2 usage; 130 ended by
Ctrl-C, unless it was serving, which Ctrl-C ends well.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from governance_server.program import backups, callers, keys, privacy, serving
from governance_server.program.arguments import INTERRUPTED, NOT_IN_ORDER

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS: Final = (serving, callers, keys, privacy, backups)
"""The modules that add the verbs, in the order in which help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("governance-server: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    from governance_server import logs
    from governance_server.directory import DirectoryError
    from governance_server.engine.ports import StoreError
    from governance_server.ledger.verification import LedgerDamagedError
    from governance_server.rpc.server import PortTakenError

    logs.configure(sys.stderr)
    try:
        status: int = options.run(options)
    except (DirectoryError, LedgerDamagedError, PortTakenError, StoreError) as error:
        print(f"governance-server: {error}", file=sys.stderr)
        return NOT_IN_ORDER
    except OSError as error:
        print(f"governance-server: {error.filename or options.directory}: {error.strerror}.", file=sys.stderr)
        return NOT_IN_ORDER
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="governance-server",
        description="Run and administer a Governance Workspace server.",
        epilog="Exit status: 0 done; 1 the directory or the ledger is not in order, or is held by another; 2 usage;"
        " 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"governance-server {version('governance-workspace')}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for part in PARTS:
        part.add_verbs(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())
