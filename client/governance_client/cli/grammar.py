"""What the verbs of judgement and of the house take."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable

    Add = Callable[[str, str], argparse.ArgumentParser]

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
ONE_ID: Final = N_("the decision's id, or the start of it where that is unique")


def whole_number(text: str) -> int:
    """Return an offset or a count as it was typed. Raises ArgumentTypeError where it is none."""
    if not (text.isascii() and text.isdecimal()) or int(text) >= 1 << 63:
        raise argparse.ArgumentTypeError(_("{text!r} is not a whole number, 0 or more").format(text=text))
    return int(text)


def ids_argument(parser: argparse.ArgumentParser) -> None:
    """Let a verb take the ids of decisions, at least one."""
    parser.add_argument(
        "ids", metavar="ID", nargs="+", help=_("a decision's id, or the start of it where that is unique")
    )


def why_argument(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Let a verb take a reason, or demand one."""
    parser.add_argument(
        "--reason",
        "--comment",
        dest="reason",
        metavar=_("TEXT"),
        required=required,
        default="",
        help=_("why, for the ledger"),
    )


def add_judging(add: Add) -> None:
    """Add the verbs that judge one decision beyond yes and no."""
    _add_modify(add("modify", _("approve another action in a decision's place; shows the difference and asks")))
    defer = add("defer", _("set a decision aside for a while; its deadline stays"))
    defer.add_argument("id", metavar="ID", help=_(ONE_ID))
    defer.add_argument("span", metavar=_("SPAN"), help=_("for how long, as in 5m or 1h30m"))
    for name, summary, metavar in (
        ("ask", _("ask core something about its proposal; the clock keeps running"), _("QUESTION")),
        ("revise", _("return a proposal to core, which may propose it anew"), _("INSTRUCTIONS")),
        ("note", _("note something about a decision"), _("TEXT")),
    ):
        verb = add(name, summary)
        verb.add_argument("id", metavar="ID", help=_(ONE_ID))
        verb.add_argument("text", metavar=metavar, help=_("in quotes"))
    assign = add("assign", _("give a decision to somebody"))
    assign.add_argument("id", metavar="ID", help=_(ONE_ID))
    assign.add_argument("name", metavar=_("NAME"), nargs="?", default="", help=_("who is to decide it"))
    assign.add_argument("--nobody", action="store_true", help=_("take it from whoever has it"))
    add("who", _("list who could decide a decision now, and who of them can be reached")).add_argument(
        "id", metavar="ID", help=_(ONE_ID)
    )
    _add_settling(add)


def _add_modify(modify: argparse.ArgumentParser) -> None:
    modify.add_argument("id", metavar="ID", help=_(ONE_ID))
    modify.add_argument(
        "changes",
        metavar=_("CHANGE"),
        nargs="+",
        help=_(
            "scope=host, duration=30m, duration=none, targets-=VALUE, targets+=KIND:VALUE, parameters.NAME=VALUE, "
            "parameters-=NAME, type=TYPE"
        ),
    )
    modify.add_argument("--yes", action="store_true", help=_("do not ask"))
    why_argument(modify, required=False)


def _add_settling(add: Add) -> None:
    reconcile = add("reconcile", _("settle an outcome that nobody knew"))
    reconcile.add_argument("id", metavar="ID", help=_(ONE_ID))
    reconcile.add_argument("result", choices=("executed", "failed"), help=_("what was found"))
    reconcile.add_argument(
        "--evidence", metavar=_("TEXT"), required=True, help=_("how it was found out, for the ledger")
    )
    undo = add("undo", _("ask core for the reverse of executed actions"))
    ids_argument(undo)
    why_argument(undo, required=True)


def add_governing(add: Add, shared: argparse.ArgumentParser) -> None:
    """Add the verbs about the house: halts, being there, and the policy; `shared` has the options of every verb."""
    halt = add("halt", _("stop: no order within the scope from here on"))
    halt.add_argument(
        "--scope",
        metavar=_("SCOPE"),
        default="all",
        help=_("all, core=NAME, action=TYPE or target=VALUE (default: all)"),
    )
    halt.add_argument(
        "--for", dest="span", metavar=_("SPAN"), default="", help=_("as in 30m (default: until it is released)")
    )
    why_argument(halt, required=True)
    release = add("release-halt", _("ask to end a halt; another has to as well"))
    release.add_argument("id", metavar=_("HALT"), help=_("the halt's name, as `halts` lists it"))
    why_argument(release, required=True)
    add("halts", _("list the halts in force"))
    add("away", _("say that you are not there to decide"))
    add("back", _("say that you are there again"))
    _add_policy(add("policy", _("show, check, apply, compare or try out the rules")), shared)


def _add_policy(policy: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    verbs = policy.add_subparsers(dest="policy_verb", required=True, metavar=_("WHAT"))
    verbs.add_parser("show", help=_("the policy in force"), parents=[shared], allow_abbrev=False)
    for name, summary in (
        ("check", _("say everything that is wrong with a policy; changes nothing")),
        ("apply", _("put a policy in force for every proposal from then on")),
        ("diff", _("how a policy differs in meaning from the one in force")),
        ("replay", _("what a policy would have made of the recorded proposals; changes nothing")),
    ):
        verb = verbs.add_parser(name, help=summary, parents=[shared], allow_abbrev=False)
        verb.add_argument("file", metavar=_("FILE"), help=_("TOML; - for standard input"))
        if name == "apply":
            why_argument(verb, required=True)
        if name == "replay":
            verb.add_argument(
                "--since",
                metavar=_("WHEN"),
                default="",
                help=_("proposals from then on: 2026-03-01, or 7d ago (default: all)"),
            )
