"""The verbs that make a server, run it, and check its ledger."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from governance_server.program import open_files, process
from governance_server.program.arguments import DONE, Verbs, address, directory_of, host, take_directory
from governance_server.program.progressing import progress

if TYPE_CHECKING:
    import argparse

    from governance_server.directory import Serving


def add_verbs(verbs: Verbs) -> None:
    """Add `init`, `serve` and `check`."""
    init = verbs.add_parser("init", help="make a server directory: certificates, configuration, an empty ledger")
    take_directory(init)
    init.add_argument("--listen", type=address, metavar="HOST:PORT", help="where to listen (default 127.0.0.1:50051)")
    init.add_argument(
        "--host",
        action="append",
        type=host,
        metavar="NAME",
        help="a name or address clients reach the server by (repeatable)",
    )
    init.add_argument("--policy", type=Path, metavar="FILE", help="the policy to begin with (default: built in)")
    init.set_defaults(run=_init)

    serve = verbs.add_parser("serve", help="serve until stopped by SIGTERM or Ctrl-C")
    take_directory(serve)
    serve.add_argument(
        "--listen", type=address, metavar="HOST:PORT", help="in place of the configured one; port 0 picks a free one"
    )
    serve.set_defaults(run=_serve)

    check = verbs.add_parser("check", help="verify every entry of the ledger")
    take_directory(check)
    check.set_defaults(run=_check)


def _init(options: argparse.Namespace) -> int:
    from governance_server import initialising
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    hosts = tuple(options.host or ()) + tuple(
        host for host in initialising.DEFAULT_HOSTS if host not in (options.host or ())
    )
    listen = options.listen or initialising.DEFAULT_LISTEN
    key = asyncio.run(initialising.initialise(directory, listen=listen, hosts=hosts, policy=options.policy))
    print(
        f"Made {directory.root}. Let people in with: governance-server operator add {directory.root} NAME --role ROLE\n"
        f"Checkpoints are verified with this key. Hand it to auditors yourself, not through the server; it is in"
        f" {directory.checkpoint_vkey}:\n{key}"
    )
    return DONE


def _serve(options: argparse.Namespace) -> int:
    process.prepare()
    from governance_server import bootstrap

    directory = directory_of(options)

    def announce(serving: Serving) -> None:
        process.settle()
        mutual = "" if serving.server_mutual is None else f" and, with client certificates, on {serving.server_mutual}"
        print(f"Serving on {serving.server}{mutual}.", flush=True)

    open_files.allow_most()
    serving = bootstrap.serve(directory, listen=options.listen, announce=announce)
    try:
        import uvloop
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)
    return DONE


def _check(options: argparse.Namespace) -> int:
    from governance_server import bootstrap

    directory = directory_of(options)
    with progress() as told:
        offset = asyncio.run(bootstrap.check(directory, told))
    print(f"The ledger is in order: {offset} entries, each as it was written and linked to the one before.")
    return DONE
