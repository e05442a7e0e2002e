"""What `governance` takes: its verbs and options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final, NoReturn

from governance_client.cli.audit_parser import add_auditing
from governance_client.cli.grammar import (
    RISKS,
    STATES,
    add_governing,
    add_judging,
    ids_argument,
    whole_number,
    why_argument,
)
from governance_client.cli.output import drawn, harmless
from governance_client.language import LANGUAGES, N_, _, matching

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_STATUSES: Final = N_("exit status: 0 done, 1 refused, 2 usage, 3 the server cannot be reached or does not let you in")


class _Parser(argparse.ArgumentParser):
    """argparse's own, but what it quotes in an error does nothing to the terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(harmless(message))

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        super()._print_message(drawn(message), file)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser. Imports nothing that takes time."""
    parser: argparse.ArgumentParser = _Parser(
        prog="governance",
        description=_("Decide what an autonomous security AI may do, and see what became of it."),
        epilog=_(_STATUSES),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help=_("show the version and exit"))
    _globals(parser, default=None)
    shared = argparse.ArgumentParser(add_help=False)
    _globals(shared, default=argparse.SUPPRESS)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=_("VERB"), title=_("verbs"))
    _Verbs(verbs, shared).add_all()
    return parser


def _globals(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the options that stand before the verb or after it, where no default may hide one given before."""
    group = parser.add_argument_group(_("connection and output"))
    group.add_argument(
        "--credentials",
        metavar=_("FILE"),
        default=default,
        help=_("who you are and where the server is (default: $GOVERNANCE_CREDENTIALS)"),
    )
    group.add_argument(
        "--server",
        metavar="HOST:PORT",
        default=default,
        help=_("the server's address, in place of the credentials' own"),
    )
    group.add_argument(
        "--lang",
        metavar=_("LANG"),
        type=_language,
        default=default,
        help=_("the language to speak: en or pt_BR (default: as LC_ALL, LC_MESSAGES or LANG say)"),
    )
    group.add_argument(
        "--json",
        action="store_true",
        default=False if default is None else default,
        help=_("for programs: protobuf's JSON, one object a line"),
    )


def _language(text: str) -> str:
    """Return the language that a wish means. Raises ArgumentTypeError where we speak none such."""
    found = matching(text)
    if found is None:
        told = _("there is no {language!r}; there are {languages}")
        raise argparse.ArgumentTypeError(told.format(language=text, languages=", ".join(LANGUAGES)))
    return found


class _Version(argparse.Action):
    """Shows the version, looked up only when asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's own name
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"governance {version('governance-workspace')}\n")


class _Verbs:
    """The verbs, group by group."""

    def __init__(
        self, verbs: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser
    ) -> None:
        self._verbs = verbs
        self._shared = shared

    def add_all(self) -> None:
        """Add every verb."""
        self._add("start", _("open the console"))
        self._add_executing()
        self._add_reading()
        self._add_deciding()
        add_judging(self._add)
        self._add_proposing()
        self._add_auditing()
        add_governing(self._add, self._shared)

    def _add(self, name: str, summary: str) -> argparse.ArgumentParser:
        return self._verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=_(_STATUSES),
            parents=[self._shared],
            allow_abbrev=False,
        )

    def _add_executing(self) -> None:
        run = self._add("exec", _("run lines of the console's verbs, one after the other, without a terminal"))
        run.add_argument(
            "lines",
            metavar=_("LINE"),
            nargs="*",
            help=_("as typed in the console, in quotes; - or nothing for a script on standard input, # for a comment"),
        )
        run.add_argument(
            "--keep-going", action="store_true", help=_("go on after a line that failed; the exit status is the worst")
        )

    def _add_reading(self) -> None:
        ls = self._add("ls", _("list what is open, most urgent first"))
        ls.add_argument("--all", action="store_true", help=_("everything that ever was, not only what is open"))
        ls.add_argument("--risk", action="append", choices=RISKS, help=_("only of this risk; may be repeated"))
        ls.add_argument("--state", action="append", choices=STATES, help=_("only in this state; may be repeated"))
        ls.add_argument("--core", action="append", metavar=_("NAME"), help=_("only of this core; may be repeated"))
        ls.add_argument("--action", action="append", metavar=_("TYPE"), help=_("only of this type; may be repeated"))
        ls.add_argument("--mine", action="store_true", help=_("only what is assigned to you or claimed by you"))
        show = self._add("show", _("show everything about a decision"))
        show.add_argument("id", metavar="ID", help=_("a decision's id, or the start of it where that is unique"))
        watch = self._add("watch", _("follow decisions as they change, until Ctrl-C"))
        watch.add_argument(
            "--from",
            dest="offset",
            type=whole_number,
            default=0,
            metavar=_("OFFSET"),
            help=_("start with what changed after this entry (default: with what is open now)"),
        )
        self._add("stats", _("count what is open and what became of the rest"))
        self._add("health", _("ask whether the server serves"))

    def _add_deciding(self) -> None:
        approve = self._add("approve", _("approve decisions: core may act, once, exactly as they stand"))
        ids_argument(approve)
        why_argument(approve, required=False)
        for name, summary in (
            ("reject", _("reject decisions: core may not act")),
            ("escalate", _("send decisions up the chain")),
        ):
            verb = self._add(name, summary)
            ids_argument(verb)
            why_argument(verb, required=True)
        for name, summary in (("claim", _("take decisions in hand")), ("release", _("let claimed decisions go"))):
            ids_argument(self._add(name, summary))

    def _add_proposing(self) -> None:
        submit = self._add("submit", _("propose, from protobuf JSON (with a core's credentials)"))
        submit.add_argument(
            "file", metavar=_("FILE"), help=_("one Proposal, an array of them, or one a line; - for standard input")
        )
        cancel = self._add("cancel", _("withdraw a proposal (with a core's credentials)"))
        cancel.add_argument("id", metavar="ID", help=_("the decision's id, or the start of it where that is unique"))
        why_argument(cancel, required=False)
        feed = self._add("feed", _("be the reference core: turn a sensor's alerts into proposals"))
        sources = feed.add_subparsers(dest="source", required=True, metavar=_("SOURCE"))
        eve = sources.add_parser(
            "eve", help=_("Suricata's EVE JSON"), parents=[self._shared], allow_abbrev=False, epilog=_(_STATUSES)
        )
        eve.add_argument(
            "files",
            metavar=_("FILE"),
            nargs="+",
            help=_("EVE JSON, one object a line or an array; - for standard input"),
        )
        eve.add_argument("--follow", action="store_true", help=_("wait for more as the file grows, until Ctrl-C"))
        eve.add_argument(
            "--home-net",
            metavar="CIDR",
            action="append",
            help=_("a network that is ours, repeatable (default: the private ranges)"),
        )
        eve.add_argument(
            "--journal",
            metavar=_("FILE"),
            help=_("execute what is approved, which only writes it there, until everything proposed has ended"),
        )
        eve.add_argument("--wait", action="store_true", help=_("go on until everything proposed has ended"))

    def _add_auditing(self) -> None:
        log = self._add("log", _("read the ledger, and check its chain while reading (as anybody but a core)"))
        log.add_argument("--decision", metavar="ID", default="", help=_("only entries about this decision"))
        log.add_argument(
            "--from",
            dest="offset",
            type=whole_number,
            default=0,
            metavar=_("OFFSET"),
            help=_("start after this entry (default: 0)"),
        )
        add_auditing(self._add("audit", _("search, export, prove and report what is in the ledger")), self._shared)
