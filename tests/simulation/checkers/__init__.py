"""The checkers of a simulated run: the seven promises, told from the outside alone.

They share no code with the engine, the ledger or the domain: what may be is written down a second time, from the
contract, its README and docs/policy.md. `Watch` is given each happening once, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from tests.simulation.checkers.durability import Answering, Durability
from tests.simulation.checkers.ending import Ending
from tests.simulation.checkers.following import Following
from tests.simulation.checkers.inertness import Inertness
from tests.simulation.checkers.leave import Leave
from tests.simulation.checkers.ledger import Ledger
from tests.simulation.checkers.moments import us
from tests.simulation.checkers.origin import Origin
from tests.simulation.checkers.punctuality import Punctuality
from tests.simulation.checkers.quorum import Quorum
from tests.simulation.checkers.sealing import Sealing
from tests.simulation.history import Closed, Committed, Executed, Opened, Sent, Served, Signed, Told

if TYPE_CHECKING:
    from tests.simulation.history import Happening, History

__all__ = ["Watch"]


class Watch:
    """Looks at a run while it happens.

    Attributes:
        ledger: What it knows of the ledger.
    """

    def __init__(self, history: History) -> None:
        """Begin with what has happened so far; nothing of it is looked at yet."""
        self._history = history
        self._seen = 0
        self.ledger = ledger = Ledger(history.policies.get(0, ""))
        self._origin = Origin(history.people.get)
        self._durability = Durability(ledger, self._origin)
        self._answering = Answering()
        self._sealing = Sealing(history.verifier_key)
        self._leave, self._quorum = Leave(ledger), Quorum(ledger)
        self._ending, self._punctuality = Ending(ledger), Punctuality(ledger, history.slack_us)
        cores = frozenset(name for name, person in history.people.items() if person.role == v1.ROLE_CORE)
        self._cores, self._following = cores, Following(ledger, cores)
        self._inertness = Inertness()

    def look(self) -> None:
        """Look at what has happened since the last time.

        Raises:
            BrokenPromiseError: A promise was broken.
        """
        happenings, committed = self._history.happenings, False
        while self._seen < len(happenings):
            happening = happenings[self._seen]
            self._seen += 1
            committed = committed or isinstance(happening, Committed)
            self._take(happening)
        if committed:
            self._leave.settled()

    @property
    def owed(self) -> int:
        """How many receipts the server still owes, on the streams that are whole."""
        return self._answering.owed

    def finish(self) -> None:
        """Look a last time, when all is quiet and every client has caught up.

        Raises:
            BrokenPromiseError: A promise was broken.
        """
        self.look()
        self._answering.finish()
        self._following.finish()
        self._sealing.finish()

    def _take(self, happening: Happening) -> None:
        match happening:
            case Committed():
                self._committed(happening)
            case Told():
                self._told(happening)
            case Sent():
                self._origin.sent(happening)
                self._answering.sent(happening)
                self._durability.called(happening)
            case Opened():
                self._durability.opened(happening)
                self._following.opened(happening)
            case Closed():
                self._answering.closed(happening.stream)
                self._following.closed(happening.stream)
            case Executed():
                self._leave.executed(happening)
            case Served():
                self._punctuality.served(happening)
            case Signed():
                self._sealing.signed(happening)

    def _committed(self, committed: Committed) -> None:
        self._durability.committed(committed)
        self._sealing.entry(committed)
        row = self.ledger.read(committed)
        self._punctuality.entry(row)
        self._durability.entry(row)
        commands = self._origin.entry(row)
        self._quorum.seen(row, commands)
        self._leave.accepted_from(row, commands)
        for event, now in self.ledger.unfold(row):
            if row.entry.decision_id:
                self._ending.event(row, event, now)
            self._quorum.event(row, event, now)
            self._punctuality.event(row, event, now)
            self._leave.event(row, event, now)
        self._sealing.lawful(row.entry)
        self._inertness.entry(row.entry, row.personal)

    def _told(self, told: Told) -> None:
        frame = told.frame
        self._following.told(told)
        if frame.HasField("envelope"):
            self._punctuality.server_time(told.at_us, us(frame.envelope.server_time))
        if frame.WhichOneof("frame") != "news":
            return
        person = told.client.partition("/")[0]
        for receipt in frame.news.receipts:
            self._receipt(told, person, receipt)

    def _receipt(self, told: Told, person: str, receipt: v1.Receipt) -> None:
        self._answering.told(told.client, told.stream, receipt)
        if receipt.HasField("accepted"):
            self._durability.accepted(person, receipt)
            return
        self._inertness.text(receipt.refused.message)
        if receipt.refused.HasField("current"):
            core = person if person in self._cores else ""
            self._following.shown(told.client, core, receipt.refused.current)
        self._ending.refused(told.client, receipt)
        self._durability.refused(person, receipt, told.stream)
