"""Open decisions as they are stored, and those touched lately as messages, too.

A message takes twice to three times its bytes, and a million may be open that nobody asks for. So the bytes are what is
kept, and they are parsed when somebody asks. What was just proposed is approved, ordered and reported on soon after:
for that the message that was decided on is still there. It is kept in two generations: when the younger one is full it
becomes the older one, and what was not asked for since then goes. That costs nothing for each decision, unlike a queue
of the least recently used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, overload

from governance import v1
from governance_server.engine.turnover import Turnover

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

GENERATION: Final = 4096
"""Most messages in a generation: four full batches, about 20 MB of ordinary decisions."""


class OpenDecisions(Mapping[str, v1.Decision]):
    """The open decisions by id. Whoever reads all of it has them parsed one at a time.

    Attributes:
        serialized: The same as bytes. Who puts a new one in need not have it as a message.
        turnover: What has come and gone by `hold` and `drop`.
    """

    def __init__(self) -> None:
        self.serialized: dict[str, bytes] = {}
        self.turnover = Turnover()
        self._younger: dict[str, v1.Decision] = {}
        self._older: dict[str, v1.Decision] = {}

    def __len__(self) -> int:
        return len(self.serialized)

    def __iter__(self) -> Iterator[str]:
        return iter(self.serialized)

    def __contains__(self, decision_id: object) -> bool:
        return decision_id in self.serialized

    def __getitem__(self, decision_id: str) -> v1.Decision:
        decision = self._younger.get(decision_id)
        if decision is None:
            decision = self._older.get(decision_id)
            if decision is None:
                decision = v1.Decision.FromString(self.serialized[decision_id])
            self._touch(decision_id, decision)
        return decision

    @overload
    def get(self, decision_id: str, default: None = None, /) -> v1.Decision | None: ...
    @overload
    def get(self, decision_id: str, default: v1.Decision | T, /) -> v1.Decision | T: ...
    def get(self, decision_id: str, default: object = None, /) -> object:
        """Return a decision, or something else where it is not open: that is so for every proposal, so it is quick."""
        decision = self._younger.get(decision_id)
        if decision is not None:
            return decision
        return self[decision_id] if decision_id in self.serialized else default

    def hold(self, decision_id: str, serialized: bytes, decision: v1.Decision) -> None:
        """Hold a decision as it stands now, as bytes and as the message that they are of."""
        came = self.turnover.came
        if decision_id in came:
            del came[decision_id]  # it goes to the end
        else:
            self._note_coming(decision_id, decision)
        came[decision_id] = None
        self.serialized[decision_id] = serialized
        if len(self._younger) < GENERATION:
            self._younger[decision_id] = decision
        else:
            self._touch(decision_id, decision)

    def drop(self, decision_id: str) -> None:
        """Drop a decision that is not open any more; nothing of it stays behind."""
        if decision_id in self.serialized:
            self._note_going(decision_id)
            del self.serialized[decision_id]
            self._younger.pop(decision_id, None)
            self._older.pop(decision_id, None)

    def doubt(self, decision_ids: Iterable[str]) -> None:
        """Note that others have left decisions open: what is held of them from now on came out of the store."""
        self.turnover.doubted.update(decision_ids)

    def _note_coming(self, decision_id: str, decision: v1.Decision) -> None:
        turnover = self.turnover
        if decision_id in self.serialized:
            turnover.gone.append(self[decision_id].offset)
        elif decision.version > 1:  # it did not begin here, and what went before was not held
            turnover.doubted.add(decision_id)

    def _note_going(self, decision_id: str) -> None:
        turnover = self.turnover
        if decision_id in turnover.came:
            del turnover.came[decision_id]
        else:
            turnover.gone.append(self[decision_id].offset)
        turnover.doubted.discard(decision_id)

    def _touch(self, decision_id: str, decision: v1.Decision) -> None:
        if len(self._younger) >= GENERATION:
            self._older, self._younger = self._younger, {}
        self._younger[decision_id] = decision
