"""What the verbs of judgement and of the house take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Add = Callable[[str, str], argparse.ArgumentParser]

ONE_ID: Final = "the decision's id, or the start of it where that is unique"


def ids_argument(parser: argparse.ArgumentParser) -> None:
    """Let a verb take the ids of decisions, at least one."""
    parser.add_argument("ids", metavar="ID", nargs="+", help="a decision's id, or the start of it where that is unique")


def why_argument(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Let a verb take a reason, or demand one."""
    parser.add_argument(
        "--reason",
        "--comment",
        dest="reason",
        metavar="TEXT",
        required=required,
        default="",
        help="why, for the ledger",
    )


def add_judging(add: Add) -> None:
    """Add the verbs that judge one decision beyond yes and no."""
    _add_modify(add("modify", "approve another action in a decision's place; shows the difference and asks"))
    defer = add("defer", "set a decision aside for a while; its deadline stays")
    defer.add_argument("id", metavar="ID", help=ONE_ID)
    defer.add_argument("span", metavar="SPAN", help="for how long, as in 5m or 1h30m")
    for name, summary, metavar in (
        ("ask", "ask core something about its proposal; the clock keeps running", "QUESTION"),
        ("revise", "return a proposal to core, which may propose it anew", "INSTRUCTIONS"),
        ("note", "note something about a decision", "TEXT"),
    ):
        verb = add(name, summary)
        verb.add_argument("id", metavar="ID", help=ONE_ID)
        verb.add_argument("text", metavar=metavar, help="in quotes")
    assign = add("assign", "give a decision to somebody")
    assign.add_argument("id", metavar="ID", help=ONE_ID)
    assign.add_argument("name", metavar="NAME", nargs="?", default="", help="who is to decide it")
    assign.add_argument("--nobody", action="store_true", help="take it from whoever has it")
    add("who", "list who could decide a decision now, and who of them can be reached").add_argument(
        "id", metavar="ID", help=ONE_ID
    )
    _add_settling(add)


def _add_modify(modify: argparse.ArgumentParser) -> None:
    modify.add_argument("id", metavar="ID", help=ONE_ID)
    modify.add_argument(
        "changes",
        metavar="CHANGE",
        nargs="+",
        help="scope=host, duration=30m, duration=none, targets-=VALUE, targets+=KIND:VALUE, parameters.NAME=VALUE, "
        "parameters-=NAME, type=TYPE",
    )
    modify.add_argument("--yes", action="store_true", help="do not ask")
    why_argument(modify, required=False)


def _add_settling(add: Add) -> None:
    reconcile = add("reconcile", "settle an outcome that nobody knew")
    reconcile.add_argument("id", metavar="ID", help=ONE_ID)
    reconcile.add_argument("result", choices=("executed", "failed"), help="what was found")
    reconcile.add_argument("--evidence", metavar="TEXT", required=True, help="how it was found out, for the ledger")
    undo = add("undo", "ask core for the reverse of executed actions")
    ids_argument(undo)
    why_argument(undo, required=True)


def add_governing(add: Add, shared: argparse.ArgumentParser) -> None:
    """Add the verbs about the house: halts, being there, and the policy; `shared` has the options of every verb."""
    halt = add("halt", "stop: no order within the scope from here on")
    halt.add_argument(
        "--scope", metavar="SCOPE", default="all", help="all, core=NAME, action=TYPE or target=VALUE (default: all)"
    )
    halt.add_argument(
        "--for", dest="span", metavar="SPAN", default="", help="as in 30m (default: until it is released)"
    )
    why_argument(halt, required=True)
    release = add("release-halt", "ask to end a halt; another has to as well")
    release.add_argument("id", metavar="HALT", help="the halt's name, as `halts` lists it")
    why_argument(release, required=True)
    add("halts", "list the halts in force")
    add("away", "say that you are not there to decide")
    add("back", "say that you are there again")
    _add_policy(add("policy", "show, check, apply, compare or try out the rules"), shared)


def _add_policy(policy: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    verbs = policy.add_subparsers(dest="policy_verb", required=True, metavar="WHAT")
    verbs.add_parser("show", help="the policy in force", parents=[shared], allow_abbrev=False)
    for name, summary in (
        ("check", "say everything that is wrong with a policy; changes nothing"),
        ("apply", "put a policy in force for every proposal from then on"),
        ("diff", "how a policy differs in meaning from the one in force"),
        ("replay", "what a policy would have made of the recorded proposals; changes nothing"),
    ):
        verb = verbs.add_parser(name, help=summary, parents=[shared], allow_abbrev=False)
        verb.add_argument("file", metavar="FILE", help="TOML; - for standard input")
        if name == "apply":
            why_argument(verb, required=True)
        if name == "replay":
            verb.add_argument(
                "--since",
                metavar="WHEN",
                default="",
                help="proposals from then on: 2026-03-01, or 7d ago (default: all)",
            )
