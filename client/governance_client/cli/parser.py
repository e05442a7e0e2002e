"""What `governance` takes: its verbs and options."""

from __future__ import annotations

import argparse
from typing import Final, NoReturn

from governance_client.cli.grammar import add_governing, add_judging, ids_argument, why_argument
from governance_client.cli.output import harmless

STATES: Final = (
    "pending",
    "approved",
    "executing",
    "executed",
    "failed",
    "outcome_unknown",
    "rejected",
    "expired",
    "cancelled",
)
RISKS: Final = ("low", "medium", "high", "critical")
_STATUSES: Final = "exit status: 0 done, 1 refused, 2 usage, 3 the server cannot be reached or does not let you in"


class _Parser(argparse.ArgumentParser):
    """argparse's own, but what it quotes in an error does nothing to the terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(harmless(message))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser. Imports nothing that takes time."""
    parser: argparse.ArgumentParser = _Parser(
        prog="governance",
        description="Decide what an autonomous security AI may do, and see what became of it.",
        epilog=_STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    _globals(parser, default=None)
    shared = argparse.ArgumentParser(add_help=False)
    _globals(shared, default=argparse.SUPPRESS)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")
    _Verbs(verbs, shared).add_all()
    return parser


def _globals(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the options that stand before the verb or after it, where no default may hide one given before."""
    group = parser.add_argument_group("connection and output")
    group.add_argument(
        "--credentials",
        metavar="FILE",
        default=default,
        help="who you are and where the server is (default: $GOVERNANCE_CREDENTIALS)",
    )
    group.add_argument(
        "--server", metavar="HOST:PORT", default=default, help="the server's address, in place of the credentials' own"
    )
    group.add_argument(
        "--json",
        action="store_true",
        default=False if default is None else default,
        help="for programs: protobuf's JSON, one object a line",
    )


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
        self._add("start", "open the console")
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
            epilog=_STATUSES,
            parents=[self._shared],
            allow_abbrev=False,
        )

    def _add_reading(self) -> None:
        ls = self._add("ls", "list what is open, most urgent first")
        ls.add_argument("--all", action="store_true", help="everything that ever was, not only what is open")
        ls.add_argument("--risk", action="append", choices=RISKS, help="only of this risk; may be repeated")
        ls.add_argument("--state", action="append", choices=STATES, help="only in this state; may be repeated")
        ls.add_argument("--core", action="append", metavar="NAME", help="only of this core; may be repeated")
        ls.add_argument("--action", action="append", metavar="TYPE", help="only of this type; may be repeated")
        ls.add_argument("--mine", action="store_true", help="only what is assigned to you or claimed by you")
        show = self._add("show", "show everything about a decision")
        show.add_argument("id", metavar="ID", help="a decision's id, or the start of it where that is unique")
        watch = self._add("watch", "follow decisions as they change, until Ctrl-C")
        watch.add_argument(
            "--from",
            dest="offset",
            type=_offset,
            default=0,
            metavar="OFFSET",
            help="start with what changed after this entry (default: with what is open now)",
        )
        self._add("stats", "count what is open and what became of the rest")
        self._add("health", "ask whether the server serves")

    def _add_deciding(self) -> None:
        approve = self._add("approve", "approve decisions: core may act, once, exactly as they stand")
        ids_argument(approve)
        why_argument(approve, required=False)
        for name, summary in (
            ("reject", "reject decisions: core may not act"),
            ("escalate", "send decisions up the chain"),
        ):
            verb = self._add(name, summary)
            ids_argument(verb)
            why_argument(verb, required=True)
        for name, summary in (("claim", "take decisions in hand"), ("release", "let claimed decisions go")):
            ids_argument(self._add(name, summary))

    def _add_proposing(self) -> None:
        submit = self._add("submit", "propose, from protobuf JSON (with a core's credentials)")
        submit.add_argument(
            "file", metavar="FILE", help="one Proposal, an array of them, or one a line; - for standard input"
        )
        cancel = self._add("cancel", "withdraw a proposal (with a core's credentials)")
        cancel.add_argument("id", metavar="ID", help="the decision's id, or the start of it where that is unique")
        why_argument(cancel, required=False)
        feed = self._add("feed", "be the reference core: turn a sensor's alerts into proposals")
        sources = feed.add_subparsers(dest="source", required=True, metavar="SOURCE")
        eve = sources.add_parser(
            "eve", help="Suricata's EVE JSON", parents=[self._shared], allow_abbrev=False, epilog=_STATUSES
        )
        eve.add_argument(
            "files", metavar="FILE", nargs="+", help="EVE JSON, one object a line or an array; - for standard input"
        )
        eve.add_argument("--follow", action="store_true", help="wait for more as the file grows, until Ctrl-C")
        eve.add_argument(
            "--home-net",
            metavar="CIDR",
            action="append",
            help="a network that is ours, repeatable (default: the private ranges)",
        )
        eve.add_argument(
            "--journal",
            metavar="FILE",
            help="execute what is approved, which only writes it there, until everything proposed has ended",
        )
        eve.add_argument("--wait", action="store_true", help="go on until everything proposed has ended")

    def _add_auditing(self) -> None:
        log = self._add("log", "read the ledger, and check its chain while reading (as anybody but a core)")
        log.add_argument("--decision", metavar="ID", default="", help="only entries about this decision")
        log.add_argument(
            "--from",
            dest="offset",
            type=_offset,
            default=0,
            metavar="OFFSET",
            help="start after this entry (default: 0)",
        )


def _offset(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) >= 1 << 63:
        raise argparse.ArgumentTypeError(f"{text!r} is no offset; it is a whole number, 0 or more")
    return int(text)
