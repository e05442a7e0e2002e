"""The feed: an EVE file goes in at one end, proposals come out at the other, and approved ones are written down."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from governance import v1
from governance_client.core import Core, Proposed
from governance_client.errors import ClientError, InvalidRequestError, JournalError, RefusedError, reason_name, seconds
from governance_client.eve.acts import register_executors
from governance_client.eve.network import PRIVATE, HomeNetworks, NetworkError
from governance_client.eve.proposals import proposal
from governance_client.eve.report import Report
from governance_client.eve.source import read_eve
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence
    from pathlib import Path

    from governance_client.credentials import Credentials
    from governance_client.eve.reader import Alert, Item

MOST_AT_ONCE: Final = 512
"""Proposals without a receipt. It bounds memory, and lets several frames be under way."""
CONNECT_WITHIN_S: Final = 10.0
PATIENCE_S: Final = 120.0
"""How long a server that was there may be away before the feed gives up."""
MOST_TRIES: Final = 20
"""Of one proposal that is refused only for now."""
EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHABLE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Options:
    """What to feed, and how.

    Attributes:
        files: The EVE files, in order; "-" for standard input.
        follow: Go on when the last file grows, until cancelled.
        home_networks: The networks that are ours, in CIDR notation.
        journal: Where executors write what they would do; None to execute nothing. Beside it, with ".orders" added to
            its name, is the execution journal.
        wait: Go on until everything proposed has ended, also where nothing is executed. A journal implies it.
        as_json: One JSON object a line on standard output, nothing else.
        instance: The name of this instance of core, the same across restarts.
    """

    files: Sequence[str]
    follow: bool = False
    home_networks: Sequence[str] = PRIVATE
    journal: Path | None = None
    wait: bool = False
    as_json: bool = False
    instance: str = "eve-feed"


async def run(
    credentials: Credentials, options: Options, *, out: TextIO | None = None, progress: TextIO | None = None
) -> int:
    """Feed files, one after another; return the exit status.

    0: everything was proposed, or was known already. 1: something was refused, or was no event and was skipped; each is
    listed. 2: a file cannot be read, a journal cannot be used, or a network is none. 3: the server cannot be reached or
    did not let us in.
    Cancelled, which is how following ends, it says what was done until then.

    Args:
        credentials: Of a core.
        options: What and how.
        out: Where results go; standard output unless given.
        progress: Where the progress line goes, and what went wrong; standard error unless given.
    """
    report = Report(out or sys.stdout, progress or sys.stderr, as_json=options.as_json)
    try:
        with report.listening():
            await _run(credentials, options, HomeNetworks(options.home_networks), report)
    except NetworkError as error:
        report.fault(_("--home-net: {why}. Write a network such as 10.0.0.0/8.").format(why=error))
        return EXIT_USAGE
    except JournalError as error:
        report.fault(str(error))
        return EXIT_USAGE
    except OSError as error:
        if error.filename is None:  # it is our own output that cannot be written
            raise
        report.fault(
            _("{filename} cannot be read: {why}. Name an EVE file, or - for standard input.").format(
                filename=error.filename, why=error.strerror
            )
        )
        return EXIT_USAGE
    except ClientError as error:
        if report.tally.proposed:
            report.summary(interrupted=True)
        report.fault(str(error))
        return EXIT_UNREACHABLE
    except asyncio.CancelledError:
        report.summary(interrupted=True)
        raise
    report.summary()
    return EXIT_REFUSED if report.tally.refused or report.tally.malformed else EXIT_DONE


async def _run(credentials: Credentials, options: Options, home: HomeNetworks, report: Report) -> None:
    core = Core(credentials, instance=options.instance, journal=_orders_journal(options), patience_s=PATIENCE_S)
    with register_executors(core, options.journal):
        async with core:
            await core.connected(CONNECT_WITHIN_S)
            report.began(core.began_at)
            await _while_it_runs(core, _feed_and_wait(core, options, home, report))


async def _feed_and_wait(core: Core, options: Options, home: HomeNetworks, report: Report) -> None:
    proposed: dict[str, None] = {}
    for file in options.files:
        last = file is options.files[-1]
        proposed |= dict.fromkeys(await feed(core, read_eve(file, follow=options.follow and last), home, report))
    if options.wait or options.journal is not None:
        report.waiting(len(proposed))
        await asyncio.gather(*[_ended(core, decision_id, report) for decision_id in proposed])


async def feed(core: Core, events: AsyncIterator[list[Item]], home: HomeNetworks, report: Report) -> list[str]:
    """Propose what alerts call for, many at a time.

    Returns:
        The ids of the decisions that the server has, each once.

    Raises:
        ClientError: Core stopped. What has no receipt may or may not have been taken; feed the same again.
        OSError: The file cannot be read.
    """
    proposed: dict[str, None] = {}
    under_way: set[asyncio.Task[str | None]] = set()
    try:
        async for items in events:
            for alert in report.alerts_of(items):
                if len(under_way) >= MOST_AT_ONCE:
                    under_way = await _collect(under_way, proposed, asyncio.FIRST_COMPLETED)
                under_way.add(asyncio.create_task(_offer(core, alert, home, report)))
        await _collect(under_way, proposed, asyncio.ALL_COMPLETED)
    finally:
        for task in under_way:
            task.cancel()
    return list(proposed)


async def _collect(
    under_way: set[asyncio.Task[str | None]], proposed: dict[str, None], until: str
) -> set[asyncio.Task[str | None]]:
    if not under_way:
        return under_way
    done, rest = await asyncio.wait(under_way, return_when=until)
    for task in done:
        decision_id = task.result()
        if decision_id is not None:
            proposed[decision_id] = None
    return rest


async def _offer(core: Core, alert: Alert, home: HomeNetworks, report: Report) -> str | None:
    """Propose what one alert calls for; return the decision's id, or None where it was refused."""
    made = proposal(alert.event, home)
    try:
        offset, decision_id = await _propose(core, made, report)
    except (RefusedError, InvalidRequestError) as error:
        decision_id = _known_as(error)
        if not decision_id:
            report.refused(alert.line, made.decision_id, error)
            return None
        offset = 0
    report.proposed(alert.line, made.decision_id, offset, joined=decision_id if decision_id != made.decision_id else "")
    return decision_id


def _known_as(error: ClientError) -> str:
    """Return the decision of ours that the alert is already, proposed under other rules or with other home networks."""
    if isinstance(error, RefusedError) and error.refusal.reason == v1.REFUSAL_REASON_DECISION_ID_TAKEN:
        return error.refusal.current.decision_id
    return ""


async def _propose(core: Core, made: v1.Proposal, report: Report) -> Proposed:
    """Propose, again and again where the refusal says when to come back; a rate is waited out to its end."""
    tries = 0
    while True:
        try:
            return await core.propose(made)
        except RefusedError as error:
            refusal = error.refusal
            tries += refusal.reason != v1.REFUSAL_REASON_RATE_LIMITED
            if not refusal.HasField("retry_after") or tries > MOST_TRIES:
                raise
            report.warn(
                _("The server takes no more for now ({refusal}); what is left waits until it does.").format(
                    refusal=reason_name(refusal)
                )
            )
            await asyncio.sleep(seconds(refusal.retry_after))


async def _ended(core: Core, decision_id: str, report: Report) -> None:
    report.ended(await core.closed(decision_id))


async def _while_it_runs(core: Core, work: Coroutine[None, None, None]) -> None:
    """Do the work, unless core stops before it is done: it may be waiting for a file that does not grow."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(core.serve())
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        await (working if working.done() else watching)
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.wait({working, watching})


def _orders_journal(options: Options) -> Path | None:
    return options.journal.with_name(options.journal.name + ".orders") if options.journal is not None else None
