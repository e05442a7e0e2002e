"""The reckoning: the ledger, entry by entry, against what clients were told, did and saw; none of the server's code.

What is acknowledged is there. An order follows an approval, is accepted once and acted on once, by the instance whose
acceptance is in the ledger. A decision ends once. What time brings about comes once. And whoever was cut off at some
offset had seen the newest version of everything up to there, but for what has changed again since: of that a follower
who is behind is told the newer state, in its place.
"""

from __future__ import annotations

import sqlite3
import zlib
from array import array
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance import v1
from soaking.journal import VERSION_TYPE, Sight, lines, see, sights
from soaking.plan import CORES
from soaking.proposals import decision_id, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SHOWN_WRONGS: Final = 20
_ENDS: Final = {
    "decision_rejected",
    "proposal_returned",
    "decision_expired",
    "decision_cancelled",
}
_FINAL: Final = frozenset({v1.OUTCOME_RESULT_EXECUTED, v1.OUTCOME_RESULT_FAILED})
_EVERY: Final = 50_000
_NONE: Final = array(VERSION_TYPE)


@dataclass(slots=True)
class Life:
    """An open decision, as its entries have it.

    Attributes:
        approved: The digest that was approved; empty before.
        orders: How many orders it had.
        live: An order is given, and not accepted or withdrawn.
        accepted: An order was accepted, by this instance.
        warned: The deadline that was warned about last.
        breached: The deadline that passed last.
    """

    approved: bytes = b""
    orders: int = 0
    live: bool = False
    accepted: str = ""
    warned: int = 0
    breached: int = 0


@dataclass(slots=True)
class Account:
    """What the reckoning found.

    Attributes:
        entries: How many entries there are.
        acknowledgements: How many acknowledgements were found in the ledger.
        executed: How many actions core executed.
        sights: How many followers' sights were compared.
        events: How often each event is in the ledger.
        open: How many decisions are open at the end.
        wrong: What is not as it has to be, the first of it.
        wrongs: How much that is.
    """

    entries: int = 0
    acknowledgements: int = 0
    executed: int = 0
    sights: int = 0
    events: Counter[str] = field(default_factory=Counter)
    open: int = 0
    wrong: list[str] = field(default_factory=list)
    wrongs: int = 0

    def complain(self, text: str) -> None:
        """Note something that is not as it has to be."""
        self.wrongs += 1
        if len(self.wrong) < _SHOWN_WRONGS:
            self.wrong.append(text)


class Reckoning:
    """Reads the ledger once, in order."""

    def __init__(self, folder: Path, ledger: Path, progress: Callable[[str], None]) -> None:
        self.account = Account()
        self._folder = folder
        self._ledger = ledger
        self._progress = progress
        self._told = array("I")
        self._executed: dict[str, str] = {}
        self._lives: dict[str, Life] = {}
        self._versions: dict[str, array[int]] = {}
        self._unseen: dict[str, list[str]] = {}

    def run(self) -> Account:
        """Compare everything; return what was found."""
        head = self._head()
        self._read_journal(head)
        waiting = sights(self._folder)
        for entry in self._entries():
            while waiting and waiting[0][2] < entry.offset:
                self._compare(*waiting.pop(0))
            self._take(entry)
            if entry.offset % _EVERY == 0:
                self._progress(f"Held {entry.offset:,} of {head:,} entries against what clients were told.")
        for each in waiting:
            self._compare(*each)
        self._finish(head)
        return self.account

    def _head(self) -> int:
        with closing(sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True)) as connection:
            ((offset,),) = connection.execute("SELECT max(offset) FROM entries")
        return int(offset)

    def _entries(self) -> Iterator[v1.Entry]:
        with closing(sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True)) as connection:
            for (content,) in connection.execute("SELECT entry FROM entries ORDER BY offset"):
                yield v1.Entry.FromString(content)

    def _read_journal(self, head: int) -> None:
        self._told.frombytes(bytes(4 * (head + 1)))
        for kind, rest in lines(self._folder):
            if kind == "A":
                offset, caller, request = rest.split(" ")
                self._read_acknowledgement(int(offset), _name(caller, request), head)
            elif kind == "X":
                order_id, instance = rest.split(" ")
                if self._executed.setdefault(order_id, instance) != instance:
                    self.account.complain(f"{order_id} was executed by {instance} and another instance")
                self.account.executed += 1
            else:
                self.account.complain(rest)
        if self.account.executed != len(self._executed):
            self.account.complain("an order was executed twice by one instance")

    def _read_acknowledgement(self, offset: int, name: int, head: int) -> None:
        if offset > head:
            self.account.complain(f"an acknowledged entry, {offset}, is not in the ledger, which ends at {head}")
        elif self._told[offset] not in (0, name):
            self.account.complain(f"entry {offset} was acknowledged to two requests")
        else:
            self._told[offset] = name

    def _take(self, entry: v1.Entry) -> None:
        self.account.entries += 1
        if entry.offset != self.account.entries:
            self.account.complain(f"entry {entry.offset} comes where {self.account.entries} has to")
        told = self._told[entry.offset]
        if told:
            request = entry.request_id or entry.decision_id
            if told == _name(entry.actor.name, request) or self._joined(entry, told):
                self.account.acknowledgements += 1
            else:
                self.account.complain(f"entry {entry.offset} is not what was acknowledged")
        for event in entry.events:
            self.account.events[event.WhichOneof("kind") or ""] += 1
        if entry.decision_id:
            self._take_decision(entry)

    def _joined(self, entry: v1.Entry, told: int) -> bool:
        return any(told == _name(entry.actor.name, event.proposal_repeated.repeated_as) for event in entry.events)

    def _take_decision(self, entry: v1.Entry) -> None:
        name = entry.decision_id
        self._unseen.pop(name, None)
        core, number = number_of(name)
        before = see(self._versions, core, number, entry.decision_version)
        if entry.decision_version != before + 1:
            self.account.complain(f"{name} goes from version {before} to {entry.decision_version}")
        for event in entry.events:
            kind = event.WhichOneof("kind") or ""
            take = getattr(self, f"_on_{kind}", None)
            if kind == "decision_proposed":
                self._lives[name] = Life()
            life = self._lives.get(name)
            if life is not None and take is not None:
                take(name, life, event)
            if self._ends(event, kind) and self._lives.pop(name, None) is None:
                self.account.complain(f"{name} ends a second time, at entry {entry.offset}")

    @staticmethod
    def _ends(event: v1.Event, kind: str) -> bool:
        reported = kind == "outcome_reported" and event.outcome_reported.result in _FINAL
        return kind in _ENDS or reported or kind == "outcome_reconciled"

    def _on_decision_approved(self, name: str, life: Life, event: v1.Event) -> None:
        if life.approved:
            self.account.complain(f"{name} is approved a second time")
        life.approved = event.decision_approved.action_digest

    def _on_order_issued(self, name: str, life: Life, event: v1.Event) -> None:
        order = event.order_issued
        life.orders += 1
        if order.order_id != f"{name}/{life.orders}" or life.live or life.accepted:
            self.account.complain(f"{order.order_id} is an order too many")
        if not life.approved or order.action_digest != life.approved:
            self.account.complain(f"{order.order_id} is for what was not approved")
        life.live = True

    def _on_order_withdrawn(self, _name: str, life: Life, _event: v1.Event) -> None:
        life.live = False

    def _on_order_accepted(self, name: str, life: Life, event: v1.Event) -> None:
        order = event.order_accepted
        if not life.live or order.order_id != f"{name}/{life.orders}":
            self.account.complain(f"{order.order_id} is accepted, and was not given")
        life.live, life.accepted = False, order.instance
        if self._executed.pop(order.order_id, order.instance) != order.instance:
            self.account.complain(f"{order.order_id} was executed by another instance than accepted it")

    def _on_sla_warned(self, name: str, life: Life, event: v1.Event) -> None:
        deadline = event.sla_warned.deadline.ToMicroseconds()
        if deadline == life.warned:
            self.account.complain(f"{name} is warned twice about one deadline")
        life.warned = deadline

    def _on_sla_breached(self, name: str, life: Life, event: v1.Event) -> None:
        deadline = event.sla_breached.deadline.ToMicroseconds()
        if deadline == life.breached:
            self.account.complain(f"{name} breaches one deadline twice")
        life.breached = deadline

    def _compare(self, who: str, path: Path, offset: int) -> None:
        """Compare what a follower had seen with what the ledger had told by then."""
        sight = Sight.read(path)
        self.account.sights += 1
        if not sight.whole:
            for name in self._lives:
                self._compare_one(f"{who} at {offset}", sight, *number_of(name))
            return
        for core in [core.name for core in CORES if who.startswith(core.name)] or [core.name for core in CORES]:
            seen, here = sight.versions.get(core, _NONE), self._versions.get(core, _NONE)
            if _trimmed(seen) != _trimmed(here):
                for number in range(max(len(seen), len(here))):
                    self._compare_one(f"{who} at {offset}", sight, core, number)

    def _compare_one(self, who: str, sight: Sight, core: str, number: int) -> None:
        seen, here = (_at(versions.get(core, _NONE), number) for versions in (sight.versions, self._versions))
        if seen > here:
            self.account.complain(f"{who} had seen version {seen} of {decision_id(core, number)}, ahead of the ledger")
        elif seen < here:
            self._unseen.setdefault(decision_id(core, number), []).append(who)

    def _finish(self, head: int) -> None:
        self.account.open = len(self._lives)
        if self.account.entries != head:
            self.account.complain(f"the ledger has {self.account.entries} entries, and its head is {head}")
        for order_id in self._executed:
            self.account.complain(f"{order_id} was executed, and its acceptance is not in the ledger")
        for name, who in self._unseen.items():
            self.account.complain(f"{', '.join(who)} had not seen {name}, which has not changed since")


def _name(caller: str, request: str) -> int:
    """Return 32 bits that stand for a caller's request; never 0."""
    return zlib.crc32(f"{caller} {request}".encode()) or 1


def _trimmed(versions: array[int]) -> bytes:
    """Return versions without what follows the last one that was seen."""
    return versions.tobytes().rstrip(b"\0")


def _at(versions: array[int], number: int) -> int:
    return versions[number] if number < len(versions) else 0
