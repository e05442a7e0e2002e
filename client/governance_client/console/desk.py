"""The desk: what an operator has in view, and which decision a typed word means. Pure but for the replica it reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.console.choosing import EVERYTHING, SORTS, URGENCY, matching
from governance_client.console.inert import inert
from governance_client.console.passing import Passing
from governance_client.console.rendering import act, urgency
from governance_client.console.words import microseconds
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance_client.console.choosing import Selection
    from governance_client.console.verbs import Request
    from governance_client.operator import Replica, Update

FOCUS: Final = frozenset({"", "."})
"""What is typed, or left out, for the decision in focus."""
_NAMED: Final = 8
"""So many rivals are named when a prefix is ambiguous."""
_ROW: Final = re.compile(r"[1-9][0-9]{0,6}")
"""A row's number as `queue` writes it: shorter than any id, so that a whole id of digits is never taken for one."""


class Unclear(NamedTuple):
    """A word that means no decision, or several.

    Attributes:
        message: Why, and what to type.
    """

    message: str


class Listing(NamedTuple):
    """Some rows of a list.

    Attributes:
        decisions: In the order of the list, as they are known now.
        first: The first one's row number.
        total: How many rows the whole list has.
        hidden: How many more it would have without the filter.
    """

    decisions: list[v1.Decision]
    first: int
    total: int
    hidden: int = 0

    @property
    def after(self) -> int:
        """How many rows follow."""
        return max(self.total - (self.first - 1) - len(self.decisions), 0)


class Desk:
    """The replica, the rows of the last list, the filter, and the decision in focus.

    Rows keep their numbers, and the focus stays, whatever arrives: they move by what the operator does.

    Attributes:
        focus: The id of the decision that a bare verb means; empty for none.
        watched: The ids of the decisions that are followed.
    """

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._rows: tuple[v1.Decision, ...] = ()
        self._shown = 0
        self._listed: tuple[Selection, Selection, str] | None = None
        self._filtered = 0
        self._selection = EVERYTHING
        self._passing = Passing(replica)
        self._hidden: set[str] = set()
        self._passed: set[str] = set()
        self._whose: tuple[str, int] = ("", 0)
        self._others: dict[int, v1.Decision] = {}
        self.focus = ""
        self.watched: set[str] = set()

    @property
    def selection(self) -> Selection:
        """The filter that is on for lists and announcements; `EVERYTHING` where none is."""
        return self._selection

    @property
    def hidden(self) -> int:
        """How many pending decisions the filter hides, as of what was `heard`."""
        return len(self._hidden)

    def choose(self, selection: Selection, me: str = "") -> None:
        """Put a filter on, or off with `EVERYTHING`."""
        self._selection = selection
        self._count_hidden(me)

    def heard(self, updates: Iterable[Update], me: str = "", *, snapshot: bool = False) -> None:
        """Keep the count of what the filter hides, as news come. A snapshot voids what was counted before."""
        if self._selection == EVERYTHING:
            return
        if snapshot:
            self._count_hidden(me)
            return
        for each in updates:
            if each.after.state == v1.DECISION_STATE_PENDING and not self._selection.matches(each.after, me):
                self._hidden.add(each.after.decision_id)
            else:
                self._hidden.discard(each.after.decision_id)

    def pending(self) -> Sequence[v1.Decision]:
        """Return what waits for a person, most urgent first."""
        return self._replica.urgent()

    def passing(self, me: str = "") -> Sequence[v1.Decision]:
        """Return what waits for a person and the filter lets through, most urgent first."""
        return self._passing.rows(self._selection, me)

    def listed(self, request: Request, me: str = "", most: int = 0) -> Listing:
        """Return a page of what a list shows, and number its rows.

        The pages after the first go on with the same list, if the same was asked for.

        Args:
            request: What to choose, in which order, and which page.
            me: Whose name is asked for by `mine`.
            most: Rows of a page; 0 for all.
        """
        asked = (request.selection, self._selection, request.sort)
        page = max(request.page, 1)
        if page == 1 or asked != self._listed:
            rows, self._filtered = self._choose(request.selection, request.sort, me)
            self._rows, self._listed = tuple(rows), asked
        self._shown = min((page - 1) * most, len(self._rows))
        return self.more(most)

    def chosen(self, request: Request, me: str = "") -> list[v1.Decision]:
        """Return all that a list would show, and number nothing."""
        return self._choose(request.selection, request.sort, me)[0]

    def more(self, most: int = 0) -> Listing:
        """Return the rows of the last list that follow those shown last."""
        start = self._shown
        rows = self._rows[start : start + most] if most else self._rows[start:]
        self._shown = start + len(rows)
        return Listing([self.standing(each) for each in rows], start + 1, len(self._rows), self._filtered)

    def find(self, word: str) -> v1.Decision | Unclear:
        """Return the decision that a row number, an id, a unique prefix of one, or the focus means."""
        if word in FOCUS:
            return self._in_focus()
        row = int(word) if _ROW.fullmatch(word) else 0
        if 0 < row <= len(self._rows):
            gone = _("Row {row} has ended, too long ago to be known here. `queue` lists anew.").format(row=row)
            return self._replica.get(self._rows[row - 1].decision_id) or Unclear(gone)
        if row:  # a slip in a row's number must not hit a decision whose id happens to start so
            text = _(
                "The last list has no row {row}. Of an id that starts with digits type 8 characters, or a letter too."
            )
            return self._replica.get(word) or Unclear(text.format(row=row))
        found = self._replica.with_prefix(word)
        if len(found) == 1:
            return found[0]
        if not found:
            text = _("No decision here starts with `{word}`, and the last list has no such row. `queue` lists.")
            return Unclear(text.format(word=inert(word, limit=64)))
        return Unclear(self._ambiguous(word, found))

    def next(self, you: v1.Actor, now_us: int = 0) -> v1.Decision | None:
        """Return the most urgent decision that is for this operator to decide, and move the focus to it.

        Those that were returned before are passed over until all of them were. None if there is none.

        Args:
            you: Who asks.
            now_us: The server's time, by which what was set aside comes back; 0 where it is not known.
        """
        first, found = None, None
        for each in self._for(you):
            if not is_set_aside(each, now_us):
                first = first or each
                if each.decision_id not in self._passed:
                    found = each
                    break
        if found is None:
            self._passed.clear()
            found = first
        if found is not None:
            self._passed.add(found.decision_id)
            self.focus = found.decision_id
        return found

    def standing(self, decision: v1.Decision) -> v1.Decision:
        """Return the decision as it is known now."""
        return self._replica.get(decision.decision_id) or decision

    def _for(self, you: v1.Actor) -> Iterator[v1.Decision]:
        """Yield what an operator may decide, most urgent first. What was found to be another's is not looked at again.

        A decision is never changed in its place, so that the object itself tells whether it is news.
        """
        whose, urgent = (you.name, you.role), self._replica.urgent()
        if whose != self._whose or len(self._others) > 2 * len(urgent):
            self._whose, self._others = whose, {}
        for each in urgent:
            if id(each) in self._others:
                continue
            if may_decide(each, you):
                yield each
            else:
                self._others[id(each)] = each  # kept with its id, so that no other object gets that

    def _choose(self, selection: Selection, sort: str, me: str) -> tuple[list[v1.Decision], int]:
        """Return what a list shows, in order, and how many more it would show without the filter."""
        chosen: Sequence[v1.Decision] = self._candidates(ended=selection.all or self._selection.all)
        if selection != EVERYTHING:
            chosen = self._matching(selection, chosen, me)
        kept = chosen
        if self._selection != EVERYTHING:
            kept = self._matching(self._selection, chosen, me)
        return _sorted(kept, sort), len(chosen) - len(kept)

    def _matching(self, selection: Selection, decisions: Sequence[v1.Decision], me: str) -> Sequence[v1.Decision]:
        return matching(selection, decisions, me, self._replica.searched)

    def _candidates(self, *, ended: bool) -> list[v1.Decision]:
        """Return all that could be listed, most urgent first."""
        source = self._replica.known() if ended else self._replica.open()
        others = [each for each in source if each.state != v1.DECISION_STATE_PENDING]
        return [*self._replica.urgent(), *sorted(others, key=urgency)]

    def _count_hidden(self, me: str) -> None:
        if self._selection == EVERYTHING:
            self._hidden.clear()
            return
        self._hidden = {each.decision_id for each in self._replica.urgent()}
        self._hidden -= {each.decision_id for each in self.passing(me)}

    def _in_focus(self) -> v1.Decision | Unclear:
        if not self.focus:
            return Unclear(
                _("Which one? Nothing is in focus. Name it by an ID or a row of `queue`, or type `next` first.")
            )
        gone = _("What was in focus has ended, too long ago to be known here. `next` or `queue` go on.")
        return self._replica.get(self.focus) or Unclear(gone)

    def _ambiguous(self, word: str, found: Sequence[v1.Decision]) -> str:
        named = "; ".join(
            f"{inert(self._replica.unique_prefix(each.decision_id))} {act(each)}" for each in found[:_NAMED]
        )
        if len(found) > _NAMED:
            more = len(found) - _NAMED
            named += ngettext("; and {count} more", "; and {count} more", more).format(count=more)
        text = _("`{word}` could be {rivals}. Type more of it.")
        return text.format(word=inert(word, limit=64), rivals=named)


def _sorted(urgent: Sequence[v1.Decision], sort: str) -> list[v1.Decision]:
    """Return decisions as `choosing.ordered` does, without the work of finding the most urgent anew."""
    name, backwards = sort.removeprefix("-") or URGENCY, sort.startswith("-")
    if name == URGENCY:
        return list(urgent[::-1] if backwards else urgent)
    return sorted(urgent, key=SORTS[name], reverse=backwards)


def is_for(decision: v1.Decision, you: v1.Actor, now_us: int = 0) -> bool:
    """Say whether a pending decision is for this operator now: they may decide it, and it is not set aside."""
    return may_decide(decision, you) and not is_set_aside(decision, now_us)


def may_decide(decision: v1.Decision, you: v1.Actor) -> bool:
    """Say whether a pending decision is this operator's to decide.

    It is if their role reaches its tier, nobody else has it in hand, and they have not voted on it.
    """
    # parts are looked at only where they are there: to look at one costs more than to ask
    return (
        decision.tier <= you.role
        and not (decision.HasField("claim") and decision.claim.operator not in {"", you.name})
        and not (decision.votes and you.name in [vote.actor.name for vote in decision.votes])
    )


def is_set_aside(decision: v1.Decision, now_us: int = 0) -> bool:
    """Say whether a decision was deferred, and the time has not come; without the server's time it has not."""
    aside = decision.schedule
    return aside.HasField("deferred_until") and (not now_us or microseconds(aside.deferred_until) > now_us)
