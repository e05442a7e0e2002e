"""The feed: an EVE file goes in at one end, proposals come out at the other, and approved ones are written down."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from governance_client.core import Core
from governance_client.errors import ClientError, InvalidRequestError, RefusedError, seconds
from governance_client.eve.acts import register_executors
from governance_client.eve.network import PRIVATE, HomeNetworks
from governance_client.eve.proposals import proposal
from governance_client.eve.report import Report
from governance_client.eve.source import read_eve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence
    from pathlib import Path

    from governance import v1
    from governance_client.credentials import Credentials
    from governance_client.eve.reader import Alert, Item
    from governance_client.eve.report import Tally

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
        file: The EVE file; "-" for standard input.
        follow: Go on when the file grows, until interrupted.
        home_networks: The networks that are ours, in CIDR notation.
        journal: Where executors write what they would do; None to execute nothing. Beside it, with ".orders" added to
            its name, is the execution journal.
        wait: Go on until everything proposed has ended, also where nothing is executed. A journal implies it.
        as_json: One JSON object a line on standard output, nothing else.
        instance: The name of this instance of core, the same across restarts.
    """

    file: str
    follow: bool = False
    home_networks: Sequence[str] = PRIVATE
    journal: Path | None = None
    wait: bool = False
    as_json: bool = False
    instance: str = "eve-feed"


def run(
    credentials: Credentials, options: Options, *, out: TextIO | None = None, progress: TextIO | None = None
) -> int:
    """Feed a file; return the exit status.

    0: everything was proposed, or was known already. 1: something was refused, or was no event and was skipped; each is
    listed. 2: the file cannot be read, or a network is none. 3: the server cannot be reached or did not let us in.
    Interrupted, it says what was done until then; being interrupted is how following ends.

    Args:
        credentials: Of a core.
        options: What and how.
        out: Where results go; standard output unless given.
        progress: Where the progress line goes, and what went wrong; standard error unless given.
    """
    report = Report(out or sys.stdout, progress or sys.stderr, as_json=options.as_json)
    try:
        home = HomeNetworks(options.home_networks)
        asyncio.run(_run(credentials, options, home, report))
    except ValueError as error:
        report.fault(f"--home-net: {error}. Write a network such as 10.0.0.0/8.")
        return EXIT_USAGE
    except OSError as error:
        report.fault(f"{options.file} cannot be read: {error.strerror or error}. Name an EVE file, or - for input.")
        return EXIT_USAGE
    except ClientError as error:
        report.summary()
        report.fault(str(error))
        return EXIT_UNREACHABLE
    except KeyboardInterrupt:
        report.summary(interrupted=True)
        return _status(report.tally, interrupted=not options.follow)
    report.summary()
    return _status(report.tally)


def _status(tally: Tally, *, interrupted: bool = False) -> int:
    return EXIT_REFUSED if tally.refused or tally.malformed or interrupted else EXIT_DONE


async def _run(credentials: Credentials, options: Options, home: HomeNetworks, report: Report) -> None:
    core = Core(credentials, instance=options.instance, journal=_orders_journal(options), patience_s=PATIENCE_S)
    with register_executors(core, options.journal):
        async with core:
            await core.connected(CONNECT_WITHIN_S)
            report.began(core.began_at)
            await _while_it_runs(core, _feed_and_wait(core, options, home, report))


async def _feed_and_wait(core: Core, options: Options, home: HomeNetworks, report: Report) -> None:
    proposed = await feed(core, read_eve(options.file, follow=options.follow), home, report)
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
        offset = await _propose(core, made)
    except (RefusedError, InvalidRequestError) as error:
        report.refused(alert.line, made.decision_id, error)
        return None
    report.proposed(alert.line, made.decision_id, offset)
    return made.decision_id


async def _propose(core: Core, made: v1.Proposal) -> int:
    """Propose, again and again where the refusal says when to come back."""
    for _ in range(MOST_TRIES):
        try:
            return await core.propose(made)
        except RefusedError as error:
            if not error.refusal.HasField("retry_after"):
                raise
            await asyncio.sleep(seconds(error.refusal.retry_after))
    return await core.propose(made)


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
