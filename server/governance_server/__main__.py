"""The program `governance-server`: makes a server directory, lets callers in, serves, and checks the ledger.

Exit status: 0 done; 1 the directory or the ledger is not in order, or is held by another server; 2 usage; 130 ended by
Ctrl-C, unless it was serving, which Ctrl-C ends well.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.directory import Serving

DONE: Final = 0
NOT_IN_ORDER: Final = 1
INTERRUPTED: Final = 130
OPERATOR_ROLES: Final = ("soc_operator", "soc_supervisor", "security_manager", "ciso", "auditor")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


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


def _init(options: argparse.Namespace) -> int:
    from governance_server import bootstrap
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    hosts = tuple(options.host or ()) + tuple(
        host for host in bootstrap.DEFAULT_HOSTS if host not in (options.host or ())
    )
    listen = options.listen or bootstrap.DEFAULT_LISTEN
    asyncio.run(bootstrap.initialise(directory, listen=listen, hosts=hosts, policy=options.policy))
    print(
        f"Made {directory.root}. Let people in with: governance-server operator add {directory.root} NAME --role ROLE"
    )
    return DONE


def _serve(options: argparse.Namespace) -> int:
    from governance_server import bootstrap
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    directory.require()

    def announce(serving: Serving) -> None:
        mutual = "" if serving.server_mutual is None else f" and, with client certificates, on {serving.server_mutual}"
        print(f"Serving on {serving.server}{mutual}.", flush=True)

    serving = bootstrap.serve(directory, listen=options.listen, announce=announce)
    try:
        import uvloop
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)
    return DONE


def _add(options: argparse.Namespace) -> int:
    from governance import v1
    from governance_server import bootstrap
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    directory.require()
    role = v1.Role.Value(f"ROLE_{options.role.upper()}")
    enrolment = bootstrap.Enrolment(options.name, role, options.certificate, options.days)
    print(f"Wrote {asyncio.run(bootstrap.enrol(directory, enrolment))}.")
    return DONE


def _revoke(options: argparse.Namespace) -> int:
    from governance_server import bootstrap
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    directory.require()
    asyncio.run(bootstrap.revoke(directory, options.name))
    print(f"{options.name} is no longer let in; a running server ends its streams within seconds.")
    return DONE


def _check(options: argparse.Namespace) -> int:
    from governance_server import bootstrap
    from governance_server.directory import Directory

    directory = Directory(options.directory)
    directory.require()

    def progress(verified: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{verified:,} of {total:,} entries", end="", file=sys.stderr, flush=True)

    offset = asyncio.run(bootstrap.check(directory, progress))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(f"The ledger is in order: {offset} entries, each as it was written and linked to the one before.")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="governance-server",
        description="Run and administer a Governance Workspace server.",
        epilog="Exit status: 0 done; 1 the directory or the ledger is not in order, or is held by another; 2 usage;"
        " 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"governance-server {version('governance-workspace')}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    init = verbs.add_parser("init", help="make a server directory: certificates, configuration, an empty ledger")
    _directory(init)
    init.add_argument("--listen", type=_address, metavar="HOST:PORT", help="where to listen (default 127.0.0.1:50051)")
    init.add_argument(
        "--host",
        action="append",
        type=_host,
        metavar="NAME",
        help="a name or address clients reach the server by (repeatable)",
    )
    init.add_argument("--policy", type=Path, metavar="FILE", help="the policy to begin with (default: built in)")
    init.set_defaults(run=_init)

    serve = verbs.add_parser("serve", help="serve until stopped by SIGTERM or Ctrl-C")
    _directory(serve)
    serve.add_argument(
        "--listen", type=_address, metavar="HOST:PORT", help="in place of the configured one; port 0 picks a free one"
    )
    serve.set_defaults(run=_serve)

    operator = verbs.add_parser("operator", help="look after operators").add_subparsers(required=True, metavar="VERB")
    add = operator.add_parser("add", help="let an operator in, and write its credentials file")
    _enrolment(add)
    add.add_argument("--role", required=True, choices=OPERATOR_ROLES, help="what it may do")
    add.set_defaults(run=_add)

    core = verbs.add_parser("core", help="look after cores").add_subparsers(required=True, metavar="VERB")
    add = core.add_parser("add", help="let a core in, and write its credentials file")
    _enrolment(add)
    add.set_defaults(run=_add, role="core")

    revoke = verbs.add_parser("revoke", help="let an operator or a core in no more")
    _named(revoke)
    revoke.set_defaults(run=_revoke)

    check = verbs.add_parser("check", help="verify every entry of the ledger")
    _directory(check)
    check.set_defaults(run=_check)
    return parser


def _directory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, metavar="DIR", help="the server's directory")


def _named(parser: argparse.ArgumentParser) -> None:
    _directory(parser)
    parser.add_argument("name", type=_name, metavar="NAME", help="letters, digits, . _ and -, at most 64")


def _enrolment(parser: argparse.ArgumentParser) -> None:
    _named(parser)
    parser.add_argument("--certificate", action="store_true", help="a client certificate instead of a bearer token")
    parser.add_argument(
        "--days", type=_days, help="for how long it is good (default: until revoked; a certificate: 365)"
    )


def _name(text: str) -> str:
    if NAME.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(
            "a name has letters, digits, . _ and - only, begins with a letter or digit, and at most 64"
        )
    return text


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 3650:  # noqa: PLR2004 - the authority's life
        raise argparse.ArgumentTypeError("a whole number from 1 to 3650")
    return int(text)


def _address(text: str) -> str:
    from governance_server.directory import is_address

    if not is_address(text):
        raise argparse.ArgumentTypeError("HOST:PORT, such as 127.0.0.1:50051")
    return text


def _host(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", text) is None:
        raise argparse.ArgumentTypeError("a host name or an IP address")
    return text


if __name__ == "__main__":
    sys.exit(main())
