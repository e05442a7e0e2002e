"""What the verbs of `governance audit` take.

`ls` is here. `verify`, `witness`, `evidence` and `report` say so themselves, each in a module `audit_VERB` with two
functions: `add_parser(add)`, which gets the parser of its verb by `add(name, summary)` (`grammar.Add`), with every
verb's options in it, and adds its own; and `run(context, arguments)`, which runs it and returns the exit status. The
modules are imported whenever the command line is read, so what takes long to import is imported within `run`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from governance_client.cli.grammar import RISKS, STATES, whole_number
from governance_client.language import _

if TYPE_CHECKING:
    import argparse

FORMATS: Final = ("table", "json", "records", "csv", "ocsf")
TIERS: Final = ("soc_operator", "soc_supervisor", "security_manager", "ciso")
PARTS: Final = ("verify", "witness", "evidence", "report")
"""The verbs beside `ls`, in the order in which help shows them."""


def module_of(part: str) -> str:
    """Return the name of the module that has a verb of `audit`."""
    return f"governance_client.cli.audit_{part}"


def add_auditing(audit: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Add the verbs about the ledger's proof and search; `shared` has the options of every verb."""
    verbs = audit.add_subparsers(dest="audit_verb", required=True, metavar=_("WHAT"))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        return verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=audit.epilog,
            parents=[shared],
            allow_abbrev=False,
        )

    _add_ls(add("ls", _("find entries, and export them: for people, programs, spreadsheets and SIEMs")))
    for part in PARTS:
        if find_spec(module_of(part)) is not None:
            import_module(module_of(part)).add_parser(add)


def _add_ls(ls: argparse.ArgumentParser) -> None:
    """Add the options of `ls`: what is given several times takes any of them, different ones have all to hold."""
    _add_choosing(ls)
    _add_paging(ls)
    _add_writing(ls)


def _add_choosing(ls: argparse.ArgumentParser) -> None:
    chosen = ls.add_argument_group(_("which entries (each but the times may be repeated, for any of several)"))
    chosen.add_argument(
        "--since", metavar=_("WHEN"), help=_("recorded then or later: 2026-03-01, or 7d for 7 days ago")
    )
    chosen.add_argument("--until", metavar=_("WHEN"), help=_("recorded before then"))
    chosen.add_argument("--decision", metavar="ID", help=_("about this decision; the start of its id is enough"))
    for option, metavar, help_ in (
        ("--actor", _("NAME"), _("by this operator or core, or by local: the administrator")),
        ("--event", _("NAME"), _("with such an event, as in decision_rejected")),
        ("--action", _("TYPE"), _("about decisions on this type of action, as proposed or as modified")),
        ("--request-id", "ID", _("under this request id")),
        ("--core", _("NAME"), _("about decisions of this core")),
    ):
        chosen.add_argument(option, metavar=metavar, action="append", default=[], help=help_)
    for option, choices, help_ in (
        ("--risk", RISKS, _("about decisions of this risk")),
        ("--outcome", STATES, _("about decisions that this became of, as they stand now")),
        ("--tier", TIERS, _("about decisions that this tier decides, or decided last")),
    ):
        chosen.add_argument(option, choices=choices, action="append", default=[], help=help_)


def _add_paging(ls: argparse.ArgumentParser) -> None:
    paging = ls.add_argument_group(_("how many"))
    paging.add_argument(
        "--limit", type=whole_number, default=0, metavar="N", help=_("most entries to list (default: all)")
    )
    paging.add_argument(
        "--after",
        type=whole_number,
        default=0,
        metavar=_("OFFSET"),
        help=_("start after this entry; after the last of a page, to go on with the next (default: 0)"),
    )


def _add_writing(ls: argparse.ArgumentParser) -> None:
    writing = ls.add_argument_group(_("form"))
    writing.add_argument(
        "--format",
        choices=FORMATS,
        help=_(
            "a table to read; protobuf's JSON; records with the bytes that were hashed, as `audit verify --file` "
            "takes them; CSV; or OCSF (default: table, or json with --json)"
        ),
    )
    writing.add_argument(
        "--records", dest="format", action="store_const", const="records", help=_("the same as --format records")
    )
    writing.add_argument(
        "--output", metavar=_("FILE"), help=_("write a file of your own (mode 0600), whole or not at all")
    )
    writing.add_argument("--force", action="store_true", help=_("let it take the place of another file"))
