"""The core's own decisions as they stand: which are open, and who waits for what about which."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from governance_client.errors import ClientError

OPEN_STATES: Final = frozenset(
    {
        v1.DECISION_STATE_PENDING,
        v1.DECISION_STATE_APPROVED,
        v1.DECISION_STATE_EXECUTING,
        v1.DECISION_STATE_OUTCOME_UNKNOWN,
    }
)


MOST_JOINS: Final = 65_536
"""So many joined proposals are remembered, latest first; proposing an older one again tells what it joined."""


class Wait:
    """One caller's wait for a decision to be as it wants it."""

    def __init__(self, wanted: Callable[[v1.Decision], bool]) -> None:
        self.wanted = wanted
        self.decision: asyncio.Future[v1.Decision] = asyncio.get_running_loop().create_future()

    def offer(self, decision: v1.Decision) -> None:
        """Show the wait a state of its decision."""
        if not self.decision.done() and self.wanted(decision):
            self.decision.set_result(decision)


class Decisions:
    """What is open, in memory bounded by how much that is. What has ended is forgotten once it was told.

    Attributes:
        open: The open decisions by id, each at its newest version.
    """

    def __init__(self) -> None:
        self.open: dict[str, v1.Decision] = {}
        self._waits: defaultdict[str, set[Wait]] = defaultdict(set)
        self._joined: OrderedDict[str, str] = OrderedDict()
        self._followers: set[_Follower] = set()
        self._ended: ClientError | None = None

    def void(self) -> None:
        """Forget everything: a snapshot follows. Waits stay."""
        self.open.clear()

    def apply(self, change: v1.Change) -> bool:
        """Take a change in; return whether it was news."""
        decision = change.decision
        known = self.open.get(decision.decision_id)
        if known is not None and known.version >= decision.version:
            return False
        if decision.state in OPEN_STATES:
            self.open[decision.decision_id] = decision
        else:
            self.open.pop(decision.decision_id, None)
        for wait in tuple(self._waits.get(decision.decision_id, ())):
            wait.offer(decision)
        for follower in self._followers:
            follower.take(change)
        return True

    def join(self, proposed_as: str, joined: str) -> None:
        """Note that a proposal joined an open decision, and have those who wait for the one wait for the other."""
        self._joined[proposed_as] = joined
        if len(self._joined) > MOST_JOINS:
            self._joined.popitem(last=False)
        known = self.open.get(joined)
        for wait in self._waits.pop(proposed_as, set()):
            self._waits[joined].add(wait)
            if known is not None:
                wait.offer(known)

    def followed(self, decision_id: str) -> str:
        """Return the decision to follow for a proposal: the one it joined, or its own."""
        return self._joined.get(decision_id, decision_id)

    def waited_for_unseen(self) -> Iterable[str]:
        """Return the decisions that somebody waits for and that are not open as far as is known."""
        return [decision_id for decision_id in self._waits if decision_id not in self.open]

    def offer(self, decision: v1.Decision) -> None:
        """Show those who wait a state that was read, rather than streamed."""
        for wait in tuple(self._waits.get(decision.decision_id, ())):
            wait.offer(decision)

    def begin(self, decision_id: str, wanted: Callable[[v1.Decision], bool]) -> Wait:
        """Begin to wait; `finish` it, whatever happens. Raises the ClientError that all waiting has ended by."""
        if self._ended is not None:
            raise self._ended
        wait = Wait(wanted)
        followed = self.followed(decision_id)
        self._waits[followed].add(wait)
        known = self.open.get(followed)
        if known is not None:
            wait.offer(known)
        return wait

    def finish(self, decision_id: str, wait: Wait) -> None:
        """End a wait that was begun."""
        wait.decision.cancel()
        for followed in {decision_id, self.followed(decision_id)} & self._waits.keys():
            self._waits[followed].discard(wait)
            if not self._waits[followed]:
                del self._waits[followed]

    async def changes(self) -> AsyncIterator[v1.Change]:
        """Follow what changes from here on; of a decision that changes faster than it is read, the newest state."""
        follower = _Follower()
        self._followers.add(follower)
        try:
            while True:
                if self._ended is not None:
                    raise self._ended
                for change in await follower.gathered():
                    yield change
        finally:
            self._followers.discard(follower)

    def end(self, error: ClientError) -> None:
        """Fail all who wait, now and later."""
        self._ended = error
        for waits in tuple(self._waits.values()):
            for wait in tuple(waits):
                if not wait.decision.done():
                    wait.decision.set_exception(error)
        for follower in self._followers:
            follower.news.set()


class _Follower:
    def __init__(self) -> None:
        self.news = asyncio.Event()
        self._newest: dict[str, v1.Change] = {}

    def take(self, change: v1.Change) -> None:
        self._newest.pop(change.decision.decision_id, None)
        self._newest[change.decision.decision_id] = change
        self.news.set()

    async def gathered(self) -> list[v1.Change]:
        await self.news.wait()
        self.news.clear()
        changes, self._newest = list(self._newest.values()), {}
        return changes
