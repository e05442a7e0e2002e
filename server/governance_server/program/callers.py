"""The verbs that let callers in, and out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from governance_server.program.arguments import DONE, Verbs, days, directory_of, take_name

if TYPE_CHECKING:
    import argparse

OPERATOR_ROLES: Final = ("soc_operator", "soc_supervisor", "security_manager", "ciso", "auditor")


def add_verbs(verbs: Verbs) -> None:
    """Add `operator add`, `core add` and `revoke`."""
    operator = verbs.add_parser("operator", help="look after operators").add_subparsers(required=True, metavar="VERB")
    add = operator.add_parser("add", help="let an operator in, and write its credentials file")
    _take_enrolment(add)
    add.add_argument("--role", required=True, choices=OPERATOR_ROLES, help="what it may do")
    add.set_defaults(run=_add)

    core = verbs.add_parser("core", help="look after cores").add_subparsers(required=True, metavar="VERB")
    add = core.add_parser("add", help="let a core in, and write its credentials file")
    _take_enrolment(add)
    add.set_defaults(run=_add, role="core")

    revoke = verbs.add_parser("revoke", help="let an operator or a core in no more")
    take_name(revoke)
    revoke.set_defaults(run=_revoke)


def _take_enrolment(parser: argparse.ArgumentParser) -> None:
    take_name(parser)
    parser.add_argument("--certificate", action="store_true", help="a client certificate instead of a bearer token")
    parser.add_argument(
        "--days", type=days, help="for how long it is good (default: until revoked; a certificate: 365)"
    )


def _add(options: argparse.Namespace) -> int:
    from governance import v1
    from governance_server import enrolling

    directory = directory_of(options)
    role = v1.Role.Value(f"ROLE_{options.role.upper()}")
    enrolment = enrolling.Enrolment(options.name, role, options.certificate, options.days)
    print(f"Wrote {asyncio.run(enrolling.enrol(directory, enrolment))}.")
    return DONE


def _revoke(options: argparse.Namespace) -> int:
    from governance_server import enrolling

    directory = directory_of(options)
    asyncio.run(enrolling.revoke(directory, options.name))
    print(f"{options.name} is no longer let in; a running server ends its streams within seconds.")
    return DONE
