"""What has to hold of a ledger whose server was killed, held against what its callers were told.

Reads the file itself, and shares no code with the engine: events are counted here, and not evolved.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from crashing.account import Account

MOST: Final = 20
"""So many findings are enough to look into."""
_ENDS: Final = frozenset({"decision_approved", "decision_rejected", "decision_expired", "decision_cancelled"})
_MOVING: Final = frozenset({v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_EXECUTING})


class Ledger(NamedTuple):
    """A ledger that nobody writes to any more.

    Attributes:
        entries: All of it, by offset.
        decisions: As they stand, by id.
    """

    entries: Mapping[int, v1.Entry]
    decisions: Mapping[str, v1.Decision]


def read(path: Path) -> Ledger:
    """Read a ledger."""
    with closing(sqlite3.connect(path)) as database:
        entries = (v1.Entry.FromString(row[0]) for row in database.execute("SELECT entry FROM entries"))
        decisions = (v1.Decision.FromString(row[0]) for row in database.execute("SELECT decision FROM decisions"))
        return Ledger({one.offset: one for one in entries}, {one.decision_id: one for one in decisions})


def findings(ledger: Ledger, account: Account, replicas: Mapping[str, Mapping[str, v1.Decision]]) -> list[str]:
    """Return what does not hold, a sentence each; empty where all does."""
    found = [*account.contradictions, *_lost(ledger, account), *_replicas(ledger, replicas)]
    for decision_id, entries in _by_decision(ledger).items():
        found += [f"{decision_id}: {what}" for what in (*_ends(entries), *_orders(entries), *_timers(entries))]
    found += _executions(ledger, account)
    found += [f"{one.decision_id} is still under way" for one in ledger.decisions.values() if one.state in _MOVING]
    return found[:MOST]


def _by_decision(ledger: Ledger) -> Mapping[str, list[v1.Entry]]:
    lives: dict[str, list[v1.Entry]] = defaultdict(list)
    for offset in sorted(ledger.entries):
        if decision_id := ledger.entries[offset].decision_id:
            lives[decision_id].append(ledger.entries[offset])
    return lives


def _lost(ledger: Ledger, account: Account) -> Iterator[str]:
    """Acknowledged means present, at its offset."""
    for (caller, request_id), told in account.acknowledged.items():
        entry = ledger.entries.get(told.offset)
        if entry is None:
            yield f"{caller} was told that {request_id} is entry {told.offset}, which is not there"
        elif entry.decision_id != told.decision_id or request_id not in {entry.request_id, entry.decision_id}:
            yield f"{caller} was told that {request_id} is entry {told.offset}, which is about {entry.request_id}"


def _replicas(ledger: Ledger, replicas: Mapping[str, Mapping[str, v1.Decision]]) -> Iterator[str]:
    """Resuming has no gap: in the end everyone has every decision as the ledger has it."""
    for name, replica in replicas.items():
        if missing := ledger.decisions.keys() - replica.keys():
            yield f"{name} was never told of {len(missing)} decisions, such as {min(missing)}"
        for decision_id, decision in replica.items():
            if ledger.decisions.get(decision_id) != decision:
                yield f"{name} has {decision_id} as of {decision.offset}, and the ledger has it otherwise"


def _ends(entries: list[v1.Entry]) -> Iterator[str]:
    """One end: an approval that nothing but the lapse of its order follows, a rejection or an expiry, once."""
    kinds = [kind for kind in _kinds(entries) if kind in _ENDS]
    if kinds not in (["decision_approved"], ["decision_approved", "decision_expired"], [*kinds[:1]]):
        yield f"it ended more than once: {', '.join(kinds)}"


def _orders(entries: list[v1.Entry]) -> Iterator[str]:
    """One order for an approval, none without; each accepted, reported on and given up as unknown at most once."""
    issued, accepted, reported, given_up = (Counter(named) for named in _orders_named(entries))
    approvals = _kinds(entries).count("decision_approved")
    if issued.total() != approvals or len(issued) != approvals:
        yield f"{approvals} approvals, and the orders {sorted(issued.elements())}"
    for what, orders in (("accepted", accepted), ("reported on", reported), ("given up", given_up)):
        for order_id, times in orders.items():
            if times > 1 or order_id not in issued:
                yield f"order {order_id} was {what} {times} times"


def _orders_named(entries: list[v1.Entry]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return which orders were issued, accepted, reported on by core, and given up by the clock."""
    issued: list[str] = []
    accepted: list[str] = []
    reported: list[str] = []
    given_up: list[str] = []
    for event in _events(entries):
        if event.HasField("order_issued"):
            issued.append(event.order_issued.order_id)
        if event.HasField("order_accepted"):
            accepted.append(event.order_accepted.order_id)
        if event.HasField("outcome_reported"):
            # core may still report on what the clock gave up
            unknown = event.outcome_reported.result == v1.OUTCOME_RESULT_UNKNOWN
            (given_up if unknown else reported).append(event.outcome_reported.order_id)
    return issued, accepted, reported, given_up


def _timers(entries: list[v1.Entry]) -> Iterator[str]:
    """Warnings, breaches, expiries and unknown outcomes: once for each deadline, and never early."""
    warned: Counter[int] = Counter()
    breached: Counter[int] = Counter()
    due: dict[str, int] = {}
    for entry in entries:
        now_us = entry.recorded_at.ToMicroseconds()
        for event in entry.events:
            kind = str(event.WhichOneof("kind"))
            due.update(_set_by(event))
            if kind == "sla_warned":
                warned[event.sla_warned.deadline.ToMicroseconds()] += 1
            if kind == "sla_breached":
                breached[event.sla_breached.deadline.ToMicroseconds()] += 1
            what = _due_of(event)
            if what is not None and now_us < due[what]:
                yield f"{kind} at entry {entry.offset}, {due[what] - now_us} us early"
    for what, times in (("warned", warned), ("breached", breached)):
        if any(count > 1 for count in times.values()):
            yield f"{what} more than once of one deadline"
    if breached.keys() - warned.keys():
        yield "breached without a warning"


def _set_by(event: v1.Event) -> Iterable[tuple[str, int]]:
    """Return which moments an event sets, by what is due then."""
    for kind in ("decision_proposed", "decision_escalated"):
        if event.HasField(kind):
            told = getattr(event, kind)
            yield "warning", told.warn_at.ToMicroseconds()
            yield "breach", told.deadline.ToMicroseconds()
    if event.HasField("order_issued"):
        yield "lapse", event.order_issued.accept_by.ToMicroseconds()
    if event.HasField("order_accepted"):
        yield "silence", event.order_accepted.report_by.ToMicroseconds()


def _due_of(event: v1.Event) -> str | None:
    """Return what came due with an event; None where nothing did."""
    if event.HasField("sla_warned"):
        return "warning"
    if event.HasField("sla_breached"):
        return "breach"
    if event.HasField("decision_expired"):
        reason = event.decision_expired.reason
        return "lapse" if reason == v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED else "breach"
    if event.HasField("outcome_reported") and event.outcome_reported.result == v1.OUTCOME_RESULT_UNKNOWN:
        return "silence"
    return None


def _executions(ledger: Ledger, account: Account) -> Iterator[str]:
    """Whoever was told that an order is theirs was the only one, and the ledger says so."""
    accepted = {
        event.order_accepted.order_id: event.order_accepted.instance
        for entry in ledger.entries.values()
        for event in entry.events
        if event.HasField("order_accepted")
    }
    for order_id, instances in account.executed.items():
        if instances != [accepted.get(order_id)]:
            yield f"order {order_id} was carried out by {instances}, and accepted by {accepted.get(order_id)}"


def _events(entries: Iterable[v1.Entry]) -> Iterator[v1.Event]:
    return (event for entry in entries for event in entry.events)


def _kinds(entries: Iterable[v1.Entry]) -> list[str]:
    return [str(event.WhichOneof("kind")) for event in _events(entries)]
