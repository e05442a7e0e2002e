"""Promise 1, acked is durable: what was acknowledged was committed before, is of its sender, and stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.checkers.origin import id_of, identified
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from governance import v1
    from tests.simulation.checkers.ledger import Ledger, Row
    from tests.simulation.checkers.origin import Origin
    from tests.simulation.history import Committed, Opened, Sent

    Key = tuple[str, bool, str]


class Durability:
    """What was acknowledged, and what every command's one receipt was."""

    def __init__(self, ledger: Ledger, origin: Origin) -> None:
        self._ledger = ledger
        self._origin = origin
        self._recorded: dict[Key, int] = {}
        self._proposals: dict[str, int] = {}
        self._begun_at: dict[int, int] = {}

    def committed(self, committed: Committed) -> None:
        """Check that nothing vanished: each offset becomes durable once, one after the other."""
        following = self._ledger.end + 1
        if committed.offset < following:
            raise BrokenPromiseError(1, f"entry {committed.offset} was durable, and another one took its place")
        if committed.offset > following:
            raise BrokenPromiseError(6, f"entry {committed.offset} follows on {self._ledger.end}")

    def entry(self, row: Row) -> None:
        """Check that no command is recorded twice."""
        if not row.entry.request_id:
            return
        proposal, name = identified(row)
        if proposal:
            self._once(self._proposals.setdefault(name, row.offset), row.offset, f"proposal {name}")
        else:
            key = (row.entry.actor.name, proposal, name)
            self._once(self._recorded.setdefault(key, row.offset), row.offset, f"request {name} of {row.who}")

    def _once(self, first: int, again: int, what: str) -> None:
        if first != again:
            raise BrokenPromiseError(1, f"{what} is recorded twice: in entries {first} and {again}")

    def opened(self, opened: Opened) -> None:
        """Note how much was durable when a stream began."""
        self._begun_at[opened.stream] = self._ledger.end

    def called(self, sent: Sent) -> None:
        """Note how much was durable when a single call was made."""
        self._begun_at.setdefault(sent.stream, self._ledger.end)

    def accepted(self, person: str, receipt: v1.Receipt) -> None:
        """Check a receipt that says yes."""
        offset, name = receipt.accepted.offset, receipt.request_id
        told = f"{person} was told that {name} was accepted at {offset}"
        if not 1 <= offset <= self._ledger.end:
            raise BrokenPromiseError(1, f"{told}, where nothing is durable; the ledger ends at {self._ledger.end}")
        row = self._ledger.rows[offset - 1]
        if row.entry.actor.name != person or row.entry.request_id != name:
            raise BrokenPromiseError(1, f"{told}, which is {row.entry.request_id!r} of {row.who}")
        if not self._origin.contents(person, identified(row)):
            raise BrokenPromiseError(1, f"{told}, and never asked for that")
        if receipt.accepted.joined != (row.entry.decision_id if row.kinds[0] == "proposal_repeated" else ""):
            raise BrokenPromiseError(1, f"{told}, joined to {receipt.accepted.joined!r}, not {row.entry.decision_id!r}")

    def refused(self, person: str, receipt: v1.Receipt, stream: int) -> None:
        """Check that nobody who was told yes is told no when asking again.

        Only what was on disk before the stream began is looked at: of answers that cross, neither is the later one.
        """
        name = receipt.request_id
        for key in ((person, False, name), (person, True, name)):
            offset = self._proposals.get(name, 0) if key[1] else self._recorded.get(key, 0)
            if not 0 < offset <= self._begun_at.get(stream, 0):
                continue
            if self._ledger.rows[offset - 1].entry.actor.name != person:
                continue
            if self._one_content(key) and not self._origin.contents(person, (not key[1], name)):
                raise BrokenPromiseError(
                    1, f"{person} was refused {name}, which entry {offset} records: {receipt.refused.message}"
                )

    def _one_content(self, key: Key) -> bool:
        return len(self._origin.contents(key[0], key[1:])) == 1


class Answering:
    """Every command gets exactly one receipt, on a stream that stays whole."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[str, int]] = {}
        self._client: dict[int, str] = {}

    def sent(self, sent: Sent) -> None:
        """Note what has to be answered; a frame from the future has no id, and is answered without one."""
        waiting = self._waiting.setdefault(sent.stream, {})
        self._client[sent.stream] = sent.client
        for name in [id_of(command)[1] for command in sent.commands] or [""]:
            waiting[name] = waiting.get(name, 0) + 1

    def told(self, client: str, stream: int, receipt: v1.Receipt) -> None:
        """Check that a receipt answers something that still waits."""
        waiting, name = self._waiting.get(stream, {}), receipt.request_id
        if not waiting.get(name, 0):
            raise BrokenPromiseError(1, f"{client} was given a receipt for {name!r} that it does not wait for")
        waiting[name] -= 1

    def closed(self, stream: int) -> None:
        """Forget a stream that is over: what was not answered may or may not have happened."""
        self._waiting.pop(stream, None)

    @property
    def owed(self) -> int:
        """How many receipts are waited for."""
        return sum(sum(waiting.values()) for waiting in self._waiting.values())

    def finish(self) -> None:
        """Check that nothing waits any more on the streams that are whole."""
        for stream, waiting in self._waiting.items():
            for name, count in waiting.items():
                if count:
                    raise BrokenPromiseError(1, f"{self._client[stream]} waits for ever for the answer to {name!r}")
