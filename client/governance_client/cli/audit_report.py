"""`audit report`: what a period came to, counted from the verified ledger."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from governance_client.cli import status
from governance_client.cli.audit_verify import chosen_key, key_argument, memory_of
from governance_client.cli.bar import Bar
from governance_client.cli.clock import CLOCK
from governance_client.cli.moments import moment_of
from governance_client.cli.output import complain, drawn
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.audit.report import Report
    from governance_client.audit.report_period import Period
    from governance_client.cli.context import Context
    from governance_client.cli.grammar import Add

FORMATS: Final = ("text", "json", "html")
_LAST_US: Final = 253_402_300_800_000_000
"""The year 10000: what the contract's timestamps end before."""


class _NoPeriodError(Exception):
    """What was typed is no period; the text says why."""


def add_parser(add: Add) -> None:
    """Add what the verb takes."""
    verb = add("report", _("verify the whole ledger, and report what a period of it came to"))
    verb.add_argument(
        "--from", dest="since", metavar="WHEN", required=True, help=_("recorded then or later: 2026-03-01, or 30d")
    )
    verb.add_argument("--to", dest="until", metavar="WHEN", help=_("recorded before then (default: now)"))
    verb.add_argument(
        "--format", choices=FORMATS, help=_("text; JSON; or a page with charts (default: text, or json with --json)")
    )
    verb.add_argument("--output", metavar="FILE", help=_("write a file of your own (mode 0600), whole or not at all"))
    verb.add_argument("--force", action="store_true", help=_("let it take the place of another file"))
    key_argument(verb)


async def run(context: Context, arguments: Namespace) -> int:
    """Verify the ledger and write the report; where it does not verify, say where, and write none."""
    form = arguments.format or ("json" if context.json else "text")
    if context.json and form != "json":
        complain(_("--json and --format {form} say two different things. Leave one away.").format(form=form))
        return status.USAGE
    try:
        period = _period(arguments, CLOCK.now_us())
    except _NoPeriodError as error:
        complain(str(error))
        return status.USAGE
    report = await _report(context, arguments, period)
    written = _written(report, form)
    if not arguments.output:
        sys.stdout.write(drawn(written) if form == "text" else written)  # a page says itself that it is UTF-8
        return status.DONE
    return _write(arguments, written)


async def _report(context: Context, arguments: Namespace, period: Period) -> Report:
    from governance_client.audit.report import report_on
    from governance_client.audit.source import RemoteSource

    key = chosen_key(arguments.key)
    async with context.channel() as channel:
        with Bar() as bar:
            memory = memory_of("checkpoints")
            return await report_on(RemoteSource(channel), memory, period, key=key, progress=bar.show)


def _period(arguments: Namespace, now_us: int) -> Period:
    from governance_client.audit.report_period import Period

    since_us = _moment("--from", arguments.since, now_us)
    until_us = now_us if arguments.until is None else _moment("--to", arguments.until, now_us)
    if until_us <= since_us:
        raise _NoPeriodError(_("Nothing lies between --from and --to: the period has to begin before it ends."))
    return Period(since_us, until_us, now_us)


def _moment(option: str, text: str, now_us: int) -> int:
    try:
        moment_us = moment_of(text, now_us)
    except ValueError as error:
        raise _NoPeriodError(f"{option}: {error}.") from None
    if not 0 <= moment_us < _LAST_US:
        raise _NoPeriodError(_("{option}: no ledger is about that time.").format(option=option))
    return moment_us


def _written(report: Report, form: str) -> str:
    from governance_client.audit.report_page import page
    from governance_client.audit.report_text import as_json, text

    if form == "html":
        return page(report)
    return as_json(report) if form == "json" else "".join(f"{line}\n" for line in text(report))


def _write(arguments: Namespace, written: str) -> int:
    from governance_client.whole_file import whole_file

    name = arguments.output
    try:
        with whole_file(name, force=arguments.force) as file:
            file.write(written.encode())
    except FileExistsError:
        complain(_("{file} is there already. Name another, or say --force.").format(file=name))
        return status.USAGE
    except OSError as error:
        complain(_("{file} cannot be written: {why}. Nothing was.").format(file=name, why=error.strerror or error))
        return status.USAGE
    return status.DONE
