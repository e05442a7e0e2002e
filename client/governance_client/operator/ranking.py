"""Decisions kept in an order while they change, so that nobody has to sort them to look at them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from sys import intern
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance import v1

K = TypeVar("K", bound=tuple[Any, ...])


class Ranked(Generic[K]):
    """Decisions in the ascending order of a key.

    To put or discard one takes a binary search and a move of pointers; to list them as they stand takes a copy, once
    after each change.

    Args:
        key: What a decision is ranked by. No two decisions may have the same.
    """

    def __init__(self, key: Callable[[v1.Decision], K]) -> None:
        self._key = key
        self._keys: list[K] = []
        self._decisions: list[v1.Decision] = []
        self._key_by_id: dict[str, K] = {}
        self._listed: tuple[v1.Decision, ...] | None = ()

    def put(self, decision: v1.Decision) -> None:
        """Take a decision's newest state, in place of what was held of it."""
        key = self._key(decision)
        if self._key_by_id.get(decision.decision_id) == key:
            self._decisions[bisect_left(self._keys, key)] = decision
        else:
            self.discard(decision.decision_id)
            place = bisect_left(self._keys, key)
            self._keys.insert(place, key)
            self._decisions.insert(place, decision)
            self._key_by_id[intern(decision.decision_id)] = key  # the key's own, not another
        self._listed = None

    def discard(self, decision_id: str) -> None:
        """Hold a decision no longer. Does nothing where it is not held."""
        key = self._key_by_id.pop(decision_id, None)
        if key is None:
            return
        place = bisect_left(self._keys, key)
        del self._keys[place], self._decisions[place]
        self._listed = None

    def first(self) -> v1.Decision | None:
        """Return the decision that comes first; None where none is held."""
        return self._decisions[0] if self._decisions else None

    def listed(self) -> Sequence[v1.Decision]:
        """Return all of them as they stand now, in order; what is returned does not change later."""
        if self._listed is None:
            self._listed = tuple(self._decisions)
        return self._listed
