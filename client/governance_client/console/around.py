"""What is around a line that is typed: decisions, halts, groups, names and reasons, for its completion."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.desk import Unclear
from governance_client.console.halts import scope_told
from governance_client.console.inert import inert
from governance_client.console.telling import act
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance_client.console.talk import Talk
    from governance_client.operator import Update

REASONS: Final = 100
"""So many reasons are offered again, those said last."""
_NAMES: Final = 256
"""So many operators are offered, those heard of last."""


class Heard:
    """Who and what was heard of in a talk. Memory is bounded."""

    def __init__(self) -> None:
        self._reasons: deque[str] = deque(maxlen=REASONS)
        self._names: deque[str] = deque(maxlen=_NAMES)

    @property
    def reasons(self) -> Iterable[str]:
        """What was said before, newest first."""
        return reversed(self._reasons)

    @property
    def names(self) -> Iterable[str]:
        """The operators that did something, in order of their names."""
        return sorted(self._names)

    def said(self, text: str) -> None:
        """Note a reason, as one line."""
        line = " ".join(text.split())
        if line in self._reasons:
            self._reasons.remove(line)
        if line:
            self._reasons.append(line)

    def recall(self, reasons: Iterable[str]) -> None:
        """Note reasons of earlier, newest first, as if they had been said before all that was said so far."""
        fresh = [*reversed(self._reasons)]
        older = (" ".join(each.split()) for each in reasons)
        self._reasons = deque(reversed([*dict.fromkeys(filter(None, [*fresh, *older]))][:REASONS]), maxlen=REASONS)

    def saw(self, updates: Iterable[Update]) -> None:
        """Note who brought news about."""
        for each in updates:
            who = each.cause.actor
            if who.kind == v1.ACTOR_KIND_OPERATOR and who.name not in self._names:
                self._names.append(who.name)


class Around:
    """Implements completion's World over a talk."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def pending(self) -> Sequence[v1.Decision]:
        """Return what waits for a person, most urgent first."""
        return self._talk.desk.pending()

    def starting(self, prefix: str, most: int) -> Sequence[v1.Decision]:
        """Return at most so many known decisions whose id starts so."""
        return self._talk.session.replica.with_prefix(prefix, most)

    def find(self, word: str) -> v1.Decision | None:
        """Return the decision that a typed word means; None where it means none, or several."""
        found = self._talk.desk.find(word)
        return None if isinstance(found, Unclear) else found

    def prefix(self, decision: v1.Decision) -> str:
        """Return the shortest start of its id, of at least 8 characters, that no other known one has."""
        return self._talk.session.replica.unique_prefix(decision.decision_id)

    def describe(self, decision: v1.Decision) -> str:
        """Tell a decision's risk, action, target and time left."""
        told = f"{words.risk(decision.assessment.risk)} {act(decision)}"
        if decision.state != v1.DECISION_STATE_PENDING or not decision.schedule.HasField("deadline"):
            return told
        left = words.countdown(decision.schedule.deadline, self._talk.now_us)
        return _("{decision}, {time} left").format(decision=told, time=left)

    def reasons(self) -> Iterable[str]:
        """Return what was said before, newest first."""
        return self._talk.heard.reasons

    def halts(self) -> Iterator[tuple[str, str]]:
        """Yield the halts in force: the id of each, and what it covers."""
        return ((name, scope_told(halt.scope)) for name, halt in self._talk.session.replica.halts.items())

    def operators(self) -> Iterable[str]:
        """Return the names of operators that were heard of."""
        return self._talk.heard.names

    def groups(self) -> Iterator[tuple[str, str]]:
        """Yield the groups of the last `batch`: the number of each, and what it is of."""
        return ((str(row), inert(key)) for row, key in enumerate(self._talk.batches.listed, 1))
